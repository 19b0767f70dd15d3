# SPDX-License-Identifier: Apache-2.0
"""Brokers are sent away under load, kept, and taken back; nothing acknowledged is lost, and nothing stays behind."""

from harness import Stopwatch, admin, clients, dump_log, figures, moves, note, suite, until
from harness.membership import PARTITIONS, SECONDS_MAX, MembershipCase


class Decommission(MembershipCase):
    def formed(self, count=4, replicas=2):
        cluster = self.cluster(count)
        cluster.start()
        # What a node tells is as old as its last snapshot: from when others had not come yet.
        self.told_by_all(cluster, "all are alive", lambda rows: {node: row["state"] for node, row in rows.items()}
                         == dict.fromkeys(cluster.nodes, "alive"))
        clients.create_topic(cluster.bootstrap, "t", PARTITIONS, replicas)
        cluster.wait_in_sync("t", PARTITIONS)
        return cluster

    def wait_gone(self, cluster, node):
        clock = Stopwatch()
        self.told_by_all(cluster, f"{node} is decommissioned", lambda rows: (
            rows[node]["state"], rows[node]["replicas"], rows[node]["leaders"], rows[node]["votes"]
        ) == ("decommissioned", 0, 0, False))
        for broker in cluster.running():
            told = cluster.view(broker.node, ["t"])
            self.assertNotIn(node, told.brokers)
            self.assertTrue(all(node not in each.replicas for each in told.topics["t"].partitions.values()))
        return clock.seconds()

    def stream(self, cluster):
        stream = clients.Stream(cluster.bootstrap, "t", PARTITIONS).start()
        stream.wait_more(20)
        return stream

    def test_the_metadata_leader_is_sent_away_under_load_and_ends_empty(self):
        cluster = self.formed()
        stream = self.stream(cluster)
        node = cluster.find_metadata_leader()
        ask = next(other for other in cluster.nodes if other != node)
        status, told = admin.decommission(cluster[ask].http_port, node)
        self.assertEqual(status, 202, told)
        self.assertEqual(admin.decommission(cluster[ask].http_port, node)[0], 200)
        figures.add("emptied under load s", self.wait_gone(cluster, node))
        stream.wait_more(20)
        self.assertNotEqual(cluster.find_metadata_leader(), node)
        self.assertEqual(admin.get(cluster[node].http_port, "/ready")[0], 503)
        self.assertIn("decommissioned", admin.get(cluster[node].http_port, "/ready")[1])
        code, _ = cluster[node].terminate()
        self.assertEqual(code, 0, cluster[node].tail())
        self.assertEqual([place for place in dump_log(cluster[node]) if place[0] == "t"], [], "what it left behind")
        stream.wait_more(20)

        # Started again, it says in one line what it is and what can be done.
        cluster[node].start()
        self.assertEqual(cluster[node].wait_end(), 2, cluster[node].tail())
        self.assertIn(f"DELETE /admin/brokers/{node}/decommission", cluster[node].tail(5))

        status, told = admin.decommission(cluster[ask].http_port, node, undo=True)
        self.assertEqual(status, 202, told)
        cluster[node].start().wait_ready()
        self.told_by_all(cluster, f"{node} has its share", lambda rows: (
            rows[node]["state"], rows[node]["votes"]) == ("alive", True) and
            max(row["replicas"] for row in rows.values()) - min(row["replicas"] for row in rows.values()) <= 1)
        stream.wait_more(20)
        self.finish(cluster, stream)

    def test_a_broker_that_is_dead_is_sent_away(self):
        cluster = self.formed(replicas=3)  # of two, the one that is left could agree on nothing
        stream = self.stream(cluster)
        cluster[4].kill()
        self.told_by_all(cluster, "4 has failed", lambda rows: rows[4]["state"] == "failed")
        self.assertEqual(admin.decommission(cluster[1].http_port, 4)[0], 202)
        self.wait_gone(cluster, 4)
        stream.wait_more(20)
        cluster[4].start()
        self.assertEqual(cluster[4].wait_end(), 2, cluster[4].tail())
        # Three vote on the metadata now, so they do without one.
        cluster[3].kill()
        # The client would wait for the controller that it was told first, though that one is dead.
        until(lambda: cluster.view(1).controller not in (-1, 3), "another controller", SECONDS_MAX)
        clients.create_topic(cluster[1].address, "after", 1, 2)
        cluster[3].start().wait_ready()
        stream.wait_more(20)
        self.finish(cluster, stream)

    def test_who_is_kept_gets_its_share_again(self):
        cluster = self.formed(3)
        self.told_by_all(cluster, "all hold alike", lambda rows: [row["replicas"] for row in rows.values()] == [8] * 3)
        self.assertEqual(admin.decommission(cluster[2].http_port, 3)[0], 202)
        until(lambda: admin.brokers(cluster[1].http_port)[3]["replicas"] < 8, "it has begun to leave")
        self.assertEqual(admin.decommission(cluster[1].http_port, 3, undo=True)[0], 202)
        self.told_by_all(cluster, "3 stays", lambda rows: [
            (row["state"], row["leaving"], row["replicas"], row["votes"]) for row in rows.values()
        ] == [("alive", False, 8, True)] * 3)
        for broker in cluster:
            until(lambda: not moves.listed(broker.port), f"nothing moves, by node {broker.node}")
        self.assertEqual(admin.decommission(cluster[1].http_port, 3, undo=True)[0], 200)
        note(f"{cluster[1].metric('chronik_cluster_moved_total'):g} moves")

    def test_who_cannot_be_done_without_is_not_let_go(self):
        cluster = self.formed(3, replicas=3)
        port = cluster[2].http_port
        status, why = admin.decommission(port, 3)
        self.assertEqual(status, 409)
        self.assertIn("3 replicas, and 2 brokers would stay", why)
        self.assertEqual(admin.decommission(port, 9)[0], 404)
        self.assertEqual(admin.command(port, "/admin/rebalance", headers={"Origin": "http://example.com"})[0], 403)
        self.assertEqual({row["leaving"] for row in admin.brokers(port).values()}, {False})

    def test_a_leadership_is_handed_to_who_is_named(self):
        cluster = self.formed(3, replicas=2)
        told = cluster.view(1, ["t"]).topics["t"].partitions[0]
        other = next(node for node in told.replicas if node != told.leader)
        outsider = next(node for node in cluster.nodes if node not in told.replicas)
        path = "/admin/partitions/t/0/transfer?to="
        for ask in cluster.nodes:
            self.assertEqual(admin.command(cluster[ask].http_port, path + str(outsider))[0], 409)
        self.assertEqual(admin.command(cluster[outsider].http_port, path + str(other))[0], 200)
        for node in cluster.nodes:
            until(lambda: cluster.view(node, ["t"]).leader("t", 0) == other, f"leader {other}, by node {node}")
        self.assertEqual(admin.command(cluster[1].http_port, "/admin/partitions/t/99/transfer?to=1")[0], 404)


if __name__ == "__main__":
    suite.main()
