# SPDX-License-Identifier: Apache-2.0
"""A single node whose disk has changed bytes: `salvage` makes a directory that it starts from, with all before them."""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))

from harness import clients, figures, suite
from stopped_node import CLEAN, CONFIGURATION, SMALL, StoppedNode, digests, flip, lines, run


class Salvage(StoppedNode):
    def salvaged(self, one, name="salvaged", settings=None):
        """A broker on what was salvaged, the report of each partition of orders, and all lines of the report."""
        new = self.broker(name, settings=settings)
        before = digests(one.data)
        done = run("salvage", "--data-dir", one.data, "--to", new.data, "--json")
        self.assertEqual(done.returncode, CLEAN, done.stdout + done.stderr)
        self.assertEqual(digests(one.data), before, "what was damaged stays as it is")
        report = lines(done)
        return new, {each["partition"]: each for each in report if each.get("topic") == "orders"
                     and each["type"] == "group"}, report

    def serves(self, new, acknowledged, next_offsets):
        """Every acknowledged record below those offsets, and nothing else; then new ones."""
        self.assertEqual(run("verify", "--data-dir", new.data).returncode, CLEAN)
        new.start().wait_ready()
        read = clients.consume_all(new.address, "orders", 2)
        for partition in (0, 1):
            expected = sorted((each.offset, each.value) for each in acknowledged
                              if each.partition == partition and each.offset < next_offsets[partition])
            self.assertEqual([(each.offset, each.value) for each in read[partition]], expected)
        more = clients.produce_all(new.address, "orders", [(0, None, b"after"), (1, None, b"after")])
        self.assertEqual(sorted((each.partition, each.offset) for each in more.acknowledged),
                         [(0, next_offsets[0]), (1, next_offsets[1])])
        self.assertEqual(new.terminate()[0], 0)

    def test_everything_before_a_changed_byte_in_the_journal_is_served(self):
        one = self.stopped([(number % 2, None, b"value %d." % number) for number in range(600)])
        path, position = self.place_of(one, ".journal", b"value 306.")
        flip(path, position)
        self.refused(one, path.name, " at byte ", "group ", f"chronik-broker salvage --data-dir {one.data} --to ")

        new, kept, report = self.salvaged(one)

        lost = kept[0]["lost"]
        self.assertEqual(lost["file"], path.name)
        self.assertTrue(lost["position"] < position < lost["position"] + lost["bytes"])
        self.assertEqual(kept[0]["last_index"] + 1, lost["first_index"])
        self.assertTrue(kept[1]["whole"], "a changed byte of one partition costs no other one anything")
        offsets = {partition: kept[partition]["next_offset"] for partition in (0, 1)}
        self.assertEqual(offsets[1], 300)
        # The record is the 153rd of its partition, in a batch of ten at most.
        self.assertTrue(143 < offsets[0] <= 153, offsets)
        self.assertEqual([each["kind"] for each in report if each["type"] == "finding"], ["corrupt"])
        figures.add("records kept of 300", offsets[0])
        self.serves(new, self.acknowledged, offsets)

    def test_everything_before_a_changed_byte_in_settled_files_is_served(self):
        one = self.stopped([(number % 2, None, (b"%d:" % number).ljust(20_000, b"v")) for number in range(1500)], SMALL,
                           until_settled=True)
        data = self.journal(one, ".data")[0]
        flip(data, os.path.getsize(data) // 2)
        flip(data.with_suffix(".rows"), 50)
        self.refused(one, data.with_suffix(".rows").name, "group ")
        flip(data.with_suffix(".rows"), 50)

        new, kept, _ = self.salvaged(one, settings=SMALL)

        damaged = next(each for each in kept.values() if not each["whole"])["partition"]
        self.assertEqual(kept[damaged]["lost"]["file"], data.name)
        self.assertTrue(kept[1 - damaged]["whole"])
        offsets = {partition: kept[partition]["next_offset"] for partition in (0, 1)}
        self.assertEqual(offsets[1 - damaged], 750)
        self.assertTrue(20 < offsets[damaged] < 750, offsets)
        self.serves(new, self.acknowledged, offsets)

        # Without its rows a run is of no use, and all of its partition is lost from there on.
        os.remove(data.with_suffix(".rows"))
        _, kept, _ = self.salvaged(one, "without-rows", settings=SMALL)
        self.assertFalse(kept[damaged]["whole"])
        self.assertTrue(kept[1 - damaged]["whole"])

    def test_a_sound_node_is_copied_whole(self):
        one = self.stopped([(number % 2, None, b"value %d." % number) for number in range(100)])
        new, kept, report = self.salvaged(one)
        self.assertTrue(all(each["whole"] for each in report if each["type"] == "group"))
        self.serves(new, self.acknowledged, {0: 50, 1: 50})

    def test_only_a_new_directory_elsewhere_is_written_to(self):
        one = self.stopped([(0, None, b"x")] * 10)
        before = digests(one.folder)
        used = os.path.join(one.folder, "used")
        os.makedirs(used)
        with open(os.path.join(used, "letter.txt"), "w", encoding="utf-8") as file:
            file.write("mine\n")
        for target in (one.data, os.path.join(one.data, "inside"), used, "/nowhere/at/all"):
            done = run("salvage", "--data-dir", one.data, "--to", target)
            self.assertEqual(done.returncode, CONFIGURATION, done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        os.remove(os.path.join(used, "letter.txt"))
        self.assertEqual(digests(one.folder), before)
        os.truncate(os.path.join(one.data, "node.toml"), 60)
        done = run("salvage", "--data-dir", one.data, "--to", used)
        self.assertIn("node.toml", done.stderr)


if __name__ == "__main__":
    suite.main()
