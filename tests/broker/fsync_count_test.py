# SPDX-License-Identifier: Apache-2.0
"""300 replicated logs on one node, one record for each: a few syncs commit them all, not 300."""

import os
import pathlib
import re
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))

from harness import Case, clients, figures, suite, wire

PARTITIONS = 300
# A flush of librdkafka arrives as one request or several, each in a turn of the event loop or two: far from 300.
SYNCS_MAX = 30


class OneSyncForManyLogs(Case):
    def produce_one_each(self, one):
        produced = clients.produce_all(one.address, "wide", [(each, b"k", b"v%d" % each) for each in range(PARTITIONS)],
                                       linger_ms=100, seconds=60)
        self.assertEqual(sorted((each.partition, each.offset) for each in produced.acknowledged),
                         [(each, 0) for each in range(PARTITIONS)])

    def make_wide_topic(self, one):
        one.wait_ready()
        figures.add("creating 300 partitions s", clients.create_topic(one.address, "wide", PARTITIONS, seconds=30))
        self.assertEqual(len(wire.metadata(one.port, ["wide"]).topics["wide"].partitions), PARTITIONS)

    def test_by_the_brokers_metric(self):
        one = self.broker().start()
        self.make_wide_topic(one)
        before = one.metric("chronik_journal_syncs_total")
        self.assertGreater(before, 0)
        self.produce_one_each(one)
        syncs = one.metric("chronik_journal_syncs_total") - before
        figures.add("syncs for 300 partitions, by metric", syncs)
        self.assertGreaterEqual(syncs, 1)
        self.assertLessEqual(syncs, SYNCS_MAX)

    def test_by_the_system_calls(self):
        strace = shutil.which("strace")
        self.assertIsNotNone(strace, "strace is not installed: scripts/setup test")
        one = self.broker()
        trace = os.path.join(one.folder, "trace")
        one.start()
        self.make_wide_topic(one)
        self.assertEqual(one.terminate()[0], 0)
        # -D: the tracer is the child, so that signals and the exit code stay the broker's.
        one.wrapper = [strace, "-D", "-f", "-ttt", "-e", "trace=fdatasync,fsync,sync_file_range,msync", "-o", trace]
        one.start().wait_ready()

        def syncs():
            with open(trace, encoding="utf-8") as lines:
                return sum(bool(re.search(r" (fdatasync|fsync|msync|sync_file_range)\(", line)) for line in lines)

        before, by_metric = syncs(), one.metric("chronik_journal_syncs_total")
        self.produce_one_each(one)
        counted, told = syncs() - before, one.metric("chronik_journal_syncs_total") - by_metric
        figures.add("syncs for 300 partitions, by strace", counted)
        self.assertGreaterEqual(counted, 1)
        self.assertLessEqual(counted, SYNCS_MAX)
        # The preparer of segments may add a sync or two of its own; the metric may not hide any.
        self.assertLessEqual(told, counted)
        self.assertEqual(one.terminate()[0], 0)


if __name__ == "__main__":
    suite.main()
