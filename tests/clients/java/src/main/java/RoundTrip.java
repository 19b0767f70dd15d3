// SPDX-License-Identifier: Apache-2.0
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Creates a topic, writes, reads by assignment and as a group, compares. */
public final class RoundTrip {
    private static final int PARTITIONS = 3;

    static byte[] value(int number) {
        byte[] bytes = new byte[100 + number % 50];
        for (int at = 0; at < bytes.length; ++at) bytes[at] = (byte) (31 * number + 7 * at);
        return bytes;
    }

    static void check(boolean holds, String what) {
        if (!holds) throw new IllegalStateException(what);
    }

    public static void main(String[] arguments) throws Exception {
        String topic = arguments[1];
        int count = Integer.parseInt(arguments[2]);
        Map<String, Object> settings = Map.of("bootstrap.servers", arguments[0]);
        try (Admin admin = Admin.create(settings)) {
            admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1))).all().get(30, TimeUnit.SECONDS);
        }
        Map<String, Integer> expected = new HashMap<>();
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())) {
            List<Future<RecordMetadata>> told = new ArrayList<>();
            for (int number = 0; number < count; ++number) {
                expected.put("key-" + number, number);
                told.add(producer.send(new ProducerRecord<>(topic, "key-" + number, value(number))));
            }
            for (Future<RecordMetadata> each : told) check(each.get(30, TimeUnit.SECONDS).hasOffset(), "no offset");
        }
        Map<String, Object> reading = Map.of("bootstrap.servers", arguments[0], "auto.offset.reset", "none",
                "enable.auto.commit", false);
        try (var consumer = new KafkaConsumer<>(reading, new StringDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (int each = 0; each < PARTITIONS; ++each) partitions.add(new TopicPartition(topic, each));
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            check(ends.values().stream().mapToLong(Long::longValue).sum() == count, "end offsets " + ends);
            Map<TopicPartition, Long> next = new HashMap<>();
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            int read = 0;
            while (read < count) {
                check(System.nanoTime() < deadline, "read " + read + " of " + count);
                for (var record : consumer.poll(Duration.ofMillis(200))) {
                    var place = new TopicPartition(record.topic(), record.partition());
                    check(record.offset() == next.getOrDefault(place, 0L), place + " has a gap at " + record.offset());
                    next.put(place, record.offset() + 1);
                    Integer number = expected.remove(record.key());
                    check(number != null, "unexpected or doubled key " + record.key());
                    check(Arrays.equals(record.value(), value(number)), "another value for " + record.key());
                    ++read;
                }
            }
        }
        readAsGroup(arguments[0], topic, count);
        System.out.println("ok " + count);
    }

    private static void readAsGroup(String bootstrap, String topic, int count) {
        Map<String, Integer> expected = new HashMap<>();
        for (int number = 0; number < count; ++number) expected.put("key-" + number, number);
        Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "group.id", topic + "-group",
                "auto.offset.reset", "earliest", "enable.auto.commit", false);
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(topic));
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (!expected.isEmpty()) {
                check(System.nanoTime() < deadline, expected.size() + " records are missing in the group");
                for (var record : consumer.poll(Duration.ofMillis(200))) {
                    Integer number = expected.remove(record.key());
                    check(number != null, "unexpected or doubled key in the group " + record.key());
                    check(Arrays.equals(record.value(), value(number)), "another value for " + record.key());
                }
            }
            consumer.commitSync();
        }
    }
}
