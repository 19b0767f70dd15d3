# SPDX-License-Identifier: Apache-2.0
"""What the pages promise of metrics is what brokers publish."""

import json
import pathlib
import re
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "cluster"))

from harness import Case, admin, clients, suite, until

PAGES = TESTS.parent / "docs" / "operating"
NAME = re.compile(r"\b(?:chronik|kafka|process)_[a-z_]+[a-z]\b")


def promised():
    """The names in the table of published metrics; `process_*` stands for what it begins."""
    table = (PAGES / "metrics.md").read_text("utf-8").split("## Published")[1].split("## ")[0]
    return set(re.findall(r"^\| `([a-z_]+[a-z])` \|", table, re.MULTILINE))


class Metrics(Case):
    def busy_cluster(self):
        """Three nodes that somebody writes to and reads from in a group, so that every part has something to tell."""
        cluster = self.cluster()
        cluster.start()
        clients.create_topic(cluster.bootstrap, "t", 3, 3)
        cluster.wait_in_sync("t", 3)
        clients.produce_all(cluster.bootstrap, "t", [(number % 3, b"k", b"v%d" % number) for number in range(300)])
        reader = clients.consumer(cluster.bootstrap, group_id="readers", auto_offset_reset="earliest")
        reader.subscribe(["t"])
        read = []

        def all_read():
            read.extend(message for message in reader.consume(300, 0.1) if message.error() is None)
            return len(read) == 300

        until(all_read, "300 records in a group", 60)
        reader.commit(asynchronous=False)
        self.addCleanup(reader.close)
        return cluster

    def test_the_page_and_the_dashboard_name_what_is_there_and_nothing_else(self):
        cluster = self.busy_cluster()

        def pages():
            return {broker.node: admin.get(broker.http_port, "/metrics")[1] for broker in cluster}

        # Committed offsets have series on the coordinator alone, from the next snapshot on.
        until(lambda: any("kafka_consumergroup_lag{" in page for page in pages().values()), "the group's lag")
        there = {name for page in pages().values() for name in re.findall(r"^# TYPE ([a-z_]+) ", page, re.MULTILINE)}
        own = {name for name in there if not name.startswith("process_")}
        self.assertEqual(own, promised())

        board = json.loads((PAGES / "dashboard.json").read_text("utf-8"))
        self.assertGreater(len(board["panels"]), 0)
        for panel in board["panels"]:
            for target in panel["targets"]:
                names = set(NAME.findall(target["expr"]))
                self.assertTrue(names, f"{panel['title']}: {target['expr']}")
                for name in names:
                    live = any(admin.sample(page, name) is not None for page in pages().values())
                    self.assertTrue(live, f"{panel['title']}: nothing publishes {name}")


if __name__ == "__main__":
    suite.main()
