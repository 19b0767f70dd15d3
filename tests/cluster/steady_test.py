# SPDX-License-Identifier: Apache-2.0
"""A steady stream with acks=all: each record is acknowledged soon, none times out, and nobody is elected."""

import time

from harness import Case, Stopwatch, checkers, clients, dump_log, figures, suite, until
from harness.report import spread

suite.arguments(seconds=(10, "of the stream; 600 by hand"), rate=(200, "records in a second"),
                p99_ms=(0.0, "within which 99 of 100 have to be acknowledged; 0: they are measured only, 50 by hand"))
PARTITIONS = 3
ELECTION_SECONDS = 1.0


class Steady(Case):
    def leader_changes(self, cluster):
        return {broker.node: broker.metric("chronik_raft_leader_changes_total") for broker in cluster}

    def produce_steadily(self, bootstrap, topic, seconds):
        """Each record when it is due, however late the one before it was; seconds from then to its acknowledgement."""
        took, failed = [], []
        producer = clients.rdkafka_producer(bootstrap, linger_ms=0, enable_idempotence=True, message_timeout_ms=30000)
        clients.known_topics(producer, topic)
        count, begins = seconds * suite.options.rate, time.monotonic()
        for number in range(count):
            due = begins + number / suite.options.rate
            while (left := due - time.monotonic()) > 0:
                producer.poll(left)

            def told(error, message, due=due):
                took.append(time.monotonic() - due)
                if error is not None:
                    failed.append(str(error))

            producer.produce(topic, b"%d" % number, b"k", partition=number % PARTITIONS, on_delivery=told)
        self.assertEqual(producer.flush(30), 0)
        self.assertEqual((failed, len(took)), ([], count))
        return took

    def test_acks_all_never_times_out_and_nobody_is_elected(self):
        cluster = self.cluster(3)
        cluster.start()
        for topic in ("first", "t"):
            clients.create_topic(cluster.bootstrap, topic, PARTITIONS, 3)
            cluster.wait_in_sync(topic, PARTITIONS)
        self.produce_steadily(cluster.bootstrap, "first", 1)  # longer than a snapshot of the metrics is old
        before = self.leader_changes(cluster)
        took = self.produce_steadily(cluster.bootstrap, "t", suite.options.seconds)
        self.assertEqual(self.leader_changes(cluster), before)
        for name, value in spread(took).items():
            figures.add(f"acknowledged after s, {name}" if name != "count" else "acknowledged", value)
        if suite.options.p99_ms > 0:
            self.assertLess(spread(took)["p99"], suite.options.p99_ms / 1000)
        read = clients.consume_all(cluster.bootstrap, "t", PARTITIONS, seconds=120)
        for partition, records in read.items():
            checkers.gapless(records)
            self.assertEqual([record.value for record in records],
                             [b"%d" % number for number in range(partition, len(took), PARTITIONS)])
        for node, (code, _) in cluster.terminate().items():
            self.assertEqual(code, 0, cluster[node].tail())
        for broker in cluster:
            logs = dump_log(broker)
            self.assertEqual({partition: len(logs["t", partition]) for partition in range(PARTITIONS)},
                             {partition: len(records) for partition, records in read.items()}, f"node {broker.node}")

    def test_a_cluster_that_has_rested_takes_the_next_record_at_once_and_elects_nobody(self):
        cluster = self.cluster(3)
        cluster.start()
        clients.create_topic(cluster.bootstrap, "t", PARTITIONS, 3)
        cluster.wait_in_sync("t", PARTITIONS)
        self.produce_steadily(cluster.bootstrap, "t", 1)
        resting = Stopwatch()

        def rested():
            nonlocal resting
            groups = [(broker.metric("chronik_raft_groups"), broker.metric("chronik_raft_groups_resting"))
                      for broker in cluster]
            if any(all_of_them != asleep for all_of_them, asleep in groups):
                resting = Stopwatch()
            return resting.seconds() > 3 * ELECTION_SECONDS

        until(rested, "every group has rested for longer than an election takes", 60)
        before = self.leader_changes(cluster)
        took = self.produce_steadily(cluster.bootstrap, "t", 1)
        figures.add("first record after a rest s", took[0])
        self.assertEqual(self.leader_changes(cluster), before)


if __name__ == "__main__":
    suite.main()
