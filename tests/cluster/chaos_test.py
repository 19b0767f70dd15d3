# SPDX-License-Identifier: Apache-2.0
"""One fault after the other, chosen by a seed, under load: nothing acknowledged is lost, doubled, moved or invented."""

import random
import time

from harness import Case, OwnClock, SlowDisk, Stopwatch, admin, bound, checkers, clients, dump_log, figures, moves, note
from harness import suite, until

suite.arguments(seconds=(20, "of faults; 600 by hand"), seed=(1, "of the faults"), nodes=(5, "of the cluster"))
PARTITIONS = 5
REJOIN_SECONDS_MAX = bound(30.0)
MOVE_SECONDS_MAX = bound(60.0)
HOUR = 3600


class Fault:
    """Something that happens to some nodes, until it is over."""

    def __init__(self, cluster, chance):
        self.cluster = cluster
        self.chance = chance
        self.victim = chance.choice([broker.node for broker in cluster])
        self.others = [broker.node for broker in cluster if broker.node != self.victim]
        self.other = chance.choice(self.others)

    def begin(self):
        raise NotImplementedError

    def end(self):
        raise NotImplementedError


class Killed(Fault):
    def begin(self):
        self.cluster[self.victim].kill()

    def end(self):
        self.cluster[self.victim].start().wait_ready()


class Stopped(Killed):
    def begin(self):
        self.stop()

    def stop(self):
        code, _ = self.cluster[self.victim].terminate()
        assert code == 0, self.cluster[self.victim].tail()


class Frozen(Fault):
    def begin(self):
        self.cluster[self.victim].freeze()

    def end(self):
        self.cluster[self.victim].thaw()


class Isolated(Fault):
    def begin(self):
        self.cluster.split({self.victim}, set(self.others))

    def end(self):
        self.cluster.heal()


class Mute(Isolated):
    def begin(self):
        self.cluster.mute(self.victim)


class Deaf(Isolated):
    def begin(self):
        self.cluster.deafen(self.victim)


class Apart(Isolated):
    def begin(self):
        self.cluster.part(self.victim, self.other)


class AllKilled(Fault):
    def begin(self):
        for broker in self.cluster:
            broker.kill()
        self.cluster.start(ready=False)

    def end(self):
        self.cluster.wait_ready()


class Slow(Fault):
    """Its disk takes long for each sync, and has done all of them in the end."""

    def begin(self):
        self.disk = SlowDisk(self.cluster[self.victim], self.chance.choice([0.02, 0.1, 0.3]))

    def end(self):
        self.disk.end()


class Untimely(Stopped):
    """It starts with a clock that went back, which leaps ahead and back again while it runs."""

    def begin(self):
        broker = self.cluster[self.victim]
        self.stop()
        self.clock = OwnClock(broker)
        self.clock.step(-2 * HOUR)
        broker.start().wait_ready()
        self.clock.step(+2 * HOUR)

    def end(self):
        self.clock.step(-HOUR)
        self.cluster.wait_in_sync("t", PARTITIONS, REJOIN_SECONDS_MAX)
        self.stop()
        self.clock.remove()
        super().end()


class SentAway(Stopped):
    """It is decommissioned, ends empty and stops; later it is taken back."""

    def begin(self):
        self.leave(self.victim)

    def leave(self, node):
        port = self.cluster[self.other].http_port
        status, told = admin.decommission(port, node)
        assert status == 202, told
        until(lambda: admin.brokers(port)[node]["state"] == "decommissioned", f"{node} is empty", MOVE_SECONDS_MAX)
        self.cluster.absent.add(node)
        code, _ = self.cluster[node].terminate()
        assert code == 0, self.cluster[node].tail()

    def come(self, node):
        port = self.cluster[self.other].http_port
        if node in admin.brokers(port):
            status, told = admin.decommission(port, node, undo=True)
            assert status == 202, told
        self.cluster.absent.remove(node)
        self.cluster[node].start().wait_ready()
        share = 3 * PARTITIONS // len(list(self.cluster))
        until(lambda: admin.brokers(port).get(node, {"replicas": 0})["replicas"] >= share, f"{node} has its share",
              MOVE_SECONDS_MAX)
        self.settle()

    def settle(self):
        for broker in self.cluster:
            until(lambda: not moves.listed(broker.port), f"nothing moves, by node {broker.node}", MOVE_SECONDS_MAX)

    def end(self):
        self.come(self.victim)


class Joined(SentAway):
    """One more gets its share, and goes again."""

    def __init__(self, cluster, chance):
        super().__init__(cluster, chance)
        self.victim = min(cluster.absent)

    def begin(self):
        self.come(self.victim)

    def end(self):
        self.leave(self.victim)
        self.settle()


KINDS = [Killed, Stopped, Frozen, Isolated, Mute, Deaf, Apart, AllKilled, Slow, Untimely, SentAway, Joined]


class Chaos(Case):
    def test_faults_one_after_the_other_lose_nothing_that_was_acknowledged(self):
        chance = random.Random(suite.options.seed)
        cluster = self.cluster(suite.options.nodes + 1, relayed=True)
        cluster.absent.add(suite.options.nodes + 1)
        cluster.start_shuffled(suite.options.seed)
        clients.create_topic(cluster.bootstrap, "t", PARTITIONS, 3)
        cluster.wait_in_sync("t", PARTITIONS)
        stream = clients.Stream(cluster.bootstrap, "t", PARTITIONS, config=clients.IMPATIENT).start()
        stream.wait_more(50)
        clock, kinds = Stopwatch(), []
        while kinds or clock.seconds() < suite.options.seconds:
            if not kinds:  # each kind once before any comes again, so that short runs see them all
                kinds = chance.sample(KINDS, len(KINDS))
            self.one_fault(kinds.pop()(cluster, chance), stream)
        produced = stream.stop(seconds=120)
        self.assertEqual((produced.uncertain, produced.refused), ([], []), f"seed {suite.options.seed}")
        figures.count("acknowledged", len(produced.acknowledged))
        self.compare(cluster, stream)

    def one_fault(self, fault, stream):
        kind, began_at = type(fault).__name__, time.monotonic()
        fault.begin()
        # Twice what may be in flight: then every partition is served again, whatever goes on.
        stream.wait_more(2 * 64, seconds=90)
        fault.end()
        took = fault.cluster.wait_in_sync("t", PARTITIONS, REJOIN_SECONDS_MAX)
        stream.wait_more(20, seconds=60)
        gap = max(stream.longest_gap(partition, began_at) for partition in range(PARTITIONS))
        figures.add(f"{kind}: longest silence s", gap)
        note(f"{kind} {fault.victim}: silence {gap:.3f} s, in sync after {took:.3f} s, "
             f"{stream.acknowledged()} acknowledged")

    def compare(self, cluster, stream):
        """What readers and each replica's own log have is what was sent, once and in order."""
        read = clients.consume_all(cluster.bootstrap, "t", PARTITIONS, seconds=300)
        figures.count("recovered", checkers.stream(read, stream))
        holders = {index: each.replicas for index, each in cluster.view(1, ["t"]).topics["t"].partitions.items()}
        ends = {partition: len(log) for partition, log in read.items()}
        until(lambda: all(cluster[node].metric("kafka_topic_partition_current_offset", topic="t", partition=partition)
                          == ends[partition] for partition, nodes in holders.items() for node in nodes),
              f"{ends} on every replica", 60)
        for node, (code, _) in cluster.terminate().items():
            self.assertEqual(code, 0, cluster[node].tail())
        logs = {broker.node: dump_log(broker) for broker in cluster}
        for partition, nodes in holders.items():
            replicas = {node: logs[node]["t", partition] for node in nodes}
            checkers.replicas_agree(replicas, where=f"t-{partition}")
            self.assertEqual(len({log.digest() for log in replicas.values()}), 1)
            for node, log in replicas.items():
                checkers.stream({partition: log}, stream, f"node {node}: ")


if __name__ == "__main__":
    suite.main()
