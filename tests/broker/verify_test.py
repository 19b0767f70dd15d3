# SPDX-License-Identifier: Apache-2.0
"""Damage on the disk of a stopped node is refused at the start, and found with its place by `verify`."""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))

from harness import suite
from stopped_node import CLEAN, CONFIGURATION, SMALL, STORAGE, StoppedNode, digests, flip, lines, run


class Verify(StoppedNode):
    def found(self, one, code=STORAGE):
        """The findings of a verification, which changes nothing, and its summary."""
        before = digests(one.data)
        done = run("verify", "--data-dir", one.data, "--json")
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(digests(one.data), before)
        *findings, summary = lines(done)
        self.assertEqual(summary["type"], "summary")
        self.assertEqual(summary["faults"], sum(each["fault"] for each in findings))
        return findings, summary

    def test_a_stopped_node_is_sound_and_is_shown_whole(self):
        one = self.stopped([(number % 2, None, b"value %d" % number) for number in range(200)])
        findings, summary = self.found(one, CLEAN)
        self.assertEqual(findings, [])
        self.assertTrue(summary["sound"])
        self.assertGreaterEqual(summary["records"], 20)
        said = run("verify", "--data-dir", one.data).stdout
        self.assertTrue(said.endswith(": sound\n"), said)

        before = digests(one.data)
        done = run("inspect", "--data-dir", one.data, "--json")
        self.assertEqual(done.returncode, CLEAN, done.stderr)
        self.assertEqual(digests(one.data), before)
        shown = lines(done)
        self.assertEqual([each["closed"] for each in shown if each["type"] == "node"], [True])
        self.assertIn("current", [each["use"] for each in shown if each["type"] == "segment"])
        offsets = {each["partition"]: (each["first_offset"], each["next_offset"], each["whole"])
                   for each in shown if each.get("topic") == "orders"}
        self.assertEqual(offsets, {0: (0, 100, True), 1: (0, 100, True)})
        self.assertIn("orders-1 (group ", run("inspect", "--data-dir", one.data).stdout)

    def test_a_node_that_runs_is_left_alone(self):
        one = self.broker()
        one.start().wait_ready()
        for command in ("verify", "inspect"):
            done = run(command, "--data-dir", one.data)
            self.assertEqual(done.returncode, CONFIGURATION, done.stderr)
            self.assertIn(f"in use by process {one.pid}", done.stderr)
            self.assertEqual(done.stdout, "")
        one.check()

    def test_wrong_words_are_a_wrong_configuration(self):
        for words in (["verify"], ["verify", "--data-dir", "/nowhere/at/all"], ["inspect", "--data"]):
            done = run(*words)
            self.assertEqual(done.returncode, CONFIGURATION, done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertEqual(run("verify", "--help").returncode, CLEAN)

    def test_a_changed_byte_in_the_journal_is_refused_and_named(self):
        one = self.stopped([(0, None, b"value %d." % number) for number in range(200)])
        path, position = self.place_of(one, ".journal", b"value 117.")
        flip(path, position)
        self.refused(one, path.name, " at byte ", "group ")

        findings, _ = self.found(one)
        place = findings[0]
        self.assertEqual((place["kind"], place["file"], place["refused"]), ("corrupt", path.name, True))
        self.assertLess(place["position"], position)
        self.assertLess(position, place["position"] + place["bytes"])
        self.assertEqual((place["topic"], place["partition"]), ("orders", 0))
        self.assertGreater(place["index"], 1)
        said = run("verify", "--data-dir", one.data).stdout
        self.assertIn(f"corrupt: {path.name} at byte {place['position']} ({place['bytes']} bytes), orders-0 (group ",
                      said)
        self.assertEqual(run("inspect", "--data-dir", one.data).returncode, STORAGE)

    def test_changed_bytes_in_settled_files_are_named(self):
        one = self.stopped([(number % 2, None, (b"%d:" % number).ljust(20_000, b"v")) for number in range(1500)], SMALL,
                           until_settled=True)
        findings, summary = self.found(one, CLEAN)
        self.assertGreater(summary["settled_rows"], 100)

        # A start reads no payload of what is settled, so only a verification sees it.
        path = self.journal(one, ".data")[0]
        flip(path, 50_000)
        findings, _ = self.found(one)
        self.assertEqual([(each["kind"], each["file"]) for each in findings], [("corrupt", path.name)])
        self.assertEqual(findings[0]["topic"], "orders")
        self.assertTrue(findings[0]["position"] <= 50_000 < findings[0]["position"] + findings[0]["bytes"])
        flip(path, 50_000)

        path = self.journal(one, ".rows")[0]
        flip(path, 50)
        self.refused(one, path.name, "group ")
        findings, _ = self.found(one)
        self.assertIn(path.name, [each["file"] for each in findings])

    def test_saved_states_that_have_changed_are_mended_by_the_next_start(self):
        one = self.stopped([(0, None, b"x")] * 10)
        flip(os.path.join(one.data, "partition-states"), 40)
        findings, summary = self.found(one)
        self.assertEqual([(each["kind"], each["file"], each["refused"]) for each in findings],
                         [("mended", "partition-states", False)])
        self.assertEqual((summary["faults"], summary["refused"]), (1, 0))
        one.start().wait_ready()


if __name__ == "__main__":
    suite.main()
