# SPDX-License-Identifier: Apache-2.0
"""What people's tools ask one broker for: configurations, more partitions, fewer records, sizes."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))

import confluent_kafka
import confluent_kafka.admin
import kafka
import kafka.admin
import kafka.errors
from confluent_kafka.admin import ConfigResource, NewPartitions
from harness import Broker, Case, clients, suite, wire

DYNAMIC_TOPIC, STATIC_BROKER, DEFAULT = 1, 4, 5
OFFSET_OUT_OF_RANGE = 1


class Shared(Case):
    """One broker for all tests; each uses topics of its own."""

    @classmethod
    def setUpClass(cls):
        cls.one = Broker(cls.folder_of("shared"))
        cls.addClassCleanup(cls.one.put_away)
        cls.one.start().wait_ready()
        cls.at = cls.one.address

    def setUp(self):
        self.topic = self._testMethodName.replace("_", "-")

    def tearDown(self):
        self.one.check()

    def offsets(self, partitions=1):
        return clients.watermarks(self.at, self.topic, partitions)


class Configurations(Shared):
    def test_confluent_reads_and_replaces_a_topics_configurations(self):
        clients.create_topic(self.at, self.topic, config={"retention.ms": "1234", "segment.ms": "777"})
        tool = clients.admin(self.at)
        wanted = ConfigResource(ConfigResource.Type.TOPIC, self.topic)

        told = tool.describe_configs([wanted])[wanted].result(20)
        self.assertEqual((told["retention.ms"].value, told["retention.ms"].source), ("1234", DYNAMIC_TOPIC))
        self.assertEqual((told["max.message.bytes"].value, told["max.message.bytes"].source), ("1048588", DEFAULT))
        self.assertEqual(list(told["retention.ms"].synonyms), ["retention.ms", "log.retention.ms"])
        self.assertFalse(told["retention.ms"].is_read_only or told["retention.ms"].is_sensitive)

        changed = ConfigResource(ConfigResource.Type.TOPIC, self.topic, set_config={"retention.ms": "4321"})
        tool.alter_configs([changed])[changed].result(20)
        told = tool.describe_configs([wanted])[wanted].result(20)
        self.assertEqual((told["retention.ms"].value, told["segment.ms"].source), ("4321", DEFAULT))

    def test_confluent_is_told_why_a_configuration_cannot_be(self):
        clients.create_topic(self.at, self.topic)
        tool = clients.admin(self.at)
        for name, value in (("compression.type", "zstd"), ("retention.ms", "soon"), ("no.such.thing", "1")):
            with self.subTest(name=name), self.assertRaises(confluent_kafka.KafkaException) as caught:
                changed = ConfigResource(ConfigResource.Type.TOPIC, self.topic, set_config={name: value})
                tool.alter_configs([changed])[changed].result(20)
            self.assertEqual(caught.exception.args[0].code(), confluent_kafka.KafkaError.INVALID_CONFIG)
            self.assertIn(name, caught.exception.args[0].str())
        self.assertFalse(any(source == DYNAMIC_TOPIC for _, source in wire.configs(self.one.port, self.topic).values()))

    def test_confluent_reads_the_brokers_configurations_and_cannot_change_them(self):
        tool = clients.admin(self.at)
        wanted = ConfigResource(ConfigResource.Type.BROKER, "1")
        told = tool.describe_configs([wanted])[wanted].result(20)
        self.assertEqual(told["node.id"].value, "1")
        self.assertEqual(told["listeners"].source, STATIC_BROKER)
        self.assertTrue(all(each.is_read_only for each in told.values()))
        changed = ConfigResource(ConfigResource.Type.BROKER, "1", set_config={"message.max.bytes": "1000"})
        with self.assertRaises(confluent_kafka.KafkaException) as caught:
            tool.alter_configs([changed])[changed].result(20)
        self.assertEqual(caught.exception.args[0].code(), confluent_kafka.KafkaError.INVALID_CONFIG)
        self.assertIn("--message-max-bytes", caught.exception.args[0].str())

    def test_kafka_python_reads_and_replaces(self):
        clients.create_topic(self.at, self.topic)
        tool = kafka.admin.KafkaAdminClient(bootstrap_servers=self.at)
        self.addCleanup(tool.close)
        kind = kafka.admin.ConfigResourceType
        tool.alter_configs([kafka.admin.ConfigResource(kind.TOPIC, self.topic, {"max.message.bytes": "200"})])

        def told(resource):
            answer, = tool.describe_configs([resource])
            return {each[0]: each[1] for found in answer.resources for each in found[4]}

        self.assertEqual(told(kafka.admin.ConfigResource(kind.TOPIC, self.topic))["max.message.bytes"], "200")
        self.assertEqual(told(kafka.admin.ConfigResource(kind.BROKER, "1"))["node.id"], "1")
        refused = clients.produce_all(self.at, self.topic, [(0, b"k", b"v" * 300)])
        self.assertEqual((len(refused.acknowledged), len(refused.refused)), (0, 1))

    def test_a_limit_changes_under_a_producer_that_goes_on(self):
        clients.create_topic(self.at, self.topic)
        producer = clients.rdkafka_producer(self.at)
        told = []

        def send():
            told.clear()
            producer.produce(self.topic, b"v" * 300, b"k", 0, on_delivery=lambda error, _: told.append(error))
            self.assertEqual(producer.flush(20), 0)
            return told[0].code() if told[0] else None

        self.assertIsNone(send())
        self.assertEqual(wire.alter_configs(self.one.port, self.topic, max_message_bytes="200"), (0, None))
        self.assertEqual(send(), confluent_kafka.KafkaError.MSG_SIZE_TOO_LARGE)
        self.assertEqual(wire.alter_configs(self.one.port, self.topic, max_message_bytes=None), (0, None))
        self.assertIsNone(send())


class Partitions(Shared):
    def test_confluent_adds_partitions_and_writes_to_them(self):
        clients.create_topic(self.at, self.topic, partitions=1)
        tool = clients.admin(self.at)
        tool.create_partitions([NewPartitions(self.topic, 3)])[self.topic].result(20)
        produced = clients.produce_all(self.at, self.topic, [(each, b"k", b"v") for each in range(3)])
        self.assertEqual(sorted(each.partition for each in produced.acknowledged), [0, 1, 2])
        for count, code in ((3, confluent_kafka.KafkaError.INVALID_PARTITIONS),
                            (2, confluent_kafka.KafkaError.INVALID_PARTITIONS)):
            with self.assertRaises(confluent_kafka.KafkaException) as caught:
                tool.create_partitions([NewPartitions(self.topic, count)])[self.topic].result(20)
            self.assertEqual(caught.exception.args[0].code(), code)

    def test_kafka_python_adds_partitions(self):
        clients.create_topic(self.at, self.topic, partitions=1)
        tool = kafka.admin.KafkaAdminClient(bootstrap_servers=self.at)
        self.addCleanup(tool.close)
        tool.create_partitions({self.topic: kafka.admin.NewPartitions(2)})
        self.assertEqual(len(wire.metadata(self.one.port, [self.topic]).topics[self.topic].partitions), 2)
        with self.assertRaises(kafka.errors.InvalidPartitionsError):
            tool.create_partitions({self.topic: kafka.admin.NewPartitions(2)})

    def test_validation_adds_nothing(self):
        clients.create_topic(self.at, self.topic, partitions=1)
        tool = clients.admin(self.at)
        tool.create_partitions([NewPartitions(self.topic, 3)], validate_only=True)[self.topic].result(20)
        self.assertEqual(len(wire.metadata(self.one.port, [self.topic]).topics[self.topic].partitions), 1)


class Deletion(Shared):
    def produce(self, first, count):
        records = [(0, b"k", b"v%d" % number) for number in range(first, first + count)]
        self.assertEqual(len(clients.produce_all(self.at, self.topic, records).acknowledged), count)

    def test_readers_begin_behind_what_was_deleted(self):
        clients.create_topic(self.at, self.topic)
        self.produce(0, 100)
        self.assertEqual(wire.delete_records(self.one.port, self.topic, 0, 37), (0, 37))
        self.assertEqual(self.offsets(), {0: (37, 100)})
        read = clients.consume_all(self.at, self.topic, 1)[0]
        self.assertEqual([each.value for each in read], [b"v%d" % number for number in range(37, 100)])
        read = clients.consume_kafka_python(self.at, self.topic, 1)[0]
        self.assertEqual(read[0].offset, 37)
        self.assertEqual(wire.delete_records(self.one.port, self.topic, 0, 101), (OFFSET_OUT_OF_RANGE, -1))

    def test_what_was_deleted_stays_deleted_after_a_kill(self):
        one = self.broker()
        one.start().wait_ready()
        clients.create_topic(one.address, "t")
        records = [(0, b"k", b"v%d" % number) for number in range(50)]
        self.assertEqual(len(clients.produce_all(one.address, "t", records).acknowledged), 50)
        self.assertEqual(wire.delete_records(one.port, "t", 0, 20), (0, 20))
        for nth in range(2):
            one.kill()
            one.start().wait_ready()
            self.assertEqual(clients.watermarks(one.address, "t", 1), {0: (20, 50)}, f"after kill {nth}")
        self.assertEqual(wire.delete_records(one.port, "t", 0, -1), (0, 50))
        one.kill()
        one.start().wait_ready()
        self.assertEqual(clients.watermarks(one.address, "t", 1), {0: (50, 50)})
        produced = clients.produce_all(one.address, "t", [(0, b"k", b"next")])
        self.assertEqual([each.offset for each in produced.acknowledged], [50])
        one.check()


if __name__ == "__main__":
    suite.main()
