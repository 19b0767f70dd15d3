# SPDX-License-Identifier: Apache-2.0
"""A topic of many partitions on three nodes: spread, filled, read back in order, and independent of each other."""

import collections
import time

from harness import Case, checkers, clients, figures, suite, until, wire

suite.arguments(partitions=(9, "of the topic that is filled"), records=(10_000, "for each of them"),
                topics=(20, "created one after the other"))
KEYS = 1000
EVEN = 0.1  # what keyless producers may differ by


class ManyPartitions(Case):
    def formed(self, topic, partitions):
        cluster = self.cluster()
        cluster.start()
        seconds = clients.create_topic(cluster.bootstrap, topic, partitions, 3)
        figures.add(f"creation of {partitions} partitions s", seconds)
        cluster.wait_in_sync(topic, partitions)
        return cluster

    def led(self, cluster, topic):
        """Leaderships of each node, by the word of each node, which must be one."""
        told = []
        for broker in cluster:
            view = cluster.view(broker.node, [topic]).topics[topic]
            told.append(collections.Counter(each.leader for each in view.partitions.values()))
        self.assertEqual(told[0], told[1])
        self.assertEqual(told[0], told[2])
        return [told[0][node] for node in cluster.nodes]

    def test_many_records_in_many_partitions_arrive_once_and_in_order_with_every_acks(self):
        count, each = suite.options.partitions, suite.options.records
        cluster = self.formed("first", 1)
        for acks in ("all", "1", "0"):
            topic = f"acks-{acks}"
            clients.create_topic(cluster.bootstrap, topic, count, 3)
            cluster.wait_in_sync(topic, count)
            spread = self.led(cluster, topic)
            self.assertLessEqual(max(spread) - min(spread), 1, spread)
            sent = [(number % count, b"key-%d" % (number % KEYS), b"%d" % number) for number in range(count * each)]
            produced = clients.produce_all(cluster.bootstrap, topic, sent, seconds=120, acks=acks)
            self.assertEqual((len(produced.acknowledged), produced.uncertain, produced.refused), (len(sent), [], []))
            figures.add(f"acks={acks}: records per s", len(sent) / produced.seconds)
            # A client with acks=0 does not know when its records have arrived.
            until(lambda: sum(end for _, end in clients.watermarks(cluster.bootstrap, topic, count).values())
                  == len(sent), f"{len(sent)} records in {topic}", 60)
            started = time.monotonic()
            read = clients.consume_all(cluster.bootstrap, topic, count, seconds=120)
            figures.add(f"acks={acks}: records read per s", len(sent) / (time.monotonic() - started))
            for partition, log in read.items():
                where = f"{topic}-{partition}"
                checkers.gapless(log, where=where)
                self.assertEqual([(record.key, record.value) for record in log],
                                 [(key, value) for at, key, value in sent if at == partition], where)

    def test_leaders_are_spread_within_one_and_every_node_tells_the_same(self):
        cluster = self.formed("wide", 100)
        spread = self.led(cluster, "wide")
        figures.add("leaders of 100 partitions: most less least", max(spread) - min(spread))
        self.assertLessEqual(max(spread) - min(spread), 1, spread)
        for each in cluster.view(1, ["wide"]).topics["wide"].partitions.values():
            self.assertEqual(len(set(each.replicas)), 3)
            self.assertIn(each.leader, each.replicas)

    def test_keyless_records_fill_the_leaders_evenly(self):
        cluster = self.formed("keyless", 9)
        spread = self.led(cluster, "keyless")
        # One record a batch, so that what is spread are records and not batches.
        sent = [(None, None, b"%d" % each) for each in range(45_000)]
        produced = clients.produce_all(cluster.bootstrap, "keyless", sent, partitioner="random",
                                       sticky_partitioning_linger_ms=0)
        load = collections.Counter(record.partition for record in produced.acknowledged)
        even = len(sent) / 9
        figures.add("keyless records: furthest from even", max(abs(load[each] - even) for each in range(9)) / even)
        self.assertEqual(spread, [3, 3, 3])
        self.assertLess(figures.values["keyless records: furthest from even"][-1], EVEN, load)

    def test_one_partitions_leader_killed_leaves_those_of_others_alone(self):
        cluster = self.formed("apart", 6)
        victim = cluster.find_leader("apart", 0)
        before = {index: (each.leader, each.epoch)
                  for index, each in cluster.view(victim, ["apart"]).topics["apart"].partitions.items()}
        others = [index for index, (leader, _) in before.items() if leader != victim]
        stream = clients.Stream(cluster.bootstrap, "apart", 6).start()
        stream.wait_more(50)
        cluster[victim].kill()
        stream.wait_more(200, partitions=others)
        stream.wait_more(200)
        for broker in cluster.running():
            view = cluster.view(broker.node, ["apart"]).topics["apart"].partitions
            self.assertEqual({index: (view[index].leader, view[index].epoch) for index in others},
                             {index: before[index] for index in others})
        produced = stream.stop()
        self.assertEqual((produced.uncertain, produced.refused), ([], []))
        checkers.stream(clients.consume_all(",".join(each.address for each in cluster.running()), "apart", 6), stream)

    def test_topics_are_created_one_after_the_other_and_known_by_all(self):
        cluster = self.formed("t", 3)
        took = []
        for number in range(suite.options.topics):
            node = number % 3 + 1
            clock = time.monotonic()
            self.assertEqual(wire.create_topic(cluster[node].port, f"t-{number}", 3, 3, timeout_ms=10_000), 0)
            took.append(time.monotonic() - clock)
            # Who was asked knows it when it answers; the others as soon as they have applied it.
            self.assertIn(f"t-{number}", cluster.view(node).topics)
        for seconds in took:
            figures.add("topic creation s", seconds)
        names = {f"t-{number}" for number in range(suite.options.topics)}
        until(lambda: all(names <= set(cluster.view(node).topics) for node in cluster.nodes), "topics on every node")


if __name__ == "__main__":
    suite.main()
