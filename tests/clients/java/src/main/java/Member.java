// SPDX-License-Identifier: Apache-2.0
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A member of a group that says what it is assigned and reads, as tests/cluster/harness/member_program.py does. */
public final class Member {
    static void sayAssigned(Collection<TopicPartition> all) {
        System.out.println("assigned " + all.stream().map(each -> String.valueOf(each.partition())).sorted()
                .collect(Collectors.joining(",")));
    }

    private static Map<String, Object> settings(String[] arguments) {
        Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", arguments[0], "group.id", arguments[1],
                "auto.offset.reset", "earliest", "enable.auto.commit", "false", "session.timeout.ms", "3000",
                "heartbeat.interval.ms", "300", "max.poll.records", "200", "default.api.timeout.ms", "5000"));
        for (String each : Arrays.asList(arguments).subList(3, arguments.length)) {
            String[] pair = each.split("=", 2);
            settings.put(pair[0], pair[1]);
        }
        return settings;
    }

    private static void read(KafkaConsumer<byte[], byte[]> consumer) {
        var records = consumer.poll(Duration.ofMillis(100));
        for (var record : records) System.out.println("read " + record.partition() + " " + record.offset());
        if (records.isEmpty()) return;
        try {
            consumer.commitSync();
            System.out.println("committed");
        } catch (WakeupException told) {
            throw told;
        } catch (KafkaException error) {
            System.out.println("error " + error);
        }
    }

    public static void main(String[] arguments) {
        var consumer =
                new KafkaConsumer<>(settings(arguments), new ByteArrayDeserializer(), new ByteArrayDeserializer());
        var closed = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            consumer.wakeup();
            try {
                closed.await();
            } catch (InterruptedException ignored) {
                Runtime.getRuntime().halt(1);
            }
            Runtime.getRuntime().halt(0);  // asked for by SIGTERM, so that is no failure
        }));
        consumer.subscribe(List.of(arguments[2]), new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> fresh) {
                sayAssigned(consumer.assignment());
            }

            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> gone) {
                Set<TopicPartition> left = new HashSet<>(consumer.assignment());
                left.removeAll(gone);
                sayAssigned(left);
            }
        });
        try {
            while (true) read(consumer);
        } catch (WakeupException told) {
            consumer.unsubscribe();
            consumer.close();
        } finally {
            closed.countDown();
        }
    }
}
