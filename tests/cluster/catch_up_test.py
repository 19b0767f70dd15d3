# SPDX-License-Identifier: Apache-2.0
"""A node that was away gets what it has missed out of the files of its leaders, and drops what they have dropped."""

import os
import time

from harness import Case, Stopwatch, checkers, clients, dump_log, figures, moves, suite, until, wire

MIB = 1 << 20
PARTITIONS = 3
SIZE = 20_000
# The smallest journal: 4 MiB a file, and settling begins when three are in use.
SMALL = ["--segment-bytes", "4MiB", "--journal-bytes-max", "8MiB"]
suite.arguments(records=(3000, "records that the node misses; 100000 by hand"))


def numbered(count):
    return [(number % PARTITIONS, b"k%d" % (number % 7), (b"%d:" % number).ljust(SIZE, b"v"))
            for number in range(count)]


class CatchUp(Case):
    @staticmethod
    def forget(path):
        """What nobody has looked at since it was written is not in the page cache, where a file system has one."""
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)

    def check_replicas(self, cluster, acknowledged):
        """Stops the cluster and compares each node's own log with what was acknowledged."""
        ends = {partition: sum(each.partition == partition for each in acknowledged) for partition in range(PARTITIONS)}
        until(lambda: all(broker.metric("kafka_topic_partition_current_offset", topic="t", partition=partition) == end
                          for broker in cluster for partition, end in ends.items()), f"{ends} on every node")
        for node, (code, _) in cluster.terminate().items():
            self.assertEqual(code, 0, cluster[node].tail())
        logs = {broker.node: dump_log(broker) for broker in cluster}
        for partition in range(PARTITIONS):
            replicas = {node: log["t", partition] for node, log in logs.items()}
            checkers.replicas_agree(replicas, where=f"t-{partition}")
            for node, read in replicas.items():
                at = f"t-{partition} on node {node}"
                checkers.gapless(read, where=at)
                checkers.exactly_once(read, at)
                checkers.acknowledged_is_present(read, [each for each in acknowledged if each.partition == partition],
                                                 at)

    def test_who_was_away_while_records_settled_gets_all_of_them_while_others_produce(self):
        cluster = self.cluster(arguments=SMALL)
        cluster.start()
        clients.create_topic(cluster.bootstrap, "t", PARTITIONS, 3)
        cluster.wait_in_sync("t", PARTITIONS)
        away = next(node for node in cluster.nodes if node != cluster.find_metadata_leader())
        cluster[away].kill()
        serving = cluster.running()

        missed = numbered(suite.options.records)
        produced = clients.produce_all(cluster.bootstrap, "t", missed, seconds=300, linger_ms=5)
        self.assertEqual((len(produced.acknowledged), produced.uncertain, produced.refused), (len(missed), [], []))
        # The journal keeps 8 MiB and what it is written into; everything else can go.
        most = len(missed) * SIZE - 30 * MIB
        until(lambda: all(sum(each.file_bytes(".data").values()) > most for each in serving),
              f"{most / MIB:.0f} MiB settled on each node", 60)
        for broker in serving:
            for path in broker.file_bytes(".data"):
                self.forget(path)

        stream = clients.Stream(cluster.bootstrap, "t", PARTITIONS).start()
        stream.wait_more()
        since, clock = time.monotonic(), Stopwatch()
        cluster[away].start().wait_ready()
        cluster.wait_in_sync("t", PARTITIONS, 120)
        figures.add("from the start to being in sync: s", clock.seconds())
        stream.wait_more()
        meanwhile = stream.stop()
        figures.add("longest silence of a partition meanwhile: s",
                    max(stream.longest_gap(partition, since) for partition in range(PARTITIONS)))
        # None where the file system keeps everything in memory.
        for reason in ("follower", "ahead"):
            figures.add(f"cold reads, {reason}",
                        sum(each.metric("chronik_broker_cold_reads_total", reason=reason) for each in serving))
        self.assertEqual([each.metric("chronik_broker_cold_reads_failed_total") for each in serving], [0, 0])
        self.check_replicas(cluster, produced.acknowledged + meanwhile.acknowledged)

    def test_who_was_away_for_longer_than_the_retention_goes_on_where_the_log_begins(self):
        cluster = self.cluster(arguments=SMALL)
        cluster.start()
        config = {"retention.bytes": str(1 * MIB), "segment.bytes": str(1 * MIB)}
        clients.create_topic(cluster.bootstrap, "t", 1, 3, config)
        cluster.wait_in_sync("t", 1)
        records = [(0, key, value) for _, key, value in numbered(1000)]
        known, missed = records[:100], records[100:]
        self.assertEqual(len(clients.produce_all(cluster.bootstrap, "t", known).acknowledged), len(known))
        # The preferred leader, which can be asked to lead again.
        away = cluster.view(cluster.nodes[1].node, ["t"]).topics["t"].partitions[0].replicas[0]
        until(lambda: cluster[away].offset("current", "t", 0) == len(known), "all of them on who is to go away")
        cluster[away].kill()
        others = cluster.running()
        # With a small linger a batch is small, and a full segment holds many: files can go one after the other.
        produced = clients.produce_all(cluster.bootstrap, "t", missed, seconds=120, linger_ms=5)
        self.assertEqual(len(produced.acknowledged), len(missed))
        until(lambda: min(each.offset("oldest", "t", 0) for each in others) > len(known), "dropped by both others", 60)
        self.assertEqual(wire.alter_configs(others[0].port, "t", retention_bytes="-1"), (0, None))

        cluster[away].start().wait_ready()
        cluster.wait_in_sync("t", 1, 60)
        moves.elect(cluster[away].port, {"t": [0]})
        until(lambda: cluster.find_leader("t", 0) == away, "the one that was away leads")
        first = clients.watermarks(cluster.bootstrap, "t", 1)[0][0]
        self.assertGreater(first, len(known))
        read = clients.consume_all(cluster.bootstrap, "t", 1)[0]
        checkers.gapless(read, first)
        after = clients.produce_all(cluster.bootstrap, "t", known)
        self.assertEqual(len(after.acknowledged), len(known))
        end = len(records) + len(known)
        until(lambda: all(each.offset("current", "t", 0) == end for each in cluster), "all of them on all nodes")
        for node, (code, _) in cluster.terminate().items():
            self.assertEqual(code, 0, cluster[node].tail())
        logs = {broker.node: dump_log(broker)["t", 0] for broker in cluster}
        begins = max(log[0].offset for log in logs.values())
        self.assertGreater(min(log[0].offset for log in logs.values()), len(known), "somebody has dropped nothing")
        checkers.replicas_agree({node: [each for each in log if each.offset >= begins] for node, log in logs.items()})
        for node, log in logs.items():
            checkers.acknowledged_is_present(log, [each for each in produced.acknowledged + after.acknowledged
                                                   if each.offset >= log[0].offset], f"node {node}")


if __name__ == "__main__":
    suite.main()
