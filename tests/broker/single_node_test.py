# SPDX-License-Identifier: Apache-2.0
"""One broker without configuration, and the clients that people have."""

import json
import os
import pathlib
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))

import confluent_kafka
import confluent_kafka.admin
import kafka
import kafka.admin
from harness import Broker, Case, Stopwatch, admin, checkers, clients, figures, suite, until, wire

UNSUPPORTED_VERSION = 35


def numbered(count, size=100, partition=0):
    return [(partition, b"k%d" % (number % 11), (b"%d:" % number).ljust(size, b"v")) for number in range(count)]


def pairs(read):
    return [(record.key, record.value) for record in read]


def kcat(*arguments, data=None):
    done = subprocess.run(["kcat", *arguments], input=data, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, f"kcat {' '.join(arguments)} ended with {done.returncode}: {done.stderr.decode()}"
    return done.stdout


class Shared(Case):
    """Tests that leave the broker running share one; each uses topics of its own."""

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


class KcatWorks(Shared):
    def test_kcat_produces_to_a_new_topic_and_reads_it_back(self):
        kcat("-P", "-b", self.at, "-t", self.topic, data=b"hello\nworld\n")
        self.assertEqual(kcat("-C", "-b", self.at, "-t", self.topic, "-e", "-q"), b"hello\nworld\n")

    def test_kcat_lists_the_broker_and_the_topic(self):
        clients.create_topic(self.at, self.topic, partitions=4)
        told = json.loads(kcat("-L", "-J", "-b", self.at, "-t", self.topic))
        self.assertEqual([each["id"] for each in told["brokers"]], [1])
        self.assertEqual([each["partition"] for each in told["topics"][0]["partitions"]], [0, 1, 2, 3])
        self.assertTrue(all(each["leader"] == 1 for each in told["topics"][0]["partitions"]))


class BytesComeBackEqual(Shared):
    def check_round_trip(self, produced, topic, sent):
        self.assertEqual((len(produced.acknowledged), produced.uncertain, produced.refused), (len(sent), [], []))
        for read in (clients.consume_all(self.at, topic, 1)[0], clients.consume_kafka_python(self.at, topic, 1)[0]):
            checkers.gapless(read)
            checkers.acknowledged_is_present(read, produced.acknowledged)
            self.assertEqual(pairs(read), [(key, value) for _, key, value in sent])

    def test_librdkafka_with_every_codec(self):
        for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
            with self.subTest(codec=codec):
                topic = f"{self.topic}-{codec}"
                clients.create_topic(self.at, topic)
                sent = numbered(2000, 300)
                produced = clients.produce_all(self.at, topic, sent, compression_type=codec, linger_ms=20)
                self.check_round_trip(produced, topic, sent)

    def test_kafka_python_with_every_codec(self):
        for codec in (None, "gzip", "snappy", "lz4"):  # 2.0.2 writes zstd only for brokers it believes newer
            with self.subTest(codec=codec):
                topic = f"{self.topic}-{codec or 'none'}"
                clients.create_topic(self.at, topic)
                sent = numbered(500, 300)
                produced = clients.produce_kafka_python(self.at, topic, sent, compression_type=codec, linger_ms=20)
                self.check_round_trip(produced, topic, sent)

    def test_compressed_batches_stay_compressed(self):
        clients.create_topic(self.at, self.topic)
        before = self.one.metric("chronik_journal_written_bytes_total")
        clients.produce_all(self.at, self.topic, numbered(2000, 1000), compression_type="zstd", linger_ms=50)
        written = self.one.metric("chronik_journal_written_bytes_total") - before
        self.assertLess(written, 2000 * 1000 / 4)

    def test_empty_and_missing_keys_and_values_differ(self):
        clients.create_topic(self.at, self.topic)
        sent = [(0, None, b"no key"), (0, b"", b"empty key"), (0, b"no value", None), (0, b"empty value", b""),
                (0, bytes(range(256)), bytes(range(255, -1, -1)))]
        clients.produce_all(self.at, self.topic, sent)
        read = clients.consume_all(self.at, self.topic, 1)[0]
        self.assertEqual(pairs(read), [(key, value) for _, key, value in sent])

    def test_headers_and_timestamps_come_back(self):
        clients.create_topic(self.at, self.topic)
        producer = clients.rdkafka_producer(self.at)
        producer.produce(self.topic, b"v", b"k", 0, timestamp=1_600_000_000_123,
                         headers=[("a", b"1"), ("a", b"2"), ("b", None)])
        self.assertEqual(producer.flush(20), 0)
        reader = clients.consumer(self.at)
        reader.assign([confluent_kafka.TopicPartition(self.topic, 0, 0)])
        message = until(lambda: reader.poll(1.0), "the record")
        reader.close()
        self.assertIsNone(message.error())
        self.assertEqual(message.timestamp(), (confluent_kafka.TIMESTAMP_CREATE_TIME, 1_600_000_000_123))
        self.assertEqual(message.headers(), [("a", b"1"), ("a", b"2"), ("b", None)])

    def test_a_record_of_the_largest_size(self):
        clients.create_topic(self.at, self.topic)
        sent = [(0, b"large", os.urandom(1_000_000 - 200))]
        produced = clients.produce_all(self.at, self.topic, sent, message_max_bytes=1_100_000)
        self.check_round_trip(produced, self.topic, sent)

    def test_a_record_too_large_is_refused_and_not_there(self):
        clients.create_topic(self.at, self.topic)
        produced = clients.produce_all(self.at, self.topic, [(0, b"large", os.urandom(1_200_000)), ],
                                       message_max_bytes=2_000_000)
        self.assertEqual((len(produced.acknowledged), len(produced.refused)), (0, 1), produced.uncertain)
        produced = clients.produce_all(self.at, self.topic, numbered(3))
        self.assertEqual([each.offset for each in produced.acknowledged], [0, 1, 2])


class AcknowledgementsMeanWhatTheySay(Shared):
    def test_acks_1_and_all_answer_with_offsets(self):
        for acks in ("1", "all"):
            with self.subTest(acks=acks):
                topic = f"{self.topic}-{acks}"
                clients.create_topic(self.at, topic)
                produced = clients.produce_all(self.at, topic, numbered(500), acks=acks)
                self.assertEqual([each.offset for each in produced.acknowledged], list(range(500)))
                self.assertEqual(pairs(clients.consume_all(self.at, topic, 1)[0]), [each[1:] for each in numbered(500)])

    def test_acks_0_is_not_answered_and_arrives(self):
        clients.create_topic(self.at, self.topic)
        clients.produce_all(self.at, self.topic, numbered(500), acks="0")
        until(lambda: clients.watermarks(self.at, self.topic, 1)[0] == (0, 500), "500 records without acknowledgement")
        self.assertEqual(pairs(clients.consume_all(self.at, self.topic, 1)[0]), [each[1:] for each in numbered(500)])


class FetchAndOffsets(Shared):
    def test_a_waiting_fetch_ends_when_a_record_arrives(self):
        clients.create_topic(self.at, self.topic)
        reader = clients.consumer(self.at, fetch_wait_max_ms=5000, enable_partition_eof=True)
        reader.assign([confluent_kafka.TopicPartition(self.topic, 0, 0)])
        ended = until(lambda: reader.poll(5.0), "the end of the empty partition")
        self.assertEqual(ended.error().code(), confluent_kafka.KafkaError._PARTITION_EOF)
        producer = clients.rdkafka_producer(self.at)
        for number in range(6):
            clock = Stopwatch()
            producer.produce(self.topic, b"now %d" % number, partition=0)
            producer.flush(10)
            message = until(lambda: next((each for each in [reader.poll(0.5)] if each and not each.error()), None),
                            "the record")
            if number > 0:  # the first one also connects and asks where the partition is
                figures.add("long poll latency s", clock.seconds())
            self.assertEqual(message.value(), b"now %d" % number)
            self.assertLess(clock.seconds(), 2.0, "the fetch waited for its time limit instead of the record")
        reader.close()

    def test_offsets_by_time_earliest_and_latest(self):
        clients.create_topic(self.at, self.topic)
        producer = clients.rdkafka_producer(self.at)
        for number in range(10):
            producer.produce(self.topic, b"%d" % number, partition=0, timestamp=1_700_000_000_000 + 1000 * number)
            producer.flush(10)  # a batch each: the answer is exact for a batch's records as well, but this finds both
        self.assertEqual(clients.watermarks(self.at, self.topic, 1), {0: (0, 10)})
        reader = clients.consumer(self.at)
        for asked, expected in ((0, 0), (1_700_000_000_000, 0), (1_700_000_003_000, 3), (1_700_000_003_001, 4),
                                (1_700_000_009_000, 9), (1_700_000_009_001, confluent_kafka.OFFSET_END)):
            found = reader.offsets_for_times([confluent_kafka.TopicPartition(self.topic, 0, asked)], 10)
            self.assertEqual(found[0].offset, expected, asked)
        reader.close()

    def test_offsets_by_time_inside_one_batch(self):
        clients.create_topic(self.at, self.topic)
        producer = clients.rdkafka_producer(self.at, linger_ms=200)
        for number in range(10):
            producer.produce(self.topic, b"%d" % number, partition=0, timestamp=1_700_000_000_000 + 1000 * number)
        producer.flush(10)
        python = kafka.KafkaConsumer(bootstrap_servers=self.at, group_id=None)
        place = kafka.TopicPartition(self.topic, 0)
        found = python.offsets_for_times({place: 1_700_000_003_500})[place]
        python.close()
        self.assertEqual((found.offset, found.timestamp), (4, 1_700_000_004_000))

    def test_a_read_beyond_the_end_is_out_of_range(self):
        clients.create_topic(self.at, self.topic)
        clients.produce_all(self.at, self.topic, numbered(3))
        reader = clients.consumer(self.at, auto_offset_reset="error")
        reader.assign([confluent_kafka.TopicPartition(self.topic, 0, 1000)])
        message = until(lambda: reader.poll(1.0), "an answer")
        reader.close()
        self.assertIn(message.error().code(), (confluent_kafka.KafkaError._AUTO_OFFSET_RESET,
                                               confluent_kafka.KafkaError.OFFSET_OUT_OF_RANGE))


class Topics(Shared):
    def test_confluent_admin_creates_and_deletes(self):
        clients.create_topic(self.at, self.topic, partitions=3)
        self.assertEqual(len(wire.metadata(self.one.port, [self.topic]).topics[self.topic].partitions), 3)
        with self.assertRaises(confluent_kafka.KafkaException) as caught:
            clients.create_topic(self.at, self.topic)
        self.assertEqual(caught.exception.args[0].code(), confluent_kafka.KafkaError.TOPIC_ALREADY_EXISTS)
        clients.delete_topic(self.at, self.topic)
        self.assertNotIn(self.topic, wire.metadata(self.one.port).topics)
        with self.assertRaises(confluent_kafka.KafkaException) as caught:
            clients.delete_topic(self.at, self.topic)
        self.assertEqual(caught.exception.args[0].code(), confluent_kafka.KafkaError.UNKNOWN_TOPIC_OR_PART)

    def test_kafka_python_admin_creates_and_deletes(self):
        python = kafka.admin.KafkaAdminClient(bootstrap_servers=self.at)
        python.create_topics([kafka.admin.NewTopic(self.topic, 2, 1)])
        self.assertEqual(len(wire.metadata(self.one.port, [self.topic]).topics[self.topic].partitions), 2)
        with self.assertRaises(kafka.errors.TopicAlreadyExistsError):
            python.create_topics([kafka.admin.NewTopic(self.topic, 2, 1)])
        python.delete_topics([self.topic])
        self.assertNotIn(self.topic, wire.metadata(self.one.port).topics)
        python.close()

    def test_a_topic_made_again_is_empty(self):
        clients.create_topic(self.at, self.topic)
        clients.produce_all(self.at, self.topic, numbered(10))
        clients.delete_topic(self.at, self.topic)
        clients.create_topic(self.at, self.topic)
        produced = clients.produce_all(self.at, self.topic, numbered(1))
        self.assertEqual([each.offset for each in produced.acknowledged], [0])

    def test_what_cannot_be_created_says_why(self):
        for name, partitions, replicas, code in (
                ("in valid/name", 1, 1, confluent_kafka.KafkaError.TOPIC_EXCEPTION),
                ("x" * 250, 1, 1, confluent_kafka.KafkaError.TOPIC_EXCEPTION),
                (self.topic, 1, 2, confluent_kafka.KafkaError.INVALID_REPLICATION_FACTOR)):
            with self.subTest(name=name), self.assertRaises(confluent_kafka.KafkaException) as caught:
                clients.create_topic(self.at, name, partitions, replicas)
            self.assertEqual(caught.exception.args[0].code(), code)

    def test_a_client_that_asks_for_an_unknown_topic_creates_it_when_it_may(self):
        wire.metadata(self.one.port, [self.topic + "-no"], create=False)
        self.assertNotIn(self.topic + "-no", wire.metadata(self.one.port).topics)

        def made():
            topic = wire.metadata(self.one.port, [self.topic], create=True).topics[self.topic]
            return topic.error == 0 and [each.leader for each in topic.partitions.values()] == [1]

        until(made, "the topic is created")


class Wire(Shared):
    """Bytes that no client sends, and bytes that old and new ones do."""

    def ask(self, data):
        with wire.Connection(self.one.port) as connection:
            connection.send(data)
            return wire.Reader(connection.receive())

    def good_request_works(self):
        self.assertEqual(wire.metadata(self.one.port).brokers, {1: ("localhost", self.one.port)})

    def test_an_unknown_version_of_api_versions_gets_the_answer_of_version_0(self):
        for version in (5, 99, 32767):
            # Its header is that of a flexible version, with tagged fields; nobody knows what follows.
            answer = self.ask(wire.request(wire.API_VERSIONS, version, 7, b"\x00" + b"who knows"))
            self.assertEqual((answer.int32(), answer.int16()), (7, UNSUPPORTED_VERSION))
            ranges = {key: (first, last) for key, first, last in
                      answer.array(lambda: (answer.int16(), answer.int16(), answer.int16()))}
            self.assertEqual(answer.rest(), b"", "version 0 ends after the ranges")
            self.assertEqual(ranges[wire.API_VERSIONS][0], 0)
            self.assertEqual(ranges[wire.PRODUCE][0], 0)

    def test_metadata_answers_its_whole_range_of_versions(self):
        answer = self.ask(wire.request(wire.API_VERSIONS, 0, 7, b""))
        self.assertEqual((answer.int32(), answer.int16()), (7, 0))
        ranges = {key: (first, last) for key, first, last in
                  answer.array(lambda: (answer.int16(), answer.int16(), answer.int16()))}
        first, last = ranges[wire.METADATA]
        self.assertEqual((first, last >= 12), (0, True))
        for version in range(first, last + 1):
            with self.subTest(version=version):
                if version < 9:
                    body = struct.pack(">i", 0 if version == 0 else -1)
                    body += b"\x01" if version >= 4 else b""
                    body += b"\x00\x00" if version >= 8 else b""
                else:  # compact array, tagged fields; the header's tagged fields come first
                    body = b"\x00" + b"\x00" + b"\x01" + (b"\x00\x00" if version <= 10 else b"\x00") + b"\x00"
                reader = self.ask(wire.request(wire.METADATA, version, version, body))
                self.assertEqual(reader.int32(), version)
                if version >= 9:
                    self.assertEqual(reader.int8(), 0)
                if version >= 3:
                    self.assertEqual(reader.int32(), 0)
                self.assertIn(b"localhost", reader.rest())

    def test_a_length_beyond_the_limit_or_below_zero_closes_the_connection(self):
        for length in (0x7fffffff, 200 << 20, -1, 0):
            with self.subTest(length=length), wire.Connection(self.one.port, seconds=5) as connection:
                connection.send(struct.pack(">i", length))
                self.assertTrue(connection.is_closed())
        self.good_request_works()

    def test_an_unknown_api_closes_the_connection(self):
        with wire.Connection(self.one.port, seconds=5) as connection:
            connection.send(wire.request(999, 0, 1, b""))
            self.assertTrue(connection.is_closed())
        self.good_request_works()

    def test_half_a_request_harms_nobody(self):
        whole = wire.request(wire.METADATA, 7, 1, struct.pack(">i?", -1, False))
        with wire.Connection(self.one.port) as patient:
            for size in range(1, len(whole)):
                with wire.Connection(self.one.port) as connection:
                    connection.send(whole[:size])
            patient.send(whole)
            self.assertEqual(wire.Reader(patient.receive()).int32(), 1)

    def test_a_request_in_single_bytes_is_answered(self):
        with wire.Connection(self.one.port) as connection:
            for byte in wire.request(wire.METADATA, 7, 42, struct.pack(">i?", -1, False)):
                connection.send(bytes([byte]))
            self.assertEqual(wire.Reader(connection.receive()).int32(), 42)

    def test_requests_sent_together_are_answered_in_order(self):
        with wire.Connection(self.one.port) as connection:
            connection.send(b"".join(wire.request(wire.METADATA, 7, number, struct.pack(">i?", -1, False))
                                     for number in range(200)))
            self.assertEqual([wire.Reader(connection.receive()).int32() for _ in range(200)], list(range(200)))


class StartAndStop(Case):
    def test_no_configuration_at_all_is_enough(self):
        # The default port may be somebody else's on this machine; then the broker has to say so, and that is a test
        # of its own. Everything else is left to the defaults.
        one = self.broker(by_hand=True)
        one.settings = {"CHRONIK_KAFKA_PORT": str(one.port)}
        one.start()
        figures.add("start to ready s", one.wait_ready())
        produced = clients.produce_all(one.address, "first", [(None, b"k", b"v")])
        figures.add("start to first acknowledged record s", one.since_start.seconds())
        self.assertEqual(len(produced.acknowledged), 1)
        self.assertTrue(os.path.isdir(os.path.join(one.folder, "chronik-data")))
        self.assertEqual(admin.get(one.http_port, "/health")[0], 200)
        code, seconds = one.terminate()
        figures.add("idle shutdown s", seconds)
        self.assertEqual(code, 0, one.tail())
        self.assertLess(seconds, 5)

    def restart_keeps_everything(self, stop):
        one = self.broker()
        one.start().wait_ready()
        sent = {}
        for topic, partitions in (("a", 3), ("b", 1)):
            clients.create_topic(one.address, topic, partitions)
            records = [record for partition in range(partitions) for record in numbered(200, partition=partition)]
            sent[topic] = clients.produce_all(one.address, topic, records)
            self.assertEqual(len(sent[topic].acknowledged), 200 * partitions)
        before = {topic: clients.watermarks(one.address, topic, count) for topic, count in (("a", 3), ("b", 1))}
        cluster_id = wire.metadata(one.port).cluster_id
        for _ in range(3):
            stop(one)
            one.start().wait_ready()
            self.assertEqual(wire.metadata(one.port).cluster_id, cluster_id)
            told = wire.metadata(one.port).topics
            self.assertEqual(set(told), {"a", "b"})
            # A client keeps "nobody leads" for long, so a broker that is ready never says it of what it leads.
            self.assertEqual({each.leader for topic in told.values() for each in topic.partitions.values()}, {1})
            for topic, count in (("a", 3), ("b", 1)):
                self.assertEqual(clients.watermarks(one.address, topic, count), before[topic])
                for partition, read in clients.consume_all(one.address, topic, count).items():
                    checkers.gapless(read)
                    self.assertEqual(pairs(read), [each[1:] for each in numbered(200)])
        produced = clients.produce_all(one.address, "b", numbered(1))
        self.assertEqual([each.offset for each in produced.acknowledged], [200])

    def test_a_clean_restart_keeps_topics_records_and_offsets(self):
        self.restart_keeps_everything(lambda one: self.assertEqual(one.terminate()[0], 0, one.tail()))

    def test_a_kill_keeps_topics_records_and_offsets(self):
        self.restart_keeps_everything(lambda one: one.kill())

    def test_interrupt_stops_cleanly_too(self):
        one = self.broker()
        one.start().wait_ready()
        one.expected = True
        one.signal(2)
        self.assertEqual(one.wait_end(10), 0)

    def test_a_stop_with_clients_connected_is_quick(self):
        one = self.broker()
        one.start().wait_ready()
        clients.create_topic(one.address, "t", 2)
        stream = clients.Stream(one.address, "t", 2).start()
        stream.wait_more(200)
        reader = clients.consumer(one.address, fetch_wait_max_ms=20000)
        reader.assign([confluent_kafka.TopicPartition("t", 0, 0)])
        until(lambda: reader.poll(1.0), "the consumer reads")
        code, seconds = one.terminate()
        figures.add("loaded shutdown s", seconds)
        self.assertEqual(code, 0, one.tail())
        self.assertLess(seconds, 10)
        one.start().wait_ready()
        stream.wait_more(50)
        stream.stop()
        reader.close()
        checkers.stream(clients.consume_all(one.address, "t", 2), stream)


if __name__ == "__main__":
    suite.main()
