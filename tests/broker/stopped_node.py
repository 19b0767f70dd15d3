# SPDX-License-Identifier: Apache-2.0
"""A node that has records and is stopped, and what damages its disk and looks at it."""

import hashlib
import json
import pathlib
import subprocess

from harness import Case, clients, until
from harness.broker import environment, program

CLEAN, CONFIGURATION, STORAGE = 0, 2, 3
# The smallest journal: 4 MiB a file, and settling begins when three are in use.
SMALL = {"CHRONIK_SEGMENT_BYTES": "4MiB", "CHRONIK_JOURNAL_BYTES_MAX": "8MiB"}


def run(*arguments):
    return subprocess.run([program(), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          env=environment(), timeout=120, check=False)


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def digests(folder):
    """Of every file below it."""
    return {str(each): hashlib.sha256(each.read_bytes()).hexdigest()
            for each in pathlib.Path(folder).rglob("*") if each.is_file()}


def flip(path, position):
    with open(path, "r+b") as file:
        file.seek(position)
        byte = file.read(1)[0]
        file.seek(position)
        file.write(bytes([byte ^ 0x20]))


class StoppedNode(Case):
    """Tests of what a node has on disk when its broker is stopped."""

    def journal(self, one, ending):
        return sorted(pathlib.Path(one.data, "journal").glob(f"*{ending}"))

    def place_of(self, one, ending, needle):
        """The only file and position that say `needle`."""
        found = [(path, path.read_bytes().find(needle)) for path in self.journal(one, ending)]
        found = [(path, at) for path, at in found if at >= 0]
        self.assertEqual(len(found), 1, f"{needle} is in {found}")
        return found[0]

    def stopped(self, records, settings=None, until_settled=False):
        one = self.broker(settings=settings)
        one.start().wait_ready()
        clients.create_topic(one.address, "orders", 2)
        produced = clients.produce_all(one.address, "orders", records, linger_ms=0, batch_num_messages=10)
        self.assertEqual(len(produced.acknowledged), len(records))
        self.acknowledged = produced.acknowledged
        if until_settled:
            until(lambda: len(self.journal(one, ".data")) >= 2, "settled files of both partitions")
        self.assertEqual(one.terminate()[0], 0)
        return one

    def refused(self, one, *says):
        """The last line of a start that ends because of the storage."""
        one.start()
        self.assertEqual(one.wait_end(), STORAGE, one.tail())
        line = one.tail(1)
        for text in (*says, f"chronik-broker verify --data-dir {one.data}"):
            self.assertIn(text, line)
