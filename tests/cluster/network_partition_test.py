# SPDX-License-Identifier: Apache-2.0
"""Nodes that do not hear each other: a majority goes on, nobody else acknowledges, and what diverged is gone after."""

import time

from harness import Case, bound, checkers, clients, dump_log, figures, suite, until, wire
from harness.prober import batch_of

PARTITIONS = 3
SERVES_AGAIN_SECONDS_MAX = bound(5.0)
REJOIN_SECONDS_MAX = bound(10.0)
# What a producer retries: NOT_LEADER_OR_FOLLOWER, REQUEST_TIMED_OUT, NOT_ENOUGH_REPLICAS (and after append).
RETRIABLE = {6, 7, 19, 20}
REQUEST_TIMED_OUT, NOT_ENOUGH_REPLICAS_AFTER_APPEND = 7, 20


class NetworkPartition(Case):
    def formed(self):
        cluster = self.cluster(relayed=True)
        cluster.start()
        clients.create_topic(cluster.bootstrap, "t", PARTITIONS, 3)
        cluster.wait_in_sync("t", PARTITIONS)
        return cluster

    def under_load(self):
        cluster = self.formed()
        stream = clients.Stream(cluster.bootstrap, "t", PARTITIONS, config=clients.IMPATIENT).start()
        stream.wait_more(100)
        return cluster, stream

    def serves_without(self, cluster, stream, alone):
        """Until the others lead everything and acknowledge again; seconds since `stream` last heard of a partition."""
        cut_at = time.monotonic()
        others = [node for node in cluster.nodes if node != alone]
        until(lambda: all(cluster.view(node, ["t"]).leader("t", partition) in others
                          for node in others for partition in range(PARTITIONS)), f"leaders other than {alone}", 30)
        stream.wait_more(2 * 64, seconds=60)
        return max(stream.longest_gap(partition, cut_at) for partition in range(PARTITIONS))

    def heal_and_compare(self, cluster, stream, lost=()):
        """All links work again: every replica, read by itself, has what was acknowledged and nothing of `lost`."""
        cluster.heal()
        seconds = cluster.wait_in_sync("t", PARTITIONS, REJOIN_SECONDS_MAX)
        figures.add("healed: in sync again s", seconds)
        produced = stream.stop()
        self.assertEqual((produced.uncertain, produced.refused), ([], []))
        read = clients.consume_all(cluster.bootstrap, "t", PARTITIONS, seconds=120)
        checkers.stream(read, stream)
        ends = {partition: len(log) for partition, log in read.items()}
        until(lambda: all(broker.metric("kafka_topic_partition_current_offset", topic="t", partition=partition) == end
                          for broker in cluster for partition, end in ends.items()), f"{ends} on every node", 60)
        for node, (code, _) in cluster.terminate().items():
            self.assertEqual(code, 0, cluster[node].tail())
        logs = {broker.node: dump_log(broker) for broker in cluster}
        for partition in range(PARTITIONS):
            replicas = {node: log["t", partition] for node, log in logs.items()}
            checkers.replicas_agree(replicas, where=f"t-{partition}")
            self.assertEqual(len({log.digest() for log in replicas.values()}), 1)
            for node, log in replicas.items():
                self.assertFalse({record.value for record in log} & set(lost), f"t-{partition} on node {node}")

    def test_a_minority_of_one_acknowledges_nothing_and_gives_up_what_it_had_alone(self):
        cluster, stream = self.under_load()
        alone = cluster.find_leader("t", 0)
        cluster.split({alone}, set(cluster.nodes) - {alone})
        # It believes that it leads until it has heard nobody for an election's time: what it takes now is only its own.
        told = wire.produce(cluster[alone].port, "t", 0, batch_of(b"alone 0"), timeout_ms=300)
        self.assertEqual(told, (REQUEST_TIMED_OUT, -1))
        figures.add("2-1 partition: silence s", self.serves_without(cluster, stream, alone))
        self.assertLessEqual(figures.values["2-1 partition: silence s"][-1], SERVES_AGAIN_SECONDS_MAX)
        # It hears of no other leader, but knows that it is none itself: who asks it is to ask another node.
        with self.assertRaises(ConnectionError):
            cluster.view(alone, ["t"])
        lost = [b"alone 0"]
        for number in range(1, 20):
            lost.append(b"alone %d" % number)
            for partition in range(PARTITIONS):
                code, _ = wire.produce(cluster[alone].port, "t", partition, batch_of(lost[-1]), timeout_ms=100)
                self.assertIn(code, RETRIABLE)
        self.assertNotEqual(wire.create_topic(cluster[alone].port, "minority", 1, 3, timeout_ms=500), 0)
        majority = next(node for node in cluster.nodes if node != alone)
        # Three replicas do not exist for the majority: it makes what it can keep.
        self.assertEqual(wire.create_topic(cluster[majority].port, "majority", 1, 2, timeout_ms=10000), 0)
        stream.wait_more(50)
        self.heal_and_compare(cluster, stream, lost)

    def test_what_is_written_when_the_quorum_is_lost_is_told_as_written(self):
        cluster = self.formed()
        alone = cluster.find_leader("t", 0)
        cluster.split({alone}, set(cluster.nodes) - {alone})
        # Its client waits for longer than it takes to step down: the end of the leadership answers, and not the time.
        told = wire.produce(cluster[alone].port, "t", 0, batch_of(b"alone"), timeout_ms=60_000)
        self.assertEqual(told, (NOT_ENOUGH_REPLICAS_AFTER_APPEND, -1))

    def test_after_healing_all_tell_the_same(self):
        cluster = self.formed()
        alone = cluster.find_metadata_leader()
        cluster.split({alone}, set(cluster.nodes) - {alone})
        others = [node for node in cluster.nodes if node != alone]
        until(lambda: all(cluster[node].status()["facts"]["metadata.leader"] in others for node in others),
              "another leader of the metadata", SERVES_AGAIN_SECONDS_MAX)
        self.assertEqual(wire.create_topic(cluster[others[0]].port, "meanwhile", 2, 2, timeout_ms=10000), 0)
        cluster.heal()
        cluster.wait_in_sync("t", PARTITIONS, REJOIN_SECONDS_MAX)
        until(lambda: len({(facts["metadata.leader"], facts["metadata.term"], facts["metadata.applied_index"],
                            facts["metadata.digest"])
                           for facts in (broker.status()["facts"] for broker in cluster)}) == 1,
              "one leader, term, index and digest on every node")
        self.assertIn("meanwhile", cluster.view(alone).topics)

    def one_way(self, figure, cut):
        cluster, stream = self.under_load()
        alone = cluster.find_leader("t", 0)
        cut(cluster, alone)
        figures.add(figure, self.serves_without(cluster, stream, alone))
        self.heal_and_compare(cluster, stream)

    def test_a_leader_that_is_not_heard_is_replaced(self):
        self.one_way("leader that is not heard: silence s", lambda cluster, alone: cluster.mute(alone))

    def test_a_leader_that_hears_nobody_steps_down(self):
        # Everybody hears it, so nobody stands against it; it has to notice that no answer comes.
        self.one_way("leader that hears nobody: silence s", lambda cluster, alone: cluster.deafen(alone))

    def test_a_node_between_two_that_do_not_hear_each_other_keeps_the_cluster_alive(self):
        cluster, stream = self.under_load()
        leader = cluster.find_leader("t", 0)
        cluster.part(leader, next(node for node in cluster.nodes if node != leader))
        stream.wait_more(2 * 64, seconds=60)
        self.heal_and_compare(cluster, stream)


if __name__ == "__main__":
    suite.main()
