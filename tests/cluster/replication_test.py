# SPDX-License-Identifier: Apache-2.0
"""What acks=all acknowledged is in each replica's own log, byte for byte, whichever client wrote it."""

from harness import Case, Stopwatch, checkers, clients, dump_log, figures, suite, until

PARTITIONS = 3
SIZE = 512
SINGLES_TO_WARM_UP, SINGLES = 30, 600
suite.arguments(records=(1000, "records from each client; 100000 by hand"))


def numbered(count, tag):
    return [(number % PARTITIONS, b"%s/%d" % (tag, number % 13), (b"%s:%d:" % (tag, number)).ljust(SIZE, b"#"))
            for number in range(count)]


def murmur2(data):
    """Kafka's default partitioner's hash, from its definition: 32 bits, seed 0x9747b28c."""
    mask, mix = 0xffffffff, 0x5bd1e995
    value = 0x9747b28c ^ len(data)
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        word = int.from_bytes(data[at:at + 4], "little") * mix & mask
        word = (word ^ word >> 24) * mix & mask
        value = value * mix & mask ^ word
    rest = data[whole:]
    if rest:
        value = (value ^ int.from_bytes(rest, "little")) * mix & mask
    value = (value ^ value >> 13) * mix & mask
    return value ^ value >> 15


class Replication(Case):
    def formed(self):
        cluster = self.cluster()
        cluster.start()
        clients.create_topic(cluster.bootstrap, "t", PARTITIONS, 3)
        cluster.wait_in_sync("t", PARTITIONS)
        return cluster

    def wait_quiet(self, cluster, ends, topic="t"):
        """Until every node has committed up to these ends, by its own word."""

        def same():
            return all(broker.metric("kafka_topic_partition_current_offset", topic=topic, partition=partition) == end
                       for broker in cluster for partition, end in ends.items())

        until(same, f"high watermarks {ends} on every node")

    def check_replicas(self, cluster, produced, sent, topic="t"):
        """Stops the cluster and compares each node's own log with what was acknowledged."""
        ends = {partition: sum(each.partition == partition for each in produced) for partition in range(PARTITIONS)}
        self.wait_quiet(cluster, ends, topic)
        for node, (code, _) in cluster.terminate().items():
            self.assertEqual(code, 0, cluster[node].tail())
        logs = {broker.node: dump_log(broker) for broker in cluster}
        digests = {}
        for partition in range(PARTITIONS):
            where = f"{topic}-{partition}"
            replicas = {node: log[topic, partition] for node, log in logs.items()}
            checkers.replicas_agree(replicas, where=where)
            for node, read in replicas.items():
                at = f"{where} on node {node}"
                checkers.gapless(read, where=at)
                checkers.exactly_once(read, at)
                checkers.acknowledged_is_present(read, [each for each in produced if each.partition == partition], at)
                checkers.nothing_invented(read, sent, at)
                digests.setdefault(partition, set()).add(read.digest())
        self.assertEqual({partition: len(each) for partition, each in digests.items()}, dict.fromkeys(digests, 1))
        return {node: sum(len(read) for (name, _), read in log.items() if name == topic) for node, log in logs.items()}

    def test_every_acknowledged_record_is_in_every_replicas_log(self):
        cluster = self.formed()
        count = suite.options.records
        everything, acknowledged = [], []
        for tag, produce in ((b"rdkafka", clients.produce_all), (b"python", clients.produce_kafka_python)):
            sent = numbered(count, tag)
            produced = produce(cluster.bootstrap, "t", sent, seconds=120)
            self.assertEqual((len(produced.acknowledged), produced.uncertain, produced.refused), (count, [], []))
            figures.add(f"{tag.decode()} records per s", count / produced.seconds)
            everything += [each[1:] for each in sent]
            acknowledged += produced.acknowledged
        figures.count("acknowledged", len(acknowledged))
        for read in (clients.consume_all(cluster.bootstrap, "t", PARTITIONS),
                     clients.consume_kafka_python(cluster.bootstrap, "t", PARTITIONS)):
            self.assertEqual(sum(map(len, read.values())), 2 * count)
            for partition, records in read.items():
                checkers.gapless(records, where=f"t-{partition}")
                checkers.per_key_order(records, lambda value: int(value.split(b":")[1]), f"t-{partition}")
        in_logs = self.check_replicas(cluster, acknowledged, everything)
        self.assertEqual(in_logs, dict.fromkeys(cluster.nodes, 2 * count))
        figures.add("records in each replica's log", 2 * count)

    def test_one_record_after_the_other_is_durable_on_a_quorum(self):
        # Nothing waits in a batch here: a record is sent, written and synced by two nodes, and acknowledged.
        cluster = self.formed()
        producer = clients.rdkafka_producer(cluster.bootstrap, linger_ms=0)
        for number in range(SINGLES_TO_WARM_UP + SINGLES):
            refused = []
            clock = Stopwatch()
            producer.produce("t", b"x" * SIZE, b"k", number % PARTITIONS,
                             on_delivery=lambda error, _, told=refused: told.append(error))
            self.assertEqual((producer.flush(20), refused), (0, [None]))
            if number >= SINGLES_TO_WARM_UP:
                figures.add("one record at a time, acks=all: ms", 1000 * clock.seconds())
        self.wait_quiet(cluster, dict.fromkeys(range(PARTITIONS), (SINGLES_TO_WARM_UP + SINGLES) // PARTITIONS))

    def test_keyed_records_go_where_their_hash_says(self):
        cluster = self.formed()
        keys = [b"key-%d" % number for number in range(1000)]
        sent = [(None, key, b"v:" + key) for key in keys]
        for produced in (clients.produce_all(cluster.bootstrap, "t", sent, partitioner="murmur2_random"),
                         clients.produce_kafka_python(cluster.bootstrap, "t", sent)):
            self.assertEqual(len(produced.acknowledged), len(sent))
            for each in produced.acknowledged:
                self.assertEqual(each.partition, (murmur2(each.key) & 0x7fffffff) % PARTITIONS)
            spread = [sum(each.partition == partition for each in produced.acknowledged)
                      for partition in range(PARTITIONS)]
            self.assertLess(max(spread), 2 * min(spread))

    def test_every_acks_setting_arrives_on_three_nodes(self):
        cluster = self.formed()
        for acks in ("0", "1", "all"):
            with self.subTest(acks=acks):
                topic = f"acks-{acks}"
                clients.create_topic(cluster.bootstrap, topic, PARTITIONS, 3)
                cluster.wait_in_sync(topic, PARTITIONS)
                clients.produce_all(cluster.bootstrap, topic, numbered(300, acks.encode()), acks=acks)
                self.wait_quiet(cluster, dict.fromkeys(range(PARTITIONS), 100), topic)
                read = clients.consume_all(cluster.bootstrap, topic, PARTITIONS)
                self.assertEqual(sorted((each.key, each.value) for log in read.values() for each in log),
                                 sorted(each[1:] for each in numbered(300, acks.encode())))

    def test_an_acknowledged_record_survives_its_leader_killed_at_once(self):
        cluster = self.formed()
        acknowledged = []
        for number in range(6):
            partition = number % PARTITIONS
            leader = cluster.find_leader("t", partition)
            produced = clients.produce_all(cluster.bootstrap, "t", [(partition, b"k", b"last words %d" % number)])
            cluster[leader].kill()
            self.assertEqual(len(produced.acknowledged), 1)
            acknowledged += produced.acknowledged
            cluster.find_leader("t", partition, apart_from=leader)
            read = clients.consume_all(cluster.bootstrap, "t", PARTITIONS)
            checkers.acknowledged_is_present([each for each in read[partition]],
                                             [each for each in acknowledged if each.partition == partition])
            cluster[leader].start().wait_ready()
            cluster.wait_in_sync("t", PARTITIONS)

    def test_too_few_in_sync_replicas_refuse_acks_all_and_take_it_later(self):
        cluster = self.formed()
        leader = cluster.find_leader("t", 0)
        others = [node for node in cluster.nodes if node != leader]
        for node in others:
            cluster[node].kill()
        # One of three acknowledges nothing: neither while it still believes that it leads nor after.
        lonely = clients.rdkafka_producer(cluster[leader].address, message_timeout_ms=3000)
        told = []
        lonely.produce("t", b"alone", b"k", 0, on_delivery=lambda error, _: told.append(error))
        self.assertEqual(lonely.flush(20), 0)
        self.assertIsNotNone(told[0], "a record was acknowledged that only one of three nodes has")
        for node in others:
            cluster[node].start()
        cluster.wait_ready()
        produced = clients.produce_all(cluster.bootstrap, "t", numbered(30, b"later"))
        self.assertEqual(len(produced.acknowledged), 30)
        cluster.wait_in_sync("t", PARTITIONS)


if __name__ == "__main__":
    suite.main()
