# SPDX-License-Identifier: Apache-2.0
"""300 replicated logs on one node, one record for each: a few syncs commit them all, not 300."""

import os
import pathlib
import re
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))

from harness import Case, clients, figures, suite, until

PARTITIONS = 300
# librdkafka sends a request per partition, all of them at once. They arrive in a few turns of the event loop, and each
# turn is a sync or two: far from 300.
SYNCS_MAX = 30


class OneSyncForManyLogs(Case):
    def produce_one_each(self, one, turn):
        """One record for each partition, all in flight together. An idempotent producer holds back all but five."""
        produced = clients.produce_all(one.address, "wide", [(each, b"k", b"v%d" % each) for each in range(PARTITIONS)],
                                       linger_ms=200, enable_idempotence=False)
        self.assertEqual(sorted((each.partition, each.offset) for each in produced.acknowledged),
                         [(each, turn) for each in range(PARTITIONS)])
        self.wait_told(one, (turn + 1) * PARTITIONS)

    @staticmethod
    def wait_told(one, records):
        """Metrics are a snapshot: until there is one that knows these records, and so everything before them."""
        until(lambda: one.metric("kafka_topic_partition_current_offset", topic="wide") == records,
              f"a snapshot with {records} records")

    def started_with_wide_topic(self):
        one = self.broker()
        one.start().wait_ready()
        figures.add("creating 300 partitions s", clients.create_topic(one.address, "wide", PARTITIONS, seconds=30))
        self.produce_one_each(one, 0)
        return one

    def test_by_the_brokers_metric(self):
        one = self.started_with_wide_topic()
        before = one.metric("chronik_journal_syncs_total")
        self.assertGreater(before, 0)
        self.produce_one_each(one, 1)
        syncs = one.metric("chronik_journal_syncs_total") - before
        figures.add("syncs for 300 partitions, by metric", syncs)
        self.assertGreaterEqual(syncs, 1)
        self.assertLessEqual(syncs, SYNCS_MAX)

    def test_by_the_system_calls(self):
        strace = shutil.which("strace")
        self.assertIsNotNone(strace, "strace is not installed: scripts/setup test")
        one = self.started_with_wide_topic()
        self.assertEqual(one.terminate()[0], 0)
        trace = os.path.join(one.folder, "trace")
        # -D: the tracer is the child, so that signals and the exit code stay the broker's.
        one.settings["ASAN_OPTIONS"] = "detect_leaks=0"  # a process that is traced cannot look for its leaks
        one.wrapper = [strace, "-D", "-f", "-e", "trace=fdatasync,fsync,sync_file_range,msync", "-o", trace]
        one.start().wait_ready()
        self.wait_told(one, PARTITIONS)

        def syncs():
            with open(trace, encoding="utf-8") as lines:
                return sum(bool(re.search(r" (fdatasync|fsync|msync|sync_file_range)\(", line)) for line in lines)

        before, told_before = syncs(), one.metric("chronik_journal_syncs_total")
        self.produce_one_each(one, 1)
        counted, told = syncs() - before, one.metric("chronik_journal_syncs_total") - told_before
        figures.add("syncs for 300 partitions, by strace", counted)
        self.assertGreaterEqual(counted, 1)
        self.assertLessEqual(counted, SYNCS_MAX)
        # Spare segments are synced too and not counted by the metric; beyond them it hides nothing.
        self.assertLessEqual(abs(told - counted), 4)
        self.assertEqual(one.terminate()[0], 0)


if __name__ == "__main__":
    suite.main()
