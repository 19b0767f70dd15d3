# SPDX-License-Identifier: Apache-2.0
"""A node whose journal is damaged while it is down keeps what is sound, and gets the rest from the others."""

import glob
import os
import pathlib

from harness import Case, checkers, clients, dump_log, suite, until

PARTITIONS = 3
RECORDS = 3000
STORAGE = 3


def numbered(prefix):
    return [(number % PARTITIONS, b"k", b"%s-%d" % (prefix, number)) for number in range(RECORDS)]


class Repair(Case):
    @staticmethod
    def flip_bits(broker, needle, how_many=3):
        """Changes bytes in the middle of what the journal has of the records that begin with `needle`."""
        path = sorted(pathlib.Path(broker.data, "journal").glob("segment-*.journal"))
        for each in path:
            content = bytearray(each.read_bytes())
            places = []
            at = content.find(needle)
            while at >= 0:
                places.append(at)
                at = content.find(needle, at + 1)
            if not places:
                continue
            middle = len(places) // 2
            for place in places[middle:middle + how_many]:
                content[place + 1] ^= 0x10
            each.write_bytes(bytes(content))
            return
        raise AssertionError(f"{needle} is in no segment of node {broker.node}")

    def produce(self, cluster, prefix):
        produced = clients.produce_all(cluster.bootstrap, "t", numbered(prefix), seconds=120, linger_ms=1)
        self.assertEqual((len(produced.acknowledged), produced.refused), (RECORDS, []))
        return produced.acknowledged

    def check_replicas(self, cluster, acknowledged):
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
                checkers.acknowledged_is_present(read, [each for each in acknowledged if each.partition == partition],
                                                 at)

    def test_what_was_damaged_comes_back_from_the_others(self):
        cluster = self.cluster()
        cluster.start()
        clients.create_topic(cluster.bootstrap, "t", PARTITIONS, 3)
        cluster.wait_in_sync("t", PARTITIONS)
        acknowledged = self.produce(cluster, b"before")
        hurt = cluster[3]
        hurt.kill()
        self.flip_bits(hurt, b"before-")
        acknowledged += self.produce(cluster, b"meanwhile")

        hurt.start().wait_ready()
        until(lambda: hurt.metric("chronik_raft_groups_in_doubt") == 0, "no group is in doubt")
        acknowledged += self.produce(cluster, b"after")
        cluster.wait_in_sync("t", PARTITIONS)

        log = hurt.tail(10_000)
        self.assertIn("is damaged: segment-", log)
        self.assertIn("groups are in doubt until other nodes have brought them up to date", log)
        self.assertIn("is not in doubt any more", log)
        self.assertTrue(glob.glob(os.path.join(hurt.data, "journal", "damaged-*.segment-*.journal")))
        self.check_replicas(cluster, acknowledged)

    def test_what_nobody_else_has_is_not_repaired(self):
        cluster = self.cluster()
        cluster.start()
        clients.create_topic(cluster.bootstrap, "t", PARTITIONS, 1)
        self.produce(cluster, b"alone")
        hurt = cluster[3]
        hurt.terminate()
        self.flip_bits(hurt, b"alone-")
        before = sorted(os.listdir(os.path.join(hurt.data, "journal")))

        hurt.start()

        self.assertEqual(hurt.wait_end(), STORAGE)
        self.assertRegex(hurt.tail(), r"it cannot be repaired from others, since this node is the only voter of t-\d")
        self.assertEqual(sorted(os.listdir(os.path.join(hurt.data, "journal"))), before)

    def test_a_node_that_may_not_repair_refuses(self):
        cluster = self.cluster(arguments=["--repair-from-peers=false"])
        cluster.start()
        clients.create_topic(cluster.bootstrap, "t", PARTITIONS, 3)
        cluster.wait_in_sync("t", PARTITIONS)
        self.produce(cluster, b"kept")
        hurt = cluster[2]
        hurt.kill()
        self.flip_bits(hurt, b"kept-")

        hurt.start()

        self.assertEqual(hurt.wait_end(), STORAGE)
        self.assertIn("nothing was changed", hurt.tail())


if __name__ == "__main__":
    suite.main()
