# SPDX-License-Identifier: Apache-2.0
"""What a cluster does about its brokers by itself: the five basic scenarios, each by the word of every node."""

from harness import Case, Stopwatch, admin, bound, checkers, clients, figures, moves, suite, until

FIVE_SECONDS_MAX = bound(10.0)
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

    def registered(self, cluster):
        """Every broker that starts is listed by every node as it is, and is alive without anybody's help."""
        states = {node: [] for node in cluster.nodes}
        for broker in cluster:
            broker.start()

        def all_alive(node):
            rows = admin.brokers(cluster[node].http_port)
            for listed, row in rows.items():
                if states[listed][-1:] != [row["state"]]:
                    states[listed].append(row["state"])
            return sorted(rows) == sorted(cluster.nodes) and all(row["state"] == "alive" for row in rows.values())

        for broker in cluster:
            until(lambda: all_alive(broker.node), f"all are alive, by node {broker.node}")
            for node, row in admin.brokers(broker.http_port).items():
                self.assertEqual((row["host"], row["kafka_port"], row["http_port"], row["rack"]),
                                 ("127.0.0.1", cluster[node].port, cluster[node].http_port, f"rack-{node}"))
        for node, seen in states.items():
            # A node that starts last may still see others as they were a moment ago.
            self.assertLessEqual(set(seen), {"starting", "alive"}, f"broker {node}: {seen}")
        cluster.wait_ready()

    def assigned(self, cluster):
        """What CreateTopics has answered is committed, and the same on every node."""
        clients.create_topic(cluster[1].address, "three", 3, 2)
        self.assertEqual(len(cluster.view(1, ["three"]).topics["three"].partitions), 3)
        cluster.wait_in_sync("three", 3)
        for broker in cluster:
            told = cluster.view(broker.node, ["three"]).topics["three"].partitions
            self.assertEqual([len(set(each.replicas)) for each in told.values()], [2, 2, 2])
            self.assertEqual(sorted(each.leader for each in told.values()), [1, 2, 3])
            until(lambda: [row["replicas"] for row in admin.brokers(broker.http_port).values()] == [2, 2, 2],
                  f"two replicas on each broker, by node {broker.node}")

    def rebalanced(self, cluster):
        """Two brokers hold four partitions; a third gets its share, and everybody has it on disk."""
        self.start(cluster, 1, 2)
        clients.create_topic(cluster[1].address, "four", 4, 1)
        sent = [(each % 4, b"k", b"%d" % each) for each in range(400)]
        self.assertEqual(len(clients.produce_all(cluster[1].address, "four", sent).acknowledged), len(sent))
        before = max(cluster[node].metric("chronik_cluster_rebalances_total") for node in (1, 2))
        self.start(cluster, 3)
        clock = Stopwatch()
        self.wait_even(cluster, "four", 4, 1)
        figures.add("rebalance s", clock.seconds())
        self.assertLess(clock.seconds(), REBALANCE_SECONDS_MAX)
        for node in cluster.nodes:
            self.assertEqual((held(cluster, node, "four")[3], sum(held(cluster, node, "four").values())), (1, 4))
            until(lambda: cluster[node].metric("chronik_cluster_rebalances_total") > before, f"counted by node {node}")
            until(lambda: cluster[node].metric("chronik_cluster_moved_total") == 1, f"one has moved, by node {node}")
        read = clients.consume_all(cluster.bootstrap, "four", 4)
        for records in read.values():
            checkers.gapless(records)
        self.assertEqual(sum(map(len, read.values())), len(sent))

    def kept_alive(self, cluster, seconds):
        """Nobody has become anything but alive meanwhile, which is longer than a lease without a heartbeat."""
        self.assertGreater(seconds, 2.0)
        for broker in cluster:
            self.assertEqual({row["state"] for row in admin.brokers(broker.http_port).values()}, {"alive"})
            with open(broker.log, encoding="utf-8") as log:
                self.assertNotIn("becomes failed", log.read())

    def consistent(self, *clusters):
        """Counts, the version of the metadata and the digest of everything in them are equal on all nodes."""
        for cluster in clusters:
            def facts():
                told = [broker.status()["facts"] for broker in cluster]
                return [{name: each[name] for name in ("brokers", "topics", "partitions", "metadata.applied_index",
                                                       "metadata.digest")} for each in told]

            until(lambda: all(each == facts()[0] for each in facts()), "one digest on all nodes")

    def test_five_scenarios_pass_together_in_ten_seconds(self):
        three = self.cluster(3, name=".three")
        for broker in three:
            broker.arguments += ["--rack", f"rack-{broker.node}"]
        growing = self.cluster(3, name=".growing")
        clock = Stopwatch()
        self.registered(three)
        alive = Stopwatch()
        self.assigned(three)
        self.rebalanced(growing)
        self.kept_alive(three, alive.seconds())
        self.consistent(three, growing)
        figures.add("five scenarios s", clock.seconds())
        self.assertLess(clock.seconds(), FIVE_SECONDS_MAX)

        # What was moved is where it was after everybody has stopped.
        layout = growing.view(1, ["four"]).topics["four"].layout()
        for node, (code, _) in growing.terminate().items():
            self.assertEqual(code, 0, growing[node].tail())
        growing.start()
        growing.wait_in_sync("four", 4)
        for node in growing.nodes:
            self.assertEqual(growing.view(node, ["four"]).topics["four"].layout(), layout, f"by node {node}")

    def test_a_rebalance_goes_on_when_its_leader_is_killed(self):
        cluster = self.cluster(4, arguments=["--rebalance-moves-max", "1"])
        self.start(cluster, 1, 2, 3)
        clients.create_topic(cluster[1].address, "t", 24, 2)
        stream = clients.Stream(",".join(cluster[node].address for node in (1, 2, 3)), "t", 24).start()
        stream.wait_more(20)
        self.start(cluster, 4)
        until(lambda: held(cluster, 1, "t")[4] > 0, "the rebalance has begun")
        victim = cluster.find_metadata_leader()
        cluster[victim].kill()
        self.assertLess(held(cluster, 4 if victim != 4 else 1, "t")[4], 12, "it was over before anybody was killed")
        cluster[victim].start().wait_ready()
        self.wait_even(cluster, "t", 24, 2)
        stream.wait_more(20)
        produced = stream.stop()
        self.assertEqual((produced.uncertain, produced.refused), ([], []))
        checkers.stream(clients.consume_all(cluster.bootstrap, "t", 24), stream)

    def test_what_an_operator_moves_by_hand_stays_until_a_rebalance_is_asked_for(self):
        cluster = self.cluster(3)
        cluster.start()
        clients.create_topic(cluster.bootstrap, "t", 6, 1)
        moves.alter(cluster[2].port, "t", {each: [1] for each in range(6)})
        until(lambda: held(cluster, 3, "t") == {1: 6, 2: 0, 3: 0} and not moves.listed(cluster[3].port),
              "all on node 1")
        ended = {node: cluster[node].metric("chronik_cluster_rebalances_total") for node in cluster.nodes}
        cluster[3].kill()
        cluster[3].start().wait_ready()
        self.assertEqual(held(cluster, 1, "t"), {1: 6, 2: 0, 3: 0})
        self.assertEqual(cluster[1].metric("chronik_cluster_rebalances_total"), ended[1])
        self.assertEqual(admin.command(cluster[2].http_port, "/admin/rebalance")[0], 202)
        self.wait_even(cluster, "t", 6, 1)


if __name__ == "__main__":
    suite.main()
