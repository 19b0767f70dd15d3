# SPDX-License-Identifier: Apache-2.0
"""Consumer groups on three nodes: members are killed and added, coordinators die, and every record is delivered."""

from harness import clients, suite, until
from harness.groups import OFFSETS_PARTITIONS, PARTITIONS, GroupCase
from harness.members import everything_read, wait_balanced


class Groups(GroupCase):
    def test_members_are_killed_and_added_and_a_coordinator_dies_and_every_record_is_read(self):
        self.come_and_go()

    def test_offsets_survive_the_kill_of_every_node_in_turn_and_a_stop_of_all(self):
        cluster = self.formed()
        self.produce(cluster, 300)
        for client in ("rdkafka", "kafka_python"):
            group = f"of-{client}"
            member = self.member(client, cluster, group, client)
            until(lambda: sum(map(len, member.read.values())) >= 300, f"{client} reads everything", 60)
            self.wait_committed(cluster, dict.fromkeys(range(PARTITIONS), 50), group)
            member.leave()
        for node in list(cluster.nodes):
            cluster[node].kill()
            for client in ("rdkafka", "kafka_python"):
                self.assertEqual(self.committed(cluster, f"of-{client}"), dict.fromkeys(range(PARTITIONS), 50))
            cluster[node].start().wait_ready()
            cluster.wait_in_sync("__consumer_offsets", OFFSETS_PARTITIONS)
        for node, (code, _) in cluster.terminate().items():
            self.assertEqual(code, 0, cluster[node].tail())
        cluster.start()
        for client in ("rdkafka", "kafka_python"):
            group = f"of-{client}"
            self.assertEqual(self.committed(cluster, group), dict.fromkeys(range(PARTITIONS), 50))
            member = self.member(f"again {client}", cluster, group, client)
            until(lambda: member.assigned == list(range(PARTITIONS)), f"{client} is assigned everything", 60)
            self.produce(cluster, 60, 300)
            until(lambda: sum(map(len, member.read.values())) >= 60, f"{client} goes on", 60)
            for partition, offsets in member.read.items():
                self.assertGreaterEqual(min(offsets), 50, f"what was committed of {partition} is not read again")
            member.leave()

    def test_a_rolling_restart_keeps_members_and_offsets(self):
        cluster = self.formed()
        members = [self.member(name, cluster) for name in ("first", "second", "third")]
        wait_balanced(members, PARTITIONS)
        sent = 0
        for broker in cluster:
            self.produce(cluster, 60, sent)
            code, _ = broker.terminate()
            self.assertEqual(code, 0, broker.tail())
            self.produce(cluster, 60, sent + 60)
            sent += 120
            broker.start().wait_ready()
            cluster.wait_in_sync("t", PARTITIONS)
            cluster.wait_in_sync("__consumer_offsets", OFFSETS_PARTITIONS)
        each_has = sent // PARTITIONS
        everything = {partition: set(range(each_has)) for partition in range(PARTITIONS)}
        until(lambda: everything_read(members) == everything, "every record read", 90)
        self.wait_committed(cluster, dict.fromkeys(range(PARTITIONS), each_has))
        wait_balanced(members, PARTITIONS)
        for each in members:
            each.leave()

    def test_cooperative_members_give_up_no_more_than_they_must(self):
        cluster = self.formed(1)
        how = {"partition_assignment_strategy": "cooperative-sticky"}
        first, second = (self.member(name, cluster, **how) for name in ("first", "second"))
        before = wait_balanced([first, second], PARTITIONS)
        third = self.member("third", cluster, **how)
        after = wait_balanced([first, second, third], PARTITIONS)
        for name, kept in before.items():
            self.assertLessEqual(set(after[name]), set(kept), "what stays with a member was its own before")

    def test_a_static_member_that_restarts_disturbs_nobody(self):
        cluster = self.formed(1)
        first, second = (self.member(name, cluster, group_instance_id=name, session_timeout_ms=60000)
                         for name in ("first", "second"))
        before = wait_balanced([first, second], PARTITIONS)
        changes = first.assignments
        second.kill()
        again = self.member("second", cluster, group_instance_id="second", session_timeout_ms=60000)
        until(lambda: again.assigned, "the member that came back has its partitions", 60)
        self.assertEqual(again.assigned, before["second"])
        self.assertEqual((first.assigned, first.assignments), (before["first"], changes))

    def test_tools_list_and_describe_groups(self):
        cluster = self.formed(1)
        member = self.member("only", cluster)
        until(lambda: member.assigned == list(range(PARTITIONS)), "assigned", 60)
        told = until(lambda: clients.admin(cluster.bootstrap).list_groups(timeout=10), "groups", 30)
        known = {each.id: each for each in told}["g"]
        self.assertEqual((known.state, known.protocol_type, known.protocol, len(known.members)),
                         ("Stable", "consumer", "range", 1))
        text = cluster[1].metric("chronik_broker_groups", state="Stable")
        until(lambda: cluster[1].metric("chronik_broker_groups", state="Stable") == 1, f"metric, was {text}")


if __name__ == "__main__":
    suite.main()
