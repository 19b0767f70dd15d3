# SPDX-License-Identifier: Apache-2.0
"""A cluster grows by nodes that nobody had listed, under load and without a restart of those that are there, and
shrinks again until one node has everything."""

from harness import Stopwatch, admin, clients, figures, moves, suite, until
from harness.members import Member, everything_read
from harness.membership import PARTITIONS, SECONDS_MAX, MembershipCase

OFFSETS_PARTITIONS = 4
SETTINGS = ["--offsets-topic-partitions", str(OFFSETS_PARTITIONS), "--group-session-timeout-min", "1 s",
            "--group-initial-rebalance-delay", "100 ms"]


class Grow(MembershipCase):
    def whole(self, cluster, voters=None):
        """Every node tells the same: all are alive, these vote, each has its share, and the digests are equal."""
        nodes = sorted(broker.node for broker in cluster)
        voters = nodes if voters is None else voters

        def is_whole(rows):
            there = [row for row in rows.values() if row["state"] != "decommissioned"]
            held = [row["replicas"] for row in there]
            return sorted(row["node"] for row in there) == nodes and {row["state"] for row in there} == {"alive"} \
                and sorted(row["node"] for row in there if row["votes"]) == voters and max(held) - min(held) <= 1

        self.told_by_all(cluster, f"{nodes} are alive, vote and carry alike", is_whole)

        def facts():
            told = [broker.status()["facts"] for broker in cluster]
            return [tuple(each[name] for name in ("brokers", "topics", "partitions", "metadata.applied_index",
                                                  "metadata.digest")) for each in told]

        until(lambda: len(set(facts())) == 1, "one digest on all nodes", SECONDS_MAX)
        for broker in cluster:
            self.assertEqual(sorted(cluster.view(broker.node).brokers), nodes, f"by node {broker.node}")

    def carried_out(self, what, command, *arguments, **how):
        """An operator's command, asked again where it is not known what came of it, or nobody leads just now."""

        def done():
            status, told = command(*arguments, **how)
            self.assertIn(status, (200, 202, 503, 504), told)
            return status < 300

        until(done, what, SECONDS_MAX)

    def admit(self, cluster, ask, broker):
        self.carried_out(f"{broker.node} is admitted", admin.admit, cluster[ask].http_port, broker.node, broker.address)

    def wait_waiting(self, broker):
        """A node that waits says what for, word for word, and answers nobody as if it were a member."""
        address = f"{broker.address}:{broker.port + 3000}"
        wanted = f"waits to be admitted: POST /admin/brokers/{broker.node}?address={address} on a node of the cluster"

        def waits():
            status, body = admin.get(broker.http_port, "/ready")
            return status == 503 and wanted in body

        until(waits, f"{broker.name} waits")
        self.assertEqual(admin.get(broker.http_port, "/health")[0], 200)
        self.assertEqual(admin.command(broker.http_port, "/admin/rebalance")[0], 503)

    def grow(self, cluster, node, ask):
        broker = self.joining(cluster, node).start()
        self.wait_waiting(broker)
        self.admit(cluster, ask, broker)
        clock = Stopwatch()
        until(broker.is_ready, f"{broker.name} ready", SECONDS_MAX)
        figures.add("admitted to ready s", clock.seconds())
        self.whole(cluster)
        figures.add("admitted to even s", clock.seconds())

    def send_away(self, cluster, ask, *nodes):
        """They are decommissioned together, hold nothing and end; the others know them no more."""
        for node in nodes:
            self.carried_out(f"{node} leaves", admin.decommission, cluster[ask].http_port, node)
        clock = Stopwatch()
        self.told_by_all(cluster, f"{nodes} are decommissioned", lambda rows: all(
            (rows[node]["state"], rows[node]["replicas"], rows[node]["votes"]) == ("decommissioned", 0, False)
            for node in nodes))
        figures.add("sent away s", clock.seconds())
        for node in nodes:
            code, _ = cluster[node].terminate()
            self.assertEqual(code, 0, cluster[node].tail())
            cluster.absent.add(node)

    def wait_unlinked(self, cluster, *nodes):
        for broker in cluster.running():
            for node in nodes:
                until(lambda: broker.metric("chronik_raft_peer_connected", peer=str(node)) is None,
                      f"node {broker.node} dials {node} no more")

    def starts(self, broker):
        with open(broker.log, encoding="utf-8") as log:
            return sum(line.startswith("--- ") for line in log)

    def goes_on(self, stream, count=20):
        stream.wait_more(count, seconds=SECONDS_MAX)

    def stream(self, cluster):
        stream = clients.Stream(cluster.bootstrap, "t", PARTITIONS, ahead=16).start()
        self.goes_on(stream)
        return stream

    def spread(self, cluster, *nodes, copies):
        """Gives every partition of "t" so many replicas among these nodes."""
        targets = {each: [nodes[(each + copy) % len(nodes)] for copy in range(copies)] for each in range(PARTITIONS)}
        told = moves.alter(cluster[nodes[0]].port, "t", targets)
        self.assertEqual({error for error, _ in told.values()}, {moves.NONE}, told)

        def arrived(node):
            rows = cluster.view(node, ["t"]).topics["t"].partitions
            return not moves.listed(cluster[node].port) and all(
                set(rows[each].replicas) == set(targets[each]) == set(rows[each].in_sync) for each in targets)

        for broker in cluster.running():
            until(lambda: arrived(broker.node), f"{copies} replicas each, by node {broker.node}", SECONDS_MAX)

    def test_one_becomes_five_and_one_again_under_load(self):
        cluster = self.cluster(1, arguments=SETTINGS)
        cluster.start()
        clients.create_topic(cluster.bootstrap, "t", PARTITIONS, 1)
        stream = self.stream(cluster)
        reader = Member("reader", cluster.bootstrap, "g", "t")
        self.addCleanup(reader.put_away)
        until(lambda: len(everything_read([reader])) == PARTITIONS, "the group reads", SECONDS_MAX)

        self.grow(cluster, 2, ask=1)
        self.goes_on(stream)
        self.grow(cluster, 3, ask=2)
        self.goes_on(stream)
        for node in cluster.nodes:
            self.assertEqual(self.starts(cluster[node]), 1, f"node {node} was restarted")
        self.spread(cluster, 1, 2, 3, copies=3)
        self.goes_on(stream)

        # The leader of the metadata is killed as soon as it has said that the first of two is admitted.
        leader = cluster.find_metadata_leader()
        others = [node for node in cluster.nodes if node != leader]
        # Each of the two is told of one node alone, and only one of these can lead when they are let in.
        joining = [self.joining(cluster, node, knows=[known]).start() for node, known in zip((4, 5), others)]
        for broker in joining:
            self.wait_waiting(broker)
        self.admit(cluster, others[0], joining[0])
        cluster[leader].kill()
        self.admit(cluster, others[1], joining[1])
        for broker in joining:
            until(broker.is_ready, f"{broker.name} ready", SECONDS_MAX)
        self.goes_on(stream)
        cluster[leader].start().wait_ready()
        self.whole(cluster)

        # No list was changed: node 1 was told of itself alone.
        for node, (code, _) in cluster.terminate().items():
            self.assertEqual(code, 0, cluster[node].tail())
        figures.add("all started with their old lists s", cluster.start())
        self.whole(cluster)
        self.goes_on(stream)

        self.send_away(cluster, 2, 5, 1)
        self.wait_unlinked(cluster, 5)
        self.whole(cluster)
        self.goes_on(stream)
        self.spread(cluster, 2, 3, 4, copies=1)
        self.send_away(cluster, 3, 4, 2)
        self.wait_unlinked(cluster, 4, 5)
        self.whole(cluster)
        self.goes_on(stream)
        clients.create_topic(cluster.bootstrap, "after", 1, 1)
        self.assertEqual(cluster.find_metadata_leader(), 3)
        self.assertEqual(cluster[3].terminate()[0], 0)
        cluster[3].start().wait_ready()
        self.goes_on(stream)

        read = self.finish(cluster, stream)
        offsets = {partition: {each.offset for each in records} for partition, records in read.items()}
        until(lambda: everything_read([reader]) == offsets, "the group has read everything", SECONDS_MAX)
        reader.leave()

    def test_two_become_one_and_who_is_taken_back_votes_again(self):
        cluster = self.cluster(1, arguments=SETTINGS)
        cluster.start()
        clients.create_topic(cluster.bootstrap, "t", PARTITIONS, 1)
        stream = self.stream(cluster)
        self.grow(cluster, 2, ask=1)
        self.send_away(cluster, 1, 2)
        self.wait_unlinked(cluster, 2)
        self.whole(cluster)
        self.goes_on(stream)
        self.assertEqual(cluster[1].terminate()[0], 0)
        cluster[1].start().wait_ready()
        self.goes_on(stream)

        # Nobody talks to it, so it says what it heard last, and does nothing.
        cluster[2].start()
        until(lambda: "DELETE /admin/brokers/2/decommission" in admin.get(cluster[2].http_port, "/ready")[1],
              "2 says that it was decommissioned")
        status, told = admin.admit(cluster[1].http_port, 2, cluster[2].address)
        self.assertEqual(status, 409)
        self.assertIn("DELETE /admin/brokers/2/decommission", told)
        self.carried_out("2 is taken back", admin.decommission, cluster[1].http_port, 2, undo=True)
        cluster.absent.discard(2)
        cluster[2].wait_ready()
        self.whole(cluster)

        # The one that the cluster was formed by can leave as well.
        self.send_away(cluster, 2, 1)
        self.whole(cluster)
        self.goes_on(stream)
        self.finish(cluster, stream)

    def test_who_is_not_admitted_waits_and_harms_nobody(self):
        cluster = self.cluster(3)
        cluster.start()
        clients.create_topic(cluster.bootstrap, "t", PARTITIONS, 3)
        stream = self.stream(cluster)
        old = dict(cluster.nodes)

        def undisturbed():
            """Who the members are, and how often each has connected to each other."""
            return [(sorted(admin.brokers(broker.http_port)),
                     [broker.metric("chronik_raft_peer_connects_total", peer=str(other)) for other in old
                      if other != broker.node]) for broker in old.values()]

        self.whole(cluster)
        before = undisturbed()
        stranger = self.joining(cluster, 4).start()
        self.wait_waiting(stranger)
        peers = ",".join(f"{broker.node}@{broker.address}" for broker in old.values() if broker.node != 2)
        double = self.broker("double", arguments=["--node-id", "2", "--peers", peers, "--join", "--advertised-addr",
                                                  "127.0.0.1"]).start()
        self.wait_waiting_as(double, 2)
        until(lambda: "another node with this node's number is connected" in double.tail(100), "the double is told why")
        self.goes_on(stream, 50)
        self.assertEqual(undisturbed(), before)
        self.assertEqual(double.terminate()[0], 0)

        for node, address, status, why in ((2, stranger.address, 409, "broker 2 is a member already"),
                                           (4, cluster[1].address, 409, "broker 1 is at"),
                                           (4, "nowhere", 400, "has no Kafka port"),
                                           (4, "", 400, "say where it is")):
            told = admin.admit(cluster[3].http_port, node, address)
            self.assertEqual(told[0], status, told)
            self.assertIn(why, told[1])

        # Of another cluster: it is let in by mistake, stays outside all the same, and the mistake is undone.
        foreign = self.joining(cluster, 5, arguments=["--cluster-id", "another"]).start()
        self.wait_waiting(foreign)
        self.admit(cluster, 1, foreign)
        self.admit(cluster, 1, foreign)
        for broker in old.values():
            until(lambda: admin.brokers(broker.http_port).get(5, {}).get("state") == "admitted",
                  f"5 is admitted, by node {broker.node}")
            until(lambda: "node 5 is not connected: it belongs to another cluster" in broker.tail(400),
                  f"node {broker.node} says why")
        self.wait_waiting(foreign)
        self.carried_out("5 is let in no more", admin.decommission, cluster[2].http_port, 5)
        for broker in old.values():
            until(lambda: 5 not in admin.brokers(broker.http_port), f"5 is out, by node {broker.node}")
            until(lambda: broker.metric("chronik_raft_peer_connected", peer="5") is None,
                  f"node {broker.node} dials 5 no more")
        self.assertEqual(foreign.terminate()[0], 0)
        cluster.absent.add(5)
        self.goes_on(stream, 50)
        self.assertEqual(undisturbed(), before)

        # Who waits can be stopped and started, and is let in at last, by an address that was wrong at first.
        self.assertEqual(stranger.terminate()[0], 0)
        stranger.start()
        self.wait_waiting(stranger)
        self.carried_out("4 is admitted at a wrong address", admin.admit, cluster[2].http_port, 4, foreign.address)
        self.wait_waiting(stranger)
        self.admit(cluster, 2, stranger)
        # Killed with as much of the metadata as it has by then, it goes on as who has joined.
        stranger.kill()
        stranger.start()
        until(stranger.is_ready, "4 ready", SECONDS_MAX)
        self.whole(cluster)
        self.assertEqual(admin.admit(cluster[2].http_port, 4, stranger.address)[0], 409)

        # A list may be any part of the cluster; with somebody that nobody knows in it, it is refused.
        self.assertEqual(stranger.terminate()[0], 0)
        place = stranger.arguments.index("--peers") + 1
        stranger.arguments[place] = f"4@{stranger.address},2@{cluster[2].address}"
        stranger.start().wait_ready()
        self.assertEqual(stranger.terminate()[0], 0)
        stranger.arguments[place] += f",9@{foreign.address}"
        stranger.start()
        self.assertEqual(stranger.wait_end(), 2, stranger.tail())
        self.assertIn("peers lists node 9", stranger.tail(5))
        stranger.arguments[place] = f"4@{stranger.address},1@{cluster[1].address}"
        stranger.start().wait_ready()
        self.whole(cluster)
        self.finish(cluster, stream)

    def wait_waiting_as(self, broker, node):
        until(lambda: f"waits to be admitted: POST /admin/brokers/{node}?" in admin.get(broker.http_port, "/ready")[1],
              f"{broker.name} waits")


if __name__ == "__main__":
    suite.main()
