# SPDX-License-Identifier: Apache-2.0
"""Compacted topics on three replicas keep the last record of each key, through cleaning, kill -9 and catching up."""

import os

import confluent_kafka

from harness import Case, clients, dump, figures, suite, until

MIB = 1 << 20
KEYS = 100
# The smallest journal, so that records settle soon; runs of 1 MiB, so that they are full soon.
SETTINGS = ["--segment-bytes", "4MiB", "--journal-bytes-max", "8MiB"]
COMPACTED = {"cleanup.policy": "compact", "segment.bytes": str(1 * MIB), "min.cleanable.dirty.ratio": "0.1"}


def keyed(first, count, size=20_000):
    return [(0, b"key-%d" % (number % KEYS), (b"%d:" % number).ljust(size, b"v"))
            for number in range(first, first + count)]


def newest(records):
    """{key: (offset, value)} of the last record of each key."""
    return {each.key: (each.offset, each.value) for each in sorted(records, key=lambda one: one.offset)}


class Compaction(Case):
    def formed(self):
        cluster = self.cluster(3, arguments=SETTINGS)
        cluster.start()
        clients.create_topic(cluster.bootstrap, "c", 1, 3, config=COMPACTED)
        cluster.wait_in_sync("c", 1)
        return cluster

    def produce(self, cluster, first, count):
        produced = clients.produce_all(cluster.bootstrap, "c", keyed(first, count), seconds=240, linger_ms=5)
        self.assertEqual((len(produced.acknowledged), len(produced.uncertain), len(produced.refused)), (count, 0, 0))
        return produced.acknowledged

    @staticmethod
    def cleaned_runs(broker):
        """Files of payloads that a cleaning has written: their names end with how often."""
        return [path for path in broker.file_bytes(".data") if os.path.basename(path).count("-") == 3]

    @staticmethod
    def settled_bytes(broker):
        return sum(broker.file_bytes(".data").values())

    def wait_cleaned(self, cluster, bytes_max):
        until(lambda: all(self.cleaned_runs(each) and self.settled_bytes(each) < bytes_max for each in cluster),
              "a cleaned log on every replica", 240)

    def test_every_replica_keeps_the_last_record_of_each_key_and_a_killed_one_has_it_again(self):
        cluster = self.formed()
        acknowledged = self.produce(cluster, 0, 2500)
        produced_bytes = sum(len(each.value) for each in acknowledged)
        self.wait_cleaned(cluster, produced_bytes // 3)
        read = clients.consume_all(cluster.bootstrap, "c", 1)[0]
        self.assertEqual(newest(read), newest(acknowledged))
        self.assertLess(len(read), len(acknowledged))

        # One is away while the others go on and clean; it catches up from what they have left.
        away = next(each for each in cluster if each.node != cluster.find_leader("c", 0))
        away.kill()
        acknowledged += self.produce(cluster, 2500, 1500)
        until(lambda: all(len(self.cleaned_runs(each)) > 0 for each in cluster if each is not away), "cleaned logs",
              120)
        away.start()
        cluster.wait_in_sync("c", 1, 120)
        self.assertEqual(newest(clients.consume_all(cluster.bootstrap, "c", 1)[0]), newest(acknowledged))

        # A replica that was away for less than it takes to be missed never left the in-sync set.
        end = max(record.offset for record in acknowledged) + 1
        until(lambda: all(each.metric("kafka_topic_partition_current_offset", topic="c", partition=0) == end
                          for each in cluster), f"offset {end} on every replica", 60)
        for each in cluster:
            each.kill()
        for each in cluster:
            self.assertEqual(newest(dump.dump_copy(each)[("c", 0)]), newest(acknowledged), each.name)
        cluster.start()
        cluster.wait_in_sync("c", 1, 120)
        self.assertEqual(newest(clients.consume_all(cluster.bootstrap, "c", 1)[0]), newest(acknowledged))
        figures.add("bytes produced", produced_bytes)
        figures.add("bytes settled, largest replica", max(self.settled_bytes(each) for each in cluster))

    def test_a_record_without_a_key_is_refused(self):
        one = self.broker(arguments=["--single-node"])
        one.start().wait_ready()
        clients.create_topic(one.address, "c", 1, config=COMPACTED)
        for compression in ("none", "lz4"):
            produced = clients.produce_all(one.address, "c", [(0, None, b"v" * 200)], compression_type=compression)
            self.assertEqual(len(produced.acknowledged), 0)
            errors = [each[3] for each in produced.refused + produced.uncertain]
            self.assertTrue(all("INVALID_RECORD" in each for each in errors), errors)
        with self.assertRaises(confluent_kafka.KafkaException):
            clients.create_topic(one.address, "d", 1, config={"cleanup.policy": "shred"})


if __name__ == "__main__":
    suite.main()
