# SPDX-License-Identifier: Apache-2.0
"""What a cluster does about its brokers without being asked, by the word of every node."""

from harness import Case, Stopwatch, bound, checkers, clients, figures, moves, suite, until

PARTITIONS = 4
REBALANCE_SECONDS_MAX = bound(1.0)


def held(cluster, node, topic):
    """{broker: how many partitions of the topic it holds}, as this node tells."""
    told = cluster.view(node, [topic]).topics[topic].partitions.values()
    return {broker: sum(broker in each.replicas for each in told) for broker in cluster.nodes}


class Scenarios(Case):
    def start(self, cluster, *nodes):
        for node in nodes:
            cluster[node].start()
        for node in nodes:
            cluster[node].wait_ready()

    def wait_even(self, cluster, topic, partitions, replicas):
        """Until every node says that nothing moves, all is led and in sync, and nobody holds two more than another."""

        def even(node):
            told = cluster.view(node, [topic]).topics[topic].partitions
            counts = held(cluster, node, topic).values()
            return not moves.listed(cluster[node].port) and len(told) == partitions \
                and all(each.leader in each.replicas and len(each.replicas) == replicas
                        and sorted(each.in_sync) == sorted(each.replicas) for each in told.values()) \
                and max(counts) - min(counts) <= 1

        for broker in cluster:
            until(lambda: even(broker.node), f"{topic} is evenly spread, by node {broker.node}")

    def test_a_broker_that_joins_gets_its_share_and_keeps_it(self):
        cluster = self.cluster(3)
        self.start(cluster, 1, 2)
        clients.create_topic(cluster[1].address, "t", PARTITIONS, 1)
        sent = [(each % PARTITIONS, b"k", b"%d" % each) for each in range(400)]
        produced = clients.produce_all(cluster[1].address, "t", sent)
        self.assertEqual(len(produced.acknowledged), len(sent))
        before = max(cluster[node].metric("chronik_cluster_rebalances_total") for node in (1, 2))

        self.start(cluster, 3)
        clock = Stopwatch()
        self.wait_even(cluster, "t", PARTITIONS, 1)
        figures.add("rebalance s", clock.seconds())
        self.assertLess(clock.seconds(), REBALANCE_SECONDS_MAX)

        for node in cluster.nodes:
            self.assertEqual(held(cluster, node, "t")[3], 1, f"by node {node}")
            until(lambda: cluster[node].metric("chronik_cluster_rebalances_total") > before, f"counted by node {node}")
            self.assertEqual(cluster[node].metric("chronik_cluster_moved_total"), 1)
        layout = cluster.view(1, ["t"]).topics["t"].layout()
        for node, (code, _) in cluster.terminate().items():
            self.assertEqual(code, 0, cluster[node].tail())
        cluster.start()
        cluster.wait_in_sync("t", PARTITIONS)
        for node in cluster.nodes:
            self.assertEqual(cluster.view(node, ["t"]).topics["t"].layout(), layout, f"by node {node}")
        read = clients.consume_all(cluster.bootstrap, "t", PARTITIONS)
        for records in read.values():
            checkers.gapless(records)
        self.assertEqual(sum(map(len, read.values())), len(sent))

    def test_a_rebalance_goes_on_when_its_leader_is_killed(self):
        cluster = self.cluster(4, arguments=["--rebalance-moves-max", "1"])
        self.start(cluster, 1, 2, 3)
        clients.create_topic(cluster[1].address, "t", 24, 2)
        stream = clients.Stream(",".join(cluster[node].address for node in (1, 2, 3)), "t", 24).start()
        stream.wait_more(50)
        self.start(cluster, 4)
        until(lambda: held(cluster, 1, "t")[4] > 0, "the rebalance has begun")
        victim = cluster.find_metadata_leader()
        cluster[victim].kill()
        cluster[victim].start().wait_ready()
        self.wait_even(cluster, "t", 24, 2)
        stream.wait_more(50)
        produced = stream.stop()
        self.assertEqual((produced.uncertain, produced.refused), ([], []))
        checkers.stream(clients.consume_all(cluster.bootstrap, "t", 24), stream)


if __name__ == "__main__":
    suite.main()
