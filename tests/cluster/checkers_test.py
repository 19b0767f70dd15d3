# SPDX-License-Identifier: Apache-2.0
"""The checkers can fail: each finds the breach that it is there for, and nothing in a good log."""

import os
import socket
import sys
import unittest

from harness import admin, checkers, ports
from harness.clients import Produced, Record
from harness.report import spread
from harness.wait import Overdue, until


def log(*values, first=0):
    return [Record(0, first + place, b"k", value) for place, value in enumerate(values)]


class Checkers(unittest.TestCase):
    def breaks(self, check, *arguments, says, **named):
        with self.assertRaises(checkers.Broken) as caught:
            check(*arguments, **named)
        self.assertIn(says, str(caught.exception))

    def test_a_hole_and_a_repeated_offset_are_no_gapless_log(self):
        checkers.gapless(log(b"a", b"b"))
        checkers.gapless(log(b"a", first=7), start=7)
        self.breaks(checkers.gapless, log(b"a") + log(b"b", first=2), says="offset 2 instead of 1")
        self.breaks(checkers.gapless, log(b"a") + log(b"b"), says="offset 0 instead of 1")
        self.breaks(checkers.gapless, log(b"a", first=1), says="offset 1 instead of 0")

    def test_a_doubled_value_is_found(self):
        checkers.exactly_once(log(b"a", b"b"))
        checkers.exactly_once([])
        self.breaks(checkers.exactly_once, log(b"a", b"b", b"a"), says="[0, 2]")

    def test_a_lost_and_a_changed_acknowledged_record_are_found(self):
        checkers.acknowledged_is_present(log(b"a", b"b"), log(b"a"))
        self.breaks(checkers.acknowledged_is_present, log(b"a"), log(b"a", b"b"), says="is lost")
        self.breaks(checkers.acknowledged_is_present, log(b"x"), log(b"a"), says="holds b'x'")
        self.breaks(checkers.acknowledged_is_present, [Record(0, 0, None, b"a")], [Record(0, 0, b"", b"a")],
                    says="holds")
        implied = [Record(0, None, b"k", b"b")]
        checkers.acknowledged_is_present(log(b"a", b"b"), implied)
        self.breaks(checkers.acknowledged_is_present, log(b"a"), implied, says="is lost")

    def test_an_invented_and_a_refused_record_are_found(self):
        checkers.nothing_invented(log(b"a"), [(b"k", b"a"), (b"k", b"b")])
        self.breaks(checkers.nothing_invented, log(b"a", b"z"), [(b"k", b"a")], says="nobody sent")
        self.breaks(checkers.refused_is_absent, log(b"a"), [(0, b"k", b"a", "too large")], says="was refused")

    def test_another_order_is_found(self):
        sent = [(b"k", b"a"), (b"k", b"b"), (b"k", b"c")]
        checkers.in_order(log(b"a", b"c"), sent)
        self.breaks(checkers.in_order, log(b"b", b"a"), sent, says="number 0 after number 1")
        checkers.per_key_order(log(b"1", b"3"), int)
        self.breaks(checkers.per_key_order, log(b"3", b"1"), int, says="after 3")

    def test_replicas_that_differ_are_found(self):
        checkers.replicas_agree({1: log(b"a", b"b"), 2: log(b"a", b"b")})
        checkers.replicas_agree({1: log(b"a", b"b"), 2: log(b"a")}, quiescent=False)
        self.breaks(checkers.replicas_agree, {1: log(b"a", b"b"), 2: log(b"a")}, says="different lengths")
        self.breaks(checkers.replicas_agree, {1: log(b"a"), 2: log(b"a"), 3: log(b"x")}, says="node 3")

    def test_a_stream_with_a_record_that_never_arrived_is_found(self):
        class Stream:
            topic, sent, produced = "t", {0: [(b"k", b"a"), (b"k", b"b")]}, Produced(acknowledged=log(b"a"))

        self.assertEqual(checkers.stream({0: log(b"a", b"b")}, Stream), 2)
        self.breaks(checkers.stream, {0: log(b"a")}, Stream, says="1 records read, 2 sent")
        checkers.stream({0: log(b"a")}, Stream, everything_acknowledged=False)


class Tools(unittest.TestCase):
    def test_waiting_ends_with_the_condition_or_the_deadline(self):
        answers = iter([None, 0, "now"])
        self.assertEqual(until(lambda: next(answers), "an answer", 5), "now")
        with self.assertRaises(Overdue) as caught:
            until(lambda: 0, "never", 0.05)
        self.assertIn("last seen: 0", str(caught.exception))

    def test_a_port_base_is_given_once_and_not_while_a_derived_port_is_taken(self):
        first = ports.free_base()
        second = ports.free_base(start=first)
        self.assertNotEqual(first, second)
        child = os.fork()
        if child == 0:  # another suite: its tables are its own, the locks are not
            ports._held.clear()
            os._exit(1 if ports.free_base(start=first) in (first, second) else 0)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        with socket.socket() as holder:
            base = next(base for base in range(second + 1, ports.LAST)
                        if ports.is_free(base + 3000) and ports.is_free(base))
            holder.bind(("127.0.0.1", base + 3000))
            holder.listen(1)
            self.assertNotEqual(ports.free_base(start=base), base)

    def test_metrics_are_summed_by_label(self):
        text = '# HELP a x\na{b="1",c="2"} 3\na{b="2"} 4\nab 5\n'
        self.assertEqual(admin.sample(text, "a"), 7)
        self.assertEqual(admin.sample(text, "a", b="1"), 3)
        self.assertEqual(admin.sample(text, "ab"), 5)
        self.assertIsNone(admin.sample(text, "a", b="9"))

    def test_figures_are_told_by_their_spread(self):
        self.assertEqual(spread([3, 1, 2]), {"count": 3, "min": 1, "p50": 2, "p99": 3, "max": 3})


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
