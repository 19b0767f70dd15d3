# SPDX-License-Identifier: Apache-2.0
"""A start goes on from the states that were written down, and comes to the same without them."""

import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))

from harness import Case, checkers, clients, figures, suite, until

PARTITIONS = 4
RECORDS = 400


class Restart(Case):
    def states(self, one):
        """What the file of states is now; None without one."""
        path = os.path.join(one.data, "partition-states")
        return (os.stat(path).st_mtime_ns, os.path.getsize(path)) if os.path.exists(path) else None

    def filled(self):
        """A broker with a batch for each record, killed when all of it is in the file of states."""
        one = self.broker(settings={"CHRONIK_LOG_LEVEL": "debug"})
        one.start().wait_ready()
        clients.create_topic(one.address, "t", PARTITIONS)
        records = [(number % PARTITIONS, b"k", b"%d" % number) for number in range(RECORDS)]
        acknowledged = []
        for first in range(0, RECORDS, 4):
            acknowledged += clients.produce_all(one.address, "t", records[first:first + 4]).acknowledged
        self.assertEqual(len(acknowledged), RECORDS)
        before = self.states(one)
        until(lambda: self.states(one) not in (None, before), "the states of after the last record", 30)
        one.kill()
        return one, acknowledged

    def restored(self, one):
        """The entries from which partitions went on at the last start."""
        lines = one.tail(1_000_000).split("recovered the journal")[-1]
        return [int(index) for index in re.findall(r"goes on from entry (\d+)", lines)]

    def check_all(self, one, acknowledged):
        read = clients.consume_all(one.address, "t", PARTITIONS)
        for partition in range(PARTITIONS):
            checkers.gapless(read[partition])
            checkers.acknowledged_is_present(read[partition],
                                             [each for each in acknowledged if each.partition == partition])

    def test_a_killed_broker_applies_only_what_came_after_its_states(self):
        one, acknowledged = self.filled()
        one.start().wait_ready()
        restored = self.restored(one)
        self.assertEqual(len(restored), PARTITIONS)
        self.assertGreaterEqual(sum(restored), RECORDS)  # each record was a batch of its own
        self.check_all(one, acknowledged)
        acknowledged += clients.produce_all(one.address, "t", [(0, b"k", b"after")]).acknowledged
        self.check_all(one, acknowledged)
        figures.add("entries not applied again", sum(restored))

    def test_without_the_file_or_with_a_damaged_one_the_logs_are_read_and_nothing_is_lost(self):
        one, acknowledged = self.filled()
        path = os.path.join(one.data, "partition-states")
        with open(path, "r+b") as file:
            file.seek(40)
            byte = file.read(1)
            file.seek(40)
            file.write(bytes([byte[0] ^ 1]))
        one.start().wait_ready()
        self.assertIn("the partitions' logs are read instead", one.tail(1_000_000))
        self.assertEqual(self.restored(one), [])
        self.check_all(one, acknowledged)
        one.kill()
        os.remove(path)
        one.start().wait_ready()
        self.assertEqual(self.restored(one), [])
        self.check_all(one, acknowledged)


if __name__ == "__main__":
    suite.main()
