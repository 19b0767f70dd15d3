# SPDX-License-Identifier: Apache-2.0
"""Brokers of different capacity, with tags: who holds what, on every node's word, and what a policy forbids."""

import confluent_kafka
import confluent_kafka.admin

from harness import Case, admin, bound, checkers, clients, figures, moves, suite, until, wire
from harness import Stopwatch

SECONDS_MAX = bound(60.0)
POLICY = "chronik.placement"


class Placement(Case):
    def formed(self, arguments, name="", common=()):
        """Node 1 is started with the first of these options, and so on."""
        cluster = self.cluster(len(arguments), name, arguments=list(common))
        for broker, own in zip(cluster, arguments):
            broker.arguments += own
        cluster.start()
        return cluster

    def carried_out(self, what, command, *arguments):
        """An operator's command, asked again where it is not known what came of it, or nobody leads just now."""

        def done():
            status, told = command(*arguments)
            self.assertIn(status, (200, 202, 503, 504), told)
            return status < 300

        until(done, what, SECONDS_MAX)

    def joined(self, cluster, node, *arguments):
        broker = self.joining(cluster, node, arguments=arguments).start()
        self.carried_out(f"{node} is admitted", admin.admit, cluster[1].http_port, node, broker.address)
        broker.wait_ready(SECONDS_MAX)

    def restarted(self, cluster, node, before, after):
        """A node starts with other settings than it had."""
        broker = cluster[node]
        self.assertEqual(broker.terminate()[0], 0, broker.tail())
        at = broker.arguments.index(before[0])
        broker.arguments[at:at + len(before)] = after
        broker.start().wait_ready()

    def told_by_all(self, cluster, what, condition):
        for broker in cluster.running():
            until(lambda: condition(broker), f"{what}, by node {broker.node}", SECONDS_MAX)

    @staticmethod
    def at_rest(broker):
        rebalance = admin.get_json(broker.http_port, "/admin/status")["rebalance"]
        return not rebalance["due"] and rebalance["moving"] == 0

    def by_capacity(self, cluster, what):
        """Nothing moves, and by each node each broker that stays holds its share of all replicas, within one."""

        def is_so(broker):
            rows = {node: row for node, row in admin.brokers(broker.http_port).items()
                    if row["state"] != "decommissioned" or row["replicas"] > 0}
            held = sum(row["replicas"] for row in rows.values())
            capacities = sum(row["capacity"] for row in rows.values())
            return self.at_rest(broker) and all(
                abs(row["replicas"] * capacities - held * row["capacity"]) <= capacities for row in rows.values())

        self.told_by_all(cluster, f"replicas by capacity {what}", is_so)

    def homes(self, broker, topic):
        """[{node}] of a topic's partitions, as this node tells them."""
        return [set(each.replicas) for each in wire.metadata(broker.port, [topic]).topics[topic].partitions.values()]

    def refused(self, act):
        with self.assertRaises(confluent_kafka.KafkaException) as caught:
            act()
        return caught.exception.args[0].code(), caught.exception.args[0].str()

    def test_replicas_follow_the_capacity_of_brokers_whatever_the_placement(self):
        for placement in ("sticky", "range", "round_robin"):
            with self.subTest(placement):
                cluster = self.formed([["--capacity", str(node)] for node in (1, 2, 3)], placement,
                                      ["--placement", placement])
                for topic, partitions, replicas in (("a", 7, 1), ("b", 12, 2), ("c", 1, 1), ("d", 17, 1)):
                    clients.create_topic(cluster.bootstrap, topic, partitions, replicas)
                    self.by_capacity(cluster, f"when {topic} is made")
                error, message = wire.create_partitions(cluster[2].port, "a", 18)
                self.assertEqual(error, 0, message)
                self.by_capacity(cluster, "when a has grown")

                clock = Stopwatch()
                self.joined(cluster, 4, "--capacity", "6")
                self.by_capacity(cluster, "when 4 has joined")
                figures.add("joined to share s", clock.seconds())
                self.restarted(cluster, 1, ["--capacity", "1"], ["--capacity", "4"])
                self.by_capacity(cluster, "when 1 is larger")
                self.assertEqual(admin.brokers(cluster[3].http_port)[1]["capacity"], 4)
                self.carried_out("2 leaves", admin.decommission, cluster[1].http_port, 2)
                self.told_by_all(cluster, "2 is gone", lambda broker: (
                    admin.brokers(broker.http_port)[2]["state"] == "decommissioned"))
                # It goes as soon as it holds nothing; the others may still share what it has left them.
                self.by_capacity(cluster, "when 2 is gone")
                for broker in cluster:
                    rows = admin.brokers(broker.http_port)
                    self.assertEqual(rows[2]["replicas"], 0)
                    self.assertEqual([rows[node]["capacity"] for node in (1, 3, 4)], [4, 3, 6])

    def test_capacity_and_tags_are_told_by_all_and_kept_while_their_broker_is_away(self):
        cluster = self.formed([[], ["--capacity", "20", "--tags", "zone=b,ssd"], []])

        def is_told(broker):
            rows = admin.brokers(broker.http_port)
            return {node: (row["capacity"], row["tags"]) for node, row in rows.items()} == {
                1: (1, []), 2: (20, ["ssd", "zone=b"]), 3: (1, [])}

        self.told_by_all(cluster, "capacity and tags", is_told)
        self.told_by_all(cluster, "nothing is due", self.at_rest)
        self.assertEqual(cluster[2].terminate()[0], 0)
        self.told_by_all(cluster, "capacity and tags of who is away", is_told)
        ended = admin.get_json(cluster[1].http_port, "/admin/status")["rebalance"]["ended"]
        cluster[2].start().wait_ready()
        self.told_by_all(cluster, "capacity and tags after a start", is_told)
        self.told_by_all(cluster, "no rebalance for that", lambda broker: self.at_rest(broker) and (
            admin.get_json(broker.http_port, "/admin/status")["rebalance"]["ended"] == ended))

    def test_a_policy_is_honoured_at_creation_and_kept_when_brokers_join_and_leave(self):
        cluster = self.formed([["--tags", "ssd,zone=a"], ["--tags", "ssd,zone=b"], ["--tags", "ssd,zone=c"],
                               ["--tags", "zone=c", "--capacity", "2"]])
        clients.create_topic(cluster.bootstrap, "fast", 9, 2, {POLICY: "pin:ssd"})
        clients.create_topic(cluster.bootstrap, "apart", 6, 3, {POLICY: "spread:zone"})
        clients.create_topic(cluster.bootstrap, "plain", 12, 2)
        zones = {1: "a", 2: "b", 3: "c", 4: "c", 5: "a"}

        def check(broker, fast):
            """While partitions move too: neither old replicas nor new ones are against the policy."""
            for nodes in self.homes(broker, "fast"):
                self.assertLessEqual(nodes, fast, f"by node {broker.node}")

        def settled(broker, fast):
            check(broker, fast)
            return self.at_rest(broker) and all(
                sorted(zones[node] for node in nodes) == ["a", "b", "c"] for nodes in self.homes(broker, "apart"))

        self.told_by_all(cluster, "all is in its place", lambda broker: settled(broker, {1, 2, 3}))
        cluster.wait_in_sync("fast", 9)
        stream = clients.Stream(cluster.bootstrap, "fast", 9).start()
        stream.wait_more(20)

        self.joined(cluster, 5, "--tags", "zone=a", "--capacity", "2")
        self.told_by_all(cluster, "5 has its share", lambda broker: settled(broker, {1, 2, 3}) and (
            admin.brokers(broker.http_port)[5]["replicas"] > 0))
        self.carried_out("3 leaves", admin.decommission, cluster[1].http_port, 3)
        self.told_by_all(cluster, "3 is gone", lambda broker: settled(broker, {1, 2, 3}) and (
            admin.brokers(broker.http_port)[3]["state"] == "decommissioned"))
        self.told_by_all(cluster, "fast is where it may be", lambda broker: settled(broker, {1, 2}))
        stream.wait_more(20)

        status, why = admin.decommission(cluster[4].http_port, 2)
        self.assertEqual(status, 409)
        self.assertIn("apart, chronik.placement: 'spread:zone' finds 2 values (a, c) for 3 replicas", why)
        cluster[2].kill()
        self.carried_out("a rebalance", admin.command, cluster[1].http_port, "/admin/rebalance")
        until(lambda: admin.brokers(cluster[1].http_port)[2]["state"] == "failed", "2 has failed", SECONDS_MAX)
        for broker in cluster.running():
            check(broker, {1, 2})
        cluster[2].start().wait_ready()
        self.told_by_all(cluster, "2 is back", lambda broker: settled(broker, {1, 2}))

        produced = stream.stop()
        self.assertEqual((produced.uncertain, produced.refused), ([], []))
        read = clients.consume_all(cluster.bootstrap, "fast", 9, seconds=120)
        figures.count("recovered", checkers.stream(read, stream))

    def test_another_policy_moves_what_is_against_it_and_what_cannot_be_is_told(self):
        cluster = self.formed([["--tags", "ssd"], ["--tags", "ssd"], []])
        clients.create_topic(cluster.bootstrap, "t", 6, 2)
        self.assertEqual(wire.alter_configs(cluster[3].port, "t", chronik_placement="pin:ssd")[0], 0)
        self.told_by_all(cluster, "t is where it may be", lambda broker: self.at_rest(broker) and (
            self.homes(broker, "t") == [{1, 2}] * 6))
        for broker in cluster:
            self.assertEqual(wire.configs(broker.port, "t")[POLICY][0], "pin:ssd", f"by node {broker.node}")

        # A broker that starts without its tag makes a rebalance due that nobody can carry out.
        self.restarted(cluster, 2, ["--tags", "ssd"], [])
        why = "t, chronik.placement: 'pin:ssd' leaves 1 broker (1) for 2 replicas"

        def refused():
            return {admin.get_json(broker.http_port, "/admin/status")["rebalance"]["refused"] for broker in cluster}

        until(lambda: why in refused(), "why nothing moves", SECONDS_MAX)
        for broker in cluster:
            self.assertEqual(self.homes(broker, "t"), [{1, 2}] * 6, f"by node {broker.node}")
        self.assertEqual(wire.alter_configs(cluster[1].port, "t", chronik_placement=None)[0], 0)
        self.told_by_all(cluster, "without a policy it is over", self.at_rest)
        until(lambda: refused() == {""}, "nobody says that anything is refused", SECONDS_MAX)

    def test_an_impossible_policy_is_refused_with_the_reason_and_nothing_is_made(self):
        cluster = self.formed([["--tags", "ssd,zone=a"], ["--tags", "zone=a"], ["--tags", "zone=b"]])
        codes = confluent_kafka.KafkaError

        def create(policy, replicas):
            how = {POLICY: policy}
            return self.refused(lambda: clients.create_topic(cluster.bootstrap, "never", 4, replicas, how))

        self.assertEqual(create("pin:ssd", 2), (codes.POLICY_VIOLATION, (
            "chronik.placement cannot be honoured: 'pin:ssd' leaves 1 broker (1) for 2 replicas.")))
        self.assertEqual(create("spread:zone", 3), (codes.POLICY_VIOLATION, (
            "chronik.placement cannot be honoured: 'spread:zone' finds 2 values (a, b) for 3 replicas.")))
        self.assertEqual(create("pin:ssd;", 1)[0], codes.INVALID_CONFIG)
        self.assertEqual(create("pin:ssd", 4)[0], codes.INVALID_REPLICATION_FACTOR)

        asker = clients.admin(cluster.bootstrap)
        chosen = confluent_kafka.admin.NewTopic("never", 2, replica_assignment=[[1], [2]], config={POLICY: "pin:ssd"})
        code, message = self.refused(lambda: asker.create_topics([chosen])["never"].result(15))
        self.assertEqual(code, codes.INVALID_REPLICA_ASSIGNMENT)
        self.assertIn("Partition 1: broker 2 is not what 'pin:ssd' allows", message)
        for broker in cluster:
            self.assertNotIn("never", wire.metadata(broker.port).topics, f"by node {broker.node}")

        clients.create_topic(cluster.bootstrap, "t", 2, 1, {POLICY: "pin:ssd"})
        wanted = confluent_kafka.admin.ConfigResource("topic", "t", set_config={POLICY: "pin:nvme"})
        code, message = self.refused(lambda: asker.alter_configs([wanted])[wanted].result(30))
        self.assertEqual(code, codes.POLICY_VIOLATION)
        self.assertIn("'pin:nvme' leaves 0 brokers for 1 replica", message)
        for broker in cluster:
            error, message = moves.alter(broker.port, "t", {0: [3]})[0]
            self.assertEqual(error, codes.INVALID_REPLICA_ASSIGNMENT, message)
            self.assertIn("broker 3 is not what 'pin:ssd' allows", message)
            error, message = wire.create_partitions(broker.port, "t", 3, [[2]])
            self.assertEqual(error, codes.INVALID_REPLICA_ASSIGNMENT, message)
            self.assertEqual(self.homes(broker, "t"), [{1}] * 2, f"by node {broker.node}")


if __name__ == "__main__":
    suite.main()
