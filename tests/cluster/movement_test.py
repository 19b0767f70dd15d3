# SPDX-License-Identifier: Apache-2.0
"""Partitions move to other nodes while a producer writes: nothing acknowledged is lost, whoever is killed meanwhile."""

import confluent_kafka.admin

from harness import Case, bound, checkers, clients, dump_log, figures, moves, note, suite, until, wire

MIB = 1 << 20
PARTITIONS = 2
SECONDS_MAX = bound(60.0)
# The smallest journal: 4 MiB a file, and settling begins when three are in use.
SMALL = ["--segment-bytes", "4MiB", "--journal-bytes-max", "8MiB"]
suite.arguments(rounds=(1, "kills of each kind; 20 by hand"))


class Movement(Case):
    def formed(self, replicas=(1, 2), partitions=PARTITIONS, config=None):
        cluster = self.cluster(4, arguments=SMALL)
        cluster.start()
        self.create(cluster, replicas, partitions, config)
        return cluster

    def create(self, cluster, replicas, partitions=PARTITIONS, config=None):
        wanted = confluent_kafka.admin.NewTopic("t", partitions, replica_assignment=[list(replicas)] * partitions,
                                                config=config or {})
        asker = clients.admin(cluster.bootstrap)
        asker.create_topics([wanted], operation_timeout=15, request_timeout=15)["t"].result(15)
        self.wait_at(cluster, replicas, partitions)

    def stream(self, cluster, partitions=PARTITIONS):
        stream = clients.Stream(cluster.bootstrap, "t", partitions).start()
        stream.wait_more(50)
        return stream

    def send(self, cluster, target, partitions=PARTITIONS, ask=None):
        ask = ask or cluster.running()[0].node
        told = moves.alter(cluster[ask].port, "t", {each: target and list(target) for each in range(partitions)})
        self.assertEqual(told, {each: (moves.NONE, None) for each in range(partitions)})

    def wait_at(self, cluster, replicas, partitions=PARTITIONS, leaders=None):
        """Until every node that runs says that nothing moves, and that these are the replicas, in sync and led.

        leaders   who may lead; nobody but the preferred replica when they are not named
        """

        def there(node):
            told = cluster.view(node, ["t"]).topics["t"].partitions
            return len(told) == partitions and not moves.listed(cluster[node].port) and all(
                (each.replicas, sorted(each.in_sync)) == (list(replicas), sorted(replicas))
                and each.leader in (leaders or replicas[:1]) for each in told.values())

        for broker in cluster.running():
            until(lambda: there(broker.node), f"t at {replicas}, by node {broker.node}", SECONDS_MAX)

    def finish(self, cluster, stream, replicas):
        """Everything that was sent is there once, in each replica's own log, and nowhere else."""
        produced = stream.stop()
        self.assertEqual((produced.uncertain, produced.refused), ([], []))
        figures.count("acknowledged", len(produced.acknowledged))
        read = clients.consume_all(cluster.bootstrap, "t", stream.partitions, seconds=120)
        figures.count("recovered", checkers.stream(read, stream))
        logs = self.logs(cluster, replicas, {partition: len(log) for partition, log in read.items()})
        for node, log in logs.items():
            checkers.stream({partition: log["t", partition] for partition in read}, stream, f"node {node}: ")

    def logs(self, cluster, replicas, ends):
        """Stops the cluster; {node: its own logs} of the replicas, which are equal, and are all that there is.

        Each replica drops by itself what its retention does not keep, so they may begin at different offsets.
        """
        until(lambda: all(cluster[node].metric("kafka_topic_partition_current_offset", topic="t", partition=partition)
                          == end for node in replicas for partition, end in ends.items()), f"{ends} on every replica")
        for node, (code, _) in cluster.terminate().items():
            self.assertEqual(code, 0, cluster[node].tail())
        logs = {broker.node: dump_log(broker) for broker in cluster}
        for partition in ends:
            held = {node: log["t", partition] for node, log in logs.items() if ("t", partition) in log}
            self.assertEqual(sorted(held), sorted(replicas), "who has a log")
            begins = max(log[0].offset for log in held.values())
            kept = {node: [each for each in log if each.offset >= begins] for node, log in held.items()}
            checkers.replicas_agree(kept, where=f"t-{partition}")
            if all(len(kept[node]) == len(log) for node, log in held.items()):
                self.assertEqual(len({log.digest() for log in held.values()}), 1)
        return {node: logs[node] for node in replicas}

    def test_two_moves_under_load_end_with_equal_logs_and_the_preferred_leader(self):
        cluster = self.formed()
        stream = self.stream(cluster)
        for target in ((2, 3), (3, 4)):
            before = stream.acknowledged()
            self.send(cluster, target)
            self.wait_at(cluster, target)
            stream.wait_more(50)
            note(f"moved to {target} while {stream.acknowledged() - before} records were acknowledged")
        for partition in range(PARTITIONS):
            figures.add("longest silence of a partition s", stream.longest_gap(partition, 0))
        self.finish(cluster, stream, (3, 4))

    def test_a_replica_that_left_comes_back_with_everything(self):
        cluster = self.formed()
        stream = self.stream(cluster)
        for target in ((2, 3), (1, 2), (3, 1), (1, 2)):
            self.send(cluster, target)
            self.wait_at(cluster, target)
            stream.wait_more(30)
        for node in (1, 2):
            cluster[node].kill()
            cluster[node].start().wait_ready()
            self.wait_at(cluster, (1, 2), leaders=(1, 2))
        self.finish(cluster, stream, (1, 2))

    def test_the_number_of_copies_grows_and_shrinks(self):
        cluster = self.formed(replicas=(1,))
        stream = self.stream(cluster)
        for target in ((1, 2, 3), (3, 2), (4,)):
            self.send(cluster, target)
            self.wait_at(cluster, target)
            stream.wait_more(30)
        self.finish(cluster, stream, (4,))

    def kill_in_mid_move(self, choose):
        """`choose(cluster)` -> who is killed when the move has begun and its newcomer is not there yet."""
        cluster = self.formed()
        stream = self.stream(cluster)
        here, there = (1, 2), (2, 3)
        for _ in range(suite.options.rounds):
            newcomer = next(node for node in there if node not in here)
            cluster[newcomer].kill()
            self.send(cluster, there)
            victim = choose(cluster, newcomer)
            if victim != newcomer:
                cluster[victim].kill()
                cluster[victim].start().wait_ready()
            told = moves.listed(cluster[victim if victim != newcomer else here[0]].port)
            self.assertEqual({place[1] for place in told}, set(range(PARTITIONS)), "it waits for the newcomer")
            cluster[newcomer].start().wait_ready()
            if victim == newcomer:
                cluster[newcomer].kill()
                cluster[newcomer].start().wait_ready()
            self.wait_at(cluster, there)
            stream.wait_more(30, seconds=60)
            here, there = there, here
        self.finish(cluster, stream, here)

    def test_the_leader_killed_in_mid_move(self):
        self.kill_in_mid_move(lambda cluster, newcomer: cluster.find_leader("t", 0))

    def test_the_newcomer_killed_in_mid_move(self):
        self.kill_in_mid_move(lambda cluster, newcomer: newcomer)

    def test_the_metadata_leader_killed_in_mid_move(self):
        self.kill_in_mid_move(lambda cluster, newcomer: cluster.find_metadata_leader())

    def test_whoever_is_killed_at_once_after_a_move_was_asked_for(self):
        cluster = self.formed(replicas=(1, 2, 3))
        stream = self.stream(cluster)
        here, there = (1, 2, 3), (2, 3, 4)
        for _ in range(suite.options.rounds):
            for choose in (lambda: cluster.find_leader("t", 0), lambda: there[-1], cluster.find_metadata_leader):
                victim = choose()
                self.send(cluster, there, ask=next(node for node in cluster.nodes if node != victim))
                cluster[victim].kill()
                stream.wait_more(2 * 64, seconds=60)
                cluster[victim].start().wait_ready()
                # The preferred one may be the victim, and the move does not wait for it.
                self.wait_at(cluster, there, leaders=there)
                here, there = there, here
        self.finish(cluster, stream, here)

    def test_a_move_is_listed_and_cancelled(self):
        cluster = self.formed()
        stream = self.stream(cluster)
        cluster[3].kill()
        self.send(cluster, (2, 3))
        expected = {("t", each): ([2, 3, 1], [3], [1]) for each in range(PARTITIONS)}
        for broker in cluster.running():
            until(lambda: moves.listed(broker.port) == expected, f"the move, by node {broker.node}")
            self.assertEqual(moves.listed(broker.port, {"t": [1], "other": [0]}), {("t", 1): expected["t", 1]})
            self.assertEqual(moves.listed(broker.port, {"t": [7]}), {})
        told = cluster.view(1, ["t"]).topics["t"].partitions[0]
        self.assertEqual((told.replicas, sorted(told.in_sync)), ([2, 3, 1], [1, 2]))
        stream.wait_more(30)
        self.send(cluster, None, ask=4)
        self.wait_at(cluster, (1, 2))
        told = moves.alter(cluster[1].port, "t", {0: None})
        self.assertEqual(told[0][0], moves.NO_REASSIGNMENT)
        cluster[3].start().wait_ready()
        self.wait_at(cluster, (1, 2))
        self.finish(cluster, stream, (1, 2))

    def test_a_new_target_takes_the_place_of_one_that_cannot_be_reached(self):
        cluster = self.formed()
        stream = self.stream(cluster)
        cluster[3].kill()
        self.send(cluster, (2, 3))
        stream.wait_more(30)
        self.send(cluster, (2, 4))
        self.wait_at(cluster, (2, 4))
        cluster[3].start().wait_ready()
        self.wait_at(cluster, (2, 4))
        self.finish(cluster, stream, (2, 4))

    def test_what_cannot_be_is_refused_partition_by_partition(self):
        cluster = self.formed()
        port = cluster[3].port
        told = moves.alter(port, "t", {0: [1, 9], 1: [], 7: [1, 2]})
        self.assertEqual({index: error for index, (error, _) in told.items()},
                         {0: moves.INVALID_REPLICA_ASSIGNMENT, 1: moves.INVALID_REPLICA_ASSIGNMENT,
                          7: moves.UNKNOWN_PARTITION})
        self.assertIn("9", told[0][1])
        told = moves.alter(port, "t", {0: [2, 2], 1: None})
        self.assertEqual([told[each][0] for each in (0, 1)], [moves.INVALID_REPLICA_ASSIGNMENT, moves.NO_REASSIGNMENT])
        told = moves.alter(port, "t", {0: [1, 2, 3]}, version=1, change_factor=False)
        self.assertEqual(told[0][0], moves.INVALID_REPLICATION_FACTOR)
        self.assertEqual(moves.alter(port, "nothing", {0: [1]})[0][0], moves.UNKNOWN_PARTITION)
        self.wait_at(cluster, (1, 2))

    def test_leadership_goes_to_the_preferred_replica_when_asked(self):
        cluster = self.formed()
        stream = self.stream(cluster)
        # The same replicas in another order: nothing moves, and nobody has to hand over.
        self.send(cluster, (2, 1), ask=3)
        self.assertEqual(moves.listed(cluster[3].port), {})
        self.assertEqual(moves.elect(cluster[3].port, {"t": [0]}), {("t", 0): (moves.NONE, None)})
        until(lambda: [cluster.view(node, ["t"]).leader("t", 0) for node in cluster.nodes] == [2] * 4, "leader 2")
        told = moves.elect(cluster[4].port)
        self.assertEqual({place: error for place, (error, _) in told.items()}, {("t", 1): moves.NONE})
        self.wait_at(cluster, (2, 1))
        told = moves.elect(cluster[1].port, {"t": [0, 1, 5]})
        self.assertEqual({place[1]: error for place, (error, _) in told.items()},
                         {0: moves.ELECTION_NOT_NEEDED, 1: moves.ELECTION_NOT_NEEDED, 5: moves.UNKNOWN_PARTITION})
        told = moves.elect(cluster[1].port, {"t": [0]}, kind=moves.UNCLEAN)
        self.assertEqual(told["t", 0][0], moves.ELECTION_NOT_NEEDED)
        self.send(cluster, (2, 3))
        self.wait_at(cluster, (2, 3))
        self.send(cluster, (3, 2))
        cluster[3].kill()
        until(lambda: cluster.view(4, ["t"]).brokers.keys() == {1, 2, 4}, "node 3 counts as failed")
        told = moves.elect(cluster[1].port, {"t": [0]})
        self.assertEqual(told["t", 0][0], moves.PREFERRED_LEADER_NOT_AVAILABLE)
        cluster[3].start().wait_ready()

        def led():
            told = moves.elect(cluster[1].port, {"t": [0, 1]})
            return all(error in (moves.NONE, moves.ELECTION_NOT_NEEDED) for error, _ in told.values())

        until(led, "the preferred replica leads")
        self.wait_at(cluster, (3, 2))
        self.finish(cluster, stream, (3, 2))

    def test_a_newcomer_gets_a_partition_that_has_lost_its_beginning(self):
        config = {"retention.bytes": str(1 * MIB), "segment.bytes": str(1 * MIB)}
        cluster = self.formed(partitions=1, config=config)
        old = clients.produce_all(cluster.bootstrap, "t", [(0, b"k", (b"%d:" % number).ljust(20_000, b"v"))
                                                          for number in range(1000)], seconds=SECONDS_MAX, linger_ms=5)
        self.assertEqual(len(old.acknowledged), 1000)

        def start():
            return clients.watermarks(cluster.bootstrap, "t", 1)[0][0]

        until(lambda: start() > 100, "a log start that has moved")
        # Both replicas have it behind them: then no newcomer can begin at the beginning, whoever leads.
        until(lambda: min(cluster[node].offset("oldest", "t", 0) for node in (1, 2)) > 100, "on both replicas")
        self.assertEqual(wire.alter_configs(cluster[1].port, "t", retention_bytes="-1"), (0, None))
        for target in ((2, 3), (3, 4)):
            self.send(cluster, target, partitions=1)
            self.wait_at(cluster, target, partitions=1)
        first = start()
        self.assertGreater(first, 100)
        new = clients.produce_all(cluster.bootstrap, "t", [(0, b"k", b"after %d" % number) for number in range(100)])
        for node in (3, 4):
            cluster[node].kill()
            cluster[node].start().wait_ready()
        self.wait_at(cluster, (3, 4), partitions=1, leaders=(3, 4))
        read = clients.consume_all(cluster.bootstrap, "t", 1)[0]
        checkers.gapless(read, first)
        expected = [each for each in old.acknowledged + new.acknowledged if each.offset >= first]
        checkers.acknowledged_is_present(read, expected)
        for node, log in self.logs(cluster, (3, 4), {0: 1100}).items():
            own = [each for each in expected if each.offset >= log["t", 0][0].offset]
            checkers.acknowledged_is_present(log["t", 0], own, f"node {node}")


if __name__ == "__main__":
    suite.main()
