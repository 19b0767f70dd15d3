// SPDX-License-Identifier: Apache-2.0
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Everything that an administrator does to a topic of COUNT records. */
public final class Administer {
    static void check(boolean holds, String what) {
        if (!holds) throw new IllegalStateException(what);
    }

    static <T> T wait(KafkaFuture<T> told) throws Exception {
        return told.get(30, TimeUnit.SECONDS);
    }

    static Throwable refused(KafkaFuture<?> told) throws Exception {
        try {
            wait(told);
        } catch (ExecutionException error) {
            return error.getCause();
        }
        throw new IllegalStateException("nothing was refused");
    }

    public static void main(String[] arguments) throws Exception {
        String topic = arguments[1];
        int count = Integer.parseInt(arguments[2]);
        Map<String, Object> settings = Map.of("bootstrap.servers", arguments[0]);
        try (Admin admin = Admin.create(settings)) {
            wait(admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all());
            try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
                for (int number = 0; number < count; ++number) {
                    byte[] value = String.valueOf(number).getBytes(StandardCharsets.UTF_8);
                    producer.send(new ProducerRecord<>(topic, 0, 1000L + number, null, value));
                }
            }
            configure(admin, topic);
            describe(admin, topic, count);
            grow(admin, topic);
            delete(admin, topic, count);
        }
        System.out.println("ok " + count);
    }

    private static void configure(Admin admin, String topic) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Collection<AlterConfigOp> set =
                List.of(new AlterConfigOp(new ConfigEntry("retention.ms", "12345"), AlterConfigOp.OpType.SET));
        wait(admin.incrementalAlterConfigs(Map.of(resource, set)).all());
        Config now = wait(admin.describeConfigs(List.of(resource)).all()).get(resource);
        check(now.get("retention.ms").value().equals("12345"), now.get("retention.ms").toString());
        check(now.get("retention.ms").source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG, "another source");
        check(now.get("segment.bytes").isDefault() && now.get("segment.bytes").type() == ConfigEntry.ConfigType.INT,
                now.get("segment.bytes").toString());
        Collection<AlterConfigOp> wrong =
                List.of(new AlterConfigOp(new ConfigEntry("compression.type", "zstd"), AlterConfigOp.OpType.SET));
        Throwable why = refused(admin.incrementalAlterConfigs(Map.of(resource, wrong)).all());
        check(why instanceof InvalidConfigurationException && why.getMessage().contains("compression.type"), "" + why);
        Collection<AlterConfigOp> back =
                List.of(new AlterConfigOp(new ConfigEntry("retention.ms", ""), AlterConfigOp.OpType.DELETE));
        wait(admin.incrementalAlterConfigs(Map.of(resource, back)).all());
        now = wait(admin.describeConfigs(List.of(resource)).all()).get(resource);
        check(now.get("retention.ms").isDefault(), now.get("retention.ms").toString());
    }

    private static void describe(Admin admin, String topic, int count) throws Exception {
        var cluster = admin.describeCluster();
        check(!wait(cluster.clusterId()).isEmpty() && wait(cluster.nodes()).size() == 1, "no cluster");
        int node = wait(cluster.controller()).id();
        var broker = new ConfigResource(ConfigResource.Type.BROKER, String.valueOf(node));
        Config settings = wait(admin.describeConfigs(List.of(broker)).all()).get(broker);
        check(settings.get("node.id").value().equals(String.valueOf(node)), settings.get("node.id").toString());
        check(settings.get("node.id").isReadOnly(), "a broker's configuration can be written");
        var described = wait(admin.describeTopics(Set.of(topic)).allTopicNames()).get(topic);
        check(described.partitions().get(0).leader().id() == node, described.toString());
        var folders = wait(admin.describeLogDirs(List.of(node)).allDescriptions()).get(node);
        var replica = folders.values().iterator().next().replicaInfos().get(new TopicPartition(topic, 0));
        check(replica.size() > 0 && replica.offsetLag() == 0, replica.toString());
        var newest = wait(admin.listOffsets(Map.of(new TopicPartition(topic, 0), OffsetSpec.maxTimestamp())).all());
        check(newest.get(new TopicPartition(topic, 0)).offset() == count - 1, newest.toString());
    }

    private static void grow(Admin admin, String topic) throws Exception {
        wait(admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all());
        var described = wait(admin.describeTopics(Set.of(topic)).allTopicNames()).get(topic);
        check(described.partitions().size() == 3, described.toString());
    }

    private static void delete(Admin admin, String topic, int count) throws Exception {
        var first = new TopicPartition(topic, 0);
        var done = admin.deleteRecords(Map.of(first, RecordsToDelete.beforeOffset(count / 2))).lowWatermarks().get(first);
        check(wait(done).lowWatermark() == count / 2, "begins at " + wait(done).lowWatermark());
        var start = wait(admin.listOffsets(Map.of(first, OffsetSpec.earliest())).all()).get(first);
        check(start.offset() == count / 2, start.toString());
        Throwable why = refused(admin.deleteRecords(Map.of(first, RecordsToDelete.beforeOffset(count + 1))).all());
        check(why instanceof OffsetOutOfRangeException, "" + why);
    }
}
