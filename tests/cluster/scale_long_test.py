# SPDX-License-Identifier: Apache-2.0
"""Many partitions on three nodes: how long they take to make, what they cost when idle, and that they stay calm."""

import collections
import os

from harness import Case, Stopwatch, clients, figures, note, suite, until

suite.arguments(partitions=(1000, "of three replicas each"), records=(200_000, "for each of the two topics"),
                idle=(60, "seconds in which nothing happens; 600 by hand"))
TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(broker):
    """User and system time of the process so far."""
    with open(f"/proc/{broker.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Scale(Case):
    def throughput(self, cluster, topic, partitions):
        sent = [(number % partitions, b"k", b"x" * 100) for number in range(suite.options.records)]
        produced = clients.produce_all(cluster.bootstrap, topic, sent, seconds=300, linger_ms=5)
        self.assertEqual(len(produced.acknowledged), len(sent))
        return len(sent) / produced.seconds

    def test_a_thousand_partitions_are_made_spread_and_idle_for_next_to_nothing(self):
        count = suite.options.partitions
        cluster = self.cluster()
        cluster.start()
        clients.create_topic(cluster.bootstrap, "few", 3, 3)
        cluster.wait_in_sync("few", 3)
        before = {broker.node: broker.own_bytes() for broker in cluster}
        clock = Stopwatch()
        clients.create_topic(cluster.bootstrap, "many", count, 3, seconds=120)
        cluster.wait_in_sync("many", count, seconds=120)
        figures.add(f"{count} partitions made and in sync s", clock.seconds())
        led = collections.Counter(each.leader for each in cluster.view(1, ["many"]).topics["many"].partitions.values())
        figures.add("leaders: most less least", max(led.values()) - min(led.values()))
        self.assertLessEqual(max(led.values()) - min(led.values()), 1, led)
        for broker in cluster:
            figures.add("memory of a replica KiB", (broker.own_bytes() - before[broker.node]) / count / 1024)

        few, many = self.throughput(cluster, "few", 3), self.throughput(cluster, "many", count)
        figures.add("3 partitions: records per s", few)
        figures.add(f"{count} partitions: records per s", many)
        figures.add("many to few", many / few)
        self.idle(cluster)

    def idle(self, cluster):
        """Nothing is asked for: no elections, and next to no work."""
        def seen(name):
            return {broker.node: broker.metric(name) for broker in cluster}

        elections = seen("chronik_raft_elections_total")
        sent = seen("chronik_raft_sent_bytes_total")
        used = {broker.node: processor_seconds(broker) for broker in cluster}
        clock = Stopwatch()
        until(lambda: cluster.check() or clock.seconds() >= suite.options.idle, "the idle time",
              suite.options.idle + 30, every=0.5)
        passed = clock.seconds()
        self.assertEqual(seen("chronik_raft_elections_total"), elections, "elections while nothing happened")
        for broker in cluster:
            figures.add("idle: processor %", 100 * (processor_seconds(broker) - used[broker.node]) / passed)
            figures.add("idle: sent KiB per s",
                        (broker.metric("chronik_raft_sent_bytes_total") - sent[broker.node]) / passed / 1024)
        note(f"idle for {passed:.0f} s")


if __name__ == "__main__":
    suite.main()
