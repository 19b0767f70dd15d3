# SPDX-License-Identifier: Apache-2.0
"""A node whose records are gone: one that had synced none begins again, one that had is not started."""

import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))

from harness import Case, clients, suite, wire
from stopped_node import STORAGE, lines, run

HEADERS = 8192  # of a segment; its records come after them
SMALL = ["--segment-bytes", "4MiB"]
PAGE_CACHE = [*SMALL, "--durability", "page-cache"]


def write_nothing_back(one):
    """The journal as it is after the power has gone before any record left the page cache."""
    for path in pathlib.Path(one.data, "journal").glob("*.journal"):
        size = path.stat().st_size
        with open(path, "r+b") as file:
            file.seek(HEADERS)
            file.write(bytes(size - HEADERS))


def remove(one):
    shutil.rmtree(os.path.join(one.data, "journal"))


class FirstStart(Case):
    def killed(self, arguments):
        one = self.broker(arguments=arguments)
        one.start().wait_ready()
        clients.create_topic(one.address, "t")
        self.assertEqual(len(clients.produce_all(one.address, "t", [(0, b"k", b"v")]).acknowledged), 1)
        one.kill()
        return one

    def test_who_syncs_nothing_begins_again_when_the_power_goes_in_its_first_seconds(self):
        one = self.killed(PAGE_CACHE)
        for lose in (write_nothing_back, remove, write_nothing_back):
            with self.subTest(lose=lose.__name__):
                lose(one)
                one.start().wait_ready()
                self.assertIn("it begins again", one.tail(1000))
                self.assertEqual(set(wire.metadata(one.port).topics), set())
                clients.create_topic(one.address, "t")
                self.assertEqual(len(clients.produce_all(one.address, "t", [(0, b"k", b"v")]).acknowledged), 1)
                one.kill()
        # With its records it goes on as it was.
        one.start().wait_ready()
        self.assertEqual(set(wire.metadata(one.port).topics), {"t"})

    def test_a_cluster_that_syncs_nothing_begins_again_when_all_lose_their_power(self):
        cluster = self.cluster(3, arguments=PAGE_CACHE)
        cluster.start()
        for each in cluster:
            each.kill()
        for each in cluster:
            write_nothing_back(each)
        # One of them had not heard yet of the cluster that it formed.
        identity = pathlib.Path(cluster[1].data, "node.toml")
        text = identity.read_text(encoding="utf-8").splitlines()
        identity.write_text("\n".join('cluster_id = ""' if line.startswith("cluster_id") else line for line in text)
                            + "\n", encoding="utf-8")
        cluster.start()
        self.assertEqual(len({wire.metadata(each.port).cluster_id for each in cluster}), 1)

    def test_a_node_that_has_synced_is_not_started_without_its_records(self):
        one = self.killed(SMALL)
        kept = one.data + ".kept"
        shutil.copytree(one.data, kept)
        for lose in (write_nothing_back, remove):
            with self.subTest(lose=lose.__name__):
                lose(one)
                before = sorted(os.listdir(one.data))
                one.start()
                self.assertEqual(one.wait_end(30), STORAGE, one.tail())
                self.assertIn("has no records, but this node has stored some and synced them", one.tail())
                self.assertEqual(sorted(os.listdir(one.data)), before, "nothing was changed")
                if lose is write_nothing_back:
                    done = run("verify", "--data-dir", one.data, "--json")
                    self.assertEqual(done.returncode, STORAGE, done.stdout + done.stderr)
                    self.assertIn("missing", [each["kind"] for each in lines(done) if each["type"] == "finding"])
                shutil.rmtree(one.data)
                shutil.copytree(kept, one.data)
        one.start().wait_ready()
        self.assertEqual([each.value for each in clients.consume_all(one.address, "t", 1)[0]], [b"v"])


if __name__ == "__main__":
    suite.main()
