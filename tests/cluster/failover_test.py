# SPDX-License-Identifier: Apache-2.0
"""Leaders die while a producer writes; nothing acknowledged is lost, doubled or moved, and the gap is short."""

import time

from harness import Case, bound, checkers, clients, dump_log, figures, note, suite, until
from harness.prober import Prober

PARTITIONS = 3
NEW_LEADER_SECONDS_MAX = bound(3.0)
REJOIN_SECONDS_MAX = bound(10.0)
QUIET_SECONDS = 1.0  # what is acknowledged so long after a kill comes from the leader after
suite.arguments(rounds=(3, "kills of each kind; 50 by hand"), seed=(1, "of the start order"))


class Failover(Case):
    def formed(self, partitions=PARTITIONS):
        cluster = self.cluster()
        cluster.start_shuffled(suite.options.seed)
        clients.create_topic(cluster.bootstrap, "t", partitions, 3)
        cluster.wait_in_sync("t", partitions)
        return cluster

    def finish(self, cluster, stream):
        """Everything that was sent is there once, in order, for readers and in each replica's own log."""
        produced = stream.stop()
        self.assertEqual((produced.uncertain, produced.refused), ([], []))
        figures.count("acknowledged", len(produced.acknowledged))
        read = clients.consume_all(cluster.bootstrap, "t", stream.partitions, seconds=120)
        figures.count("recovered", checkers.stream(read, stream))
        self.wait_quiet(cluster, {partition: len(log) for partition, log in read.items()})
        for node, (code, _) in cluster.terminate().items():
            self.assertEqual(code, 0, cluster[node].tail())
        logs = {broker.node: dump_log(broker) for broker in cluster}
        for partition in read:
            replicas = {node: log["t", partition] for node, log in logs.items()}
            checkers.replicas_agree(replicas, where=f"t-{partition}")
            self.assertEqual(len({log.digest() for log in replicas.values()}), 1)
        for node, log in logs.items():
            checkers.stream({partition: log["t", partition] for partition in read}, stream, f"node {node}: ")

    @staticmethod
    def wait_quiet(cluster, ends):
        until(lambda: all(broker.metric("kafka_topic_partition_current_offset", topic="t", partition=partition) == end
                          for broker in cluster for partition, end in ends.items()), f"{ends} on every node", 60)

    def rounds(self, choose, figure):
        """`choose(cluster, round)` -> (node to kill, partition whose silence is measured, or None)."""
        cluster = self.formed()
        stream = clients.Stream(cluster.bootstrap, "t", PARTITIONS).start()
        stream.wait_more(100)
        for number in range(suite.options.rounds):
            victim, partition, moved = choose(cluster, number)
            stream.wait_more(30)
            killed_at = time.monotonic()
            cluster[victim].kill()
            cluster.check()
            moved(victim)
            # Twice what may be in flight: then acknowledgements come from the leader after.
            stream.wait_more(2 * 64, seconds=60)
            measured = range(PARTITIONS) if partition is None else [partition]
            gap = max(stream.longest_gap(each, killed_at) for each in measured)
            figures.add(figure, gap)
            cluster[victim].start()
            ready = cluster[victim].wait_ready()
            cluster.wait_in_sync("t", PARTITIONS)
            rejoin = cluster[victim].since_start.seconds()
            figures.add("rejoin to full ISR s", rejoin)
            note(f"round {number + 1}: killed node {victim}, silence {gap:.3f} s, ready {ready:.3f} s, "
                 f"in sync {rejoin:.3f} s, {stream.acknowledged()} acknowledged")
            self.assertLessEqual(rejoin, REJOIN_SECONDS_MAX)
        self.finish(cluster, stream)
        slow = sorted(figures.values[figure])
        self.assertLessEqual(slow[min(len(slow) - 1, int(0.99 * len(slow)))], NEW_LEADER_SECONDS_MAX, slow)

    def test_partition_leaders_killed_under_load(self):
        def choose(cluster, number):
            partition = number % PARTITIONS
            victim = cluster.find_leader("t", partition)
            return victim, partition, lambda dead: cluster.find_leader("t", partition, apart_from=dead)

        self.rounds(choose, "new partition leader: silence s")

    def test_metadata_leaders_killed_under_load(self):
        def choose(cluster, _):
            victim = cluster.find_metadata_leader()
            return victim, None, lambda dead: cluster.find_metadata_leader(apart_from=dead)

        self.rounds(choose, "metadata leader killed: silence s")

    def test_who_asks_at_once_waits_for_the_election_alone(self):
        # Client libraries wait for timers of their own after a lost connection; this one tells what the cluster takes.
        cluster = self.formed(partitions=1)
        prober = Prober([broker.port for broker in cluster], "t").start()
        self.addCleanup(prober.stop)
        for _ in range(suite.options.rounds):
            heard = len(prober.times)
            until(lambda: len(prober.times) > heard + 30 or prober.fatal, "the prober is answered")
            victim = cluster.find_leader("t", 0)
            killed_at = time.monotonic()
            cluster[victim].kill()
            until(lambda: (prober.times and prober.times[-1] > killed_at + QUIET_SECONDS) or prober.fatal,
                  "the prober is answered again")
            figures.add("leader killed: next acknowledged record s", prober.longest_gap(killed_at))
            cluster[victim].start().wait_ready()
            cluster.wait_in_sync("t", 1)
        prober.stop()
        read = [each.value for each in clients.consume_all(cluster.bootstrap, "t", 1)[0]]
        self.assertEqual([value for value in dict.fromkeys(read) if value in set(prober.acknowledged)],
                         prober.acknowledged, "acknowledged, and not there in that order")

    def test_two_nodes_go_on_while_one_is_away_and_it_catches_up(self):
        cluster = self.formed()
        before = {broker.node: broker.pid for broker in cluster}
        stream = clients.Stream(cluster.bootstrap, "t", PARTITIONS).start()
        stream.wait_more(50)
        victim = cluster.find_leader("t", 0)
        cluster[victim].kill()
        stream.wait_more(1000, seconds=60)
        clients.create_topic(",".join(broker.address for broker in cluster.running()), "meanwhile", 3, 2)
        cluster[victim].start().wait_ready()
        cluster.wait_in_sync("t", PARTITIONS)
        self.assertIn("meanwhile", cluster.view(victim).topics)
        for broker in cluster:
            self.assertEqual(broker.pid == before[broker.node], broker.node != victim, "only the victim was restarted")
        self.finish(cluster, stream)

    def test_a_leader_that_stands_still_is_replaced_and_never_acknowledges_alone(self):
        cluster = self.formed(partitions=1)
        # A frozen process keeps its connections: the client, not the broker, has to give up on an answer.
        stream = clients.Stream(cluster.bootstrap, "t", 1, config=clients.IMPATIENT).start()
        for _ in range(max(1, suite.options.rounds // 3)):
            stream.wait_more(50)
            victim = cluster.find_leader("t", 0)
            frozen_at = time.monotonic()
            cluster[victim].freeze()
            running = [node for node in cluster.nodes if node != victim]
            until(lambda: all(cluster.view(node, ["t"]).leader("t", 0) not in (victim, -1) for node in running),
                  "another leader", 15)
            stream.wait_more(2 * 64, seconds=60)
            figures.add("frozen leader: silence s", stream.longest_gap(0, frozen_at))
            cluster[victim].thaw()
            cluster.wait_in_sync("t", 1)
        self.finish(cluster, stream)

    def test_all_killed_at_once_come_back_with_everything_acknowledged(self):
        cluster = self.formed()
        stream = clients.Stream(cluster.bootstrap, "t", PARTITIONS).start()
        for number in range(max(1, suite.options.rounds // 3)):
            stream.wait_more(200)
            for broker in cluster:
                broker.kill()
            _, seconds = cluster.start_shuffled(number)
            figures.add("all killed: ready again s", seconds)
            stream.wait_more(50, seconds=60)
            cluster.wait_in_sync("t", PARTITIONS)
        self.finish(cluster, stream)


if __name__ == "__main__":
    suite.main()
