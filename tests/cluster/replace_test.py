# SPDX-License-Identifier: Apache-2.0
"""A broker that stays away is replaced without an operator, and gets its share when it is back; nothing acknowledged is
lost, and one that cannot be done without is waited for."""

from harness import Stopwatch, admin, checkers, clients, dump_log, figures, suite, until
from harness.membership import PARTITIONS, SECONDS_MAX, MembershipCase

GRACE = ["--replace-failed-after", "1 s"]


class Replace(MembershipCase):
    def formed(self, count, replicas):
        cluster = self.cluster(count, arguments=GRACE)
        cluster.start()
        self.told_by_all(cluster, "all are alive", lambda rows: {node: row["state"] for node, row in rows.items()}
                         == dict.fromkeys(cluster.nodes, "alive"))
        clients.create_topic(cluster.bootstrap, "t", PARTITIONS, replicas)
        cluster.wait_in_sync("t", PARTITIONS)
        return cluster

    def whole_on(self, cluster, nodes):
        """Every node that runs says that each partition has three replicas in sync, all of them among these."""

        def whole():
            for broker in cluster.running():
                topic = cluster.view(broker.node, ["t"]).topics.get("t")
                if topic is None or len(topic.partitions) != PARTITIONS:
                    return False
                for each in topic.partitions.values():
                    good = set(each.replicas) <= nodes and len(each.replicas) == 3 and each.leader in nodes
                    if not good or sorted(each.in_sync) != sorted(each.replicas):
                        return False
            return True

        until(whole, f"three replicas of each partition in sync, on {sorted(nodes)}", SECONDS_MAX)

    def test_others_get_what_it_held_and_it_gets_its_share_when_it_is_back(self):
        cluster = self.formed(4, 3)
        stream = clients.Stream(cluster.bootstrap, "t", PARTITIONS).start()
        stream.wait_more(20)
        cluster[4].kill()
        clock = Stopwatch()
        self.whole_on(cluster, {1, 2, 3})
        figures.add("killed to three replicas of everything s", clock.seconds())
        self.told_by_all(cluster, "4 is replaced, and votes no more", lambda rows: (
            rows[4]["state"], rows[4]["replaced"], rows[4]["replicas"], rows[4]["votes"]) == ("failed", True, 0, False))
        stream.wait_more(20)

        # With the replicas made anew the cluster can do without another one.
        cluster[3].kill()
        until(lambda: cluster.view(1).controller in (1, 2), "a controller", SECONDS_MAX)
        stream.wait_more(20)
        cluster[3].start().wait_ready()

        clock = Stopwatch()
        cluster[4].start().wait_ready()
        self.told_by_all(cluster, "4 is back and has its share", lambda rows: (
            rows[4]["state"], rows[4]["replaced"], rows[4]["votes"]) == ("alive", False, True) and
            {row["replicas"] for row in rows.values()} == {PARTITIONS * 3 // 4})
        figures.add("back to its share s", clock.seconds())
        self.whole_on(cluster, {1, 2, 3, 4})
        stream.wait_more(20)
        read = self.finish(cluster, stream)
        self.check_replicas(cluster, stream, read)

    def check_replicas(self, cluster, stream, read):
        """Each replica's own log has what was read, and nobody else has one."""
        replicas = {place: each.replicas for place, each in cluster.view(1, ["t"]).topics["t"].partitions.items()}
        until(lambda: all(cluster[node].metric("kafka_topic_partition_current_offset", topic="t", partition=partition)
                          == len(read[partition]) for partition, nodes in replicas.items() for node in nodes),
              "everything on every replica", SECONDS_MAX)
        for node, (code, _) in cluster.terminate().items():
            self.assertEqual(code, 0, cluster[node].tail())
        logs = {broker.node: dump_log(broker) for broker in cluster}
        for partition, nodes in replicas.items():
            held = {node: log["t", partition] for node, log in logs.items() if ("t", partition) in log}
            self.assertEqual(sorted(held), sorted(nodes), f"who has a log of t-{partition}")
            checkers.replicas_agree(held, where=f"t-{partition}")
        for node, log in logs.items():
            checkers.stream({place: log["t", place] for place in read if ("t", place) in log}, stream, f"node {node}: ")

    def test_who_cannot_be_done_without_is_waited_for_and_the_reason_is_in_the_log(self):
        cluster = self.formed(3, 3)
        stream = clients.Stream(cluster.bootstrap, "t", PARTITIONS).start()
        stream.wait_more(20)
        cluster[3].kill()
        reason = "t-0 has 3 replicas, and 2 brokers would stay"
        until(lambda: any(reason in broker.tail(200) for broker in cluster.running()), "the reason", SECONDS_MAX)
        stream.wait_more(20)
        self.told_by_all(cluster, "3 keeps what it holds", lambda rows: (
            rows[3]["state"], rows[3]["replaced"], rows[3]["votes"]) == ("failed", False, True))
        cluster[3].start().wait_ready()
        cluster.wait_in_sync("t", PARTITIONS)
        self.finish(cluster, stream)


if __name__ == "__main__":
    suite.main()
