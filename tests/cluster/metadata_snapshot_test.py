# SPDX-License-Identifier: Apache-2.0
"""The metadata's log is cut: starts go on from its snapshots, and a node that was away for too long is sent one."""

import glob
import json
import os
import subprocess

from harness import Case, checkers, clients, dump, figures, suite, until, wire
from harness.broker import environment, program

suite.arguments(changes=(1500, "commands to the metadata: more than the thousand entries that are kept"))
TAKEN = {"outcome": "taken"}
INSTALLED = {"outcome": "installed"}


class MetadataSnapshot(Case):
    def snapshots(self, one):
        return glob.glob(os.path.join(one.data, "journal", "snapshot-1-*.state"))

    def change(self, one, topic, count):
        """So many commands of some bytes each, one after the other."""
        for number in range(count):
            self.assertEqual(wire.alter_configs(one.port, topic, retention_ms=str(10_000_000 + number)), (0, None))

    def told(self, one, *words):
        return subprocess.run([program(), *words, "--data-dir", one.data], stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, env=environment(), timeout=120, check=False)

    def test_a_start_goes_on_from_a_snapshot(self):
        one = self.broker(settings={"CHRONIK_METADATA_SNAPSHOT_BYTES": "4096"})
        one.start().wait_ready()
        clients.create_topic(one.address, "kept", 3)
        clients.create_topic(one.address, "gone", 1)
        sent = [(number % 3, b"k", b"%d" % number) for number in range(30)]
        acknowledged = clients.produce_all(one.address, "kept", sent).acknowledged
        self.change(one, "kept", suite.options.changes)
        clients.delete_topic(one.address, "gone")
        self.change(one, "kept", 100)
        taken = one.metric("chronik_raft_snapshots_total", **TAKEN)
        self.assertGreater(taken, 1)
        self.assertEqual(one.metric("chronik_raft_snapshots_total", outcome="failed"), 0)
        figures.add("snapshots taken", taken)
        until(lambda: len(self.snapshots(one)) == 1, "older snapshots to go")
        before = wire.configs(one.port, "kept")

        one.kill()
        self.assertIn("sound", self.told(one, "verify").stdout)
        rows = self.told(one, "dump-log", "--format", "json").stdout.splitlines()
        self.assertEqual({json.loads(row)["topic"] for row in rows}, {"kept"})
        one.start().wait_ready()
        self.assertEqual(wire.configs(one.port, "kept"), before)
        self.assertEqual(set(wire.metadata(one.port).topics), {"kept"})
        for partition, log in clients.consume_all(one.address, "kept", 3).items():
            checkers.gapless(log)
            checkers.acknowledged_is_present(log, [each for each in acknowledged if each.partition == partition])
        # Numbers are given on from where they were.
        clients.create_topic(one.address, "new", 1)
        self.assertEqual(len(clients.produce_all(one.address, "new", [(0, b"k", b"v")]).acknowledged), 1)

    def test_without_the_snapshot_that_its_log_needs_a_node_refuses_to_start(self):
        one = self.broker(settings={"CHRONIK_METADATA_SNAPSHOT_BYTES": "4096"})
        one.start().wait_ready()
        clients.create_topic(one.address, "t", 1)
        self.change(one, "t", suite.options.changes)
        until(lambda: len(self.snapshots(one)) == 1, "one snapshot")
        one.terminate()
        [path] = self.snapshots(one)
        with open(path, "r+b") as file:
            file.seek(-1, os.SEEK_END)
            last = file.read(1)
            file.seek(-1, os.SEEK_END)
            file.write(bytes([last[0] ^ 1]))
        code = one.start().wait_end()
        self.assertEqual(code, 3, one.tail())
        self.assertIn(os.path.basename(path) + " is damaged", one.tail())
        verified = self.told(one, "verify")
        self.assertEqual(verified.returncode, 3)
        self.assertIn(os.path.basename(path), verified.stdout)
        self.assertIn("no snapshot says what was before", verified.stdout)

    def test_a_node_that_was_away_for_too_long_is_sent_one(self):
        cluster = self.cluster(3, arguments=["--metadata-snapshot-bytes", "4096", "--auto-rebalance", "false"])
        cluster.start()
        clients.create_topic(cluster.bootstrap, "kept", 3, 3)
        clients.create_topic(cluster.bootstrap, "gone", 3, 3)
        cluster.wait_in_sync("kept", 3)
        cluster.wait_in_sync("gone", 3)
        away = next(node for node in cluster.nodes if node != cluster.find_metadata_leader())
        cluster[away].kill()
        others = [broker for broker in cluster if broker.node != away]
        self.change(others[0], "kept", suite.options.changes // 2)
        clients.delete_topic(others[0].address, "gone")
        clients.create_topic(others[0].address, "new", 3, 2)
        sent = [(number % 3, b"k", b"%d" % number) for number in range(300)]
        acknowledged = clients.produce_all(others[0].address, "kept", sent).acknowledged
        self.assertEqual(len(acknowledged), len(sent))
        self.change(others[1], "kept", suite.options.changes)
        expected = wire.configs(others[0].port, "kept")

        cluster[away].start()
        cluster[away].wait_ready()
        self.assertEqual(cluster[away].metric("chronik_raft_snapshots_total", **INSTALLED), 1)
        until(lambda: wire.configs(cluster[away].port, "kept") == expected, "the configuration on who was away")
        topics = cluster.view(away).topics
        self.assertEqual(set(topics), {"kept", "new"})
        held = sum(away in each.replicas for topic in topics.values() for each in topic.partitions.values())
        until(lambda: cluster[away].metric("chronik_raft_groups") == 1 + held, "its partitions, and no others")
        cluster.wait_in_sync("kept", 3)
        for node, (code, _) in cluster.terminate().items():
            self.assertEqual(code, 0, cluster[node].tail())
        for node in cluster.nodes:
            logs = dump.dump_log(cluster[node])
            for partition in range(3):
                checkers.acknowledged_is_present(logs["kept", partition],
                                                 [each for each in acknowledged if each.partition == partition])
        cluster.start()
        for node in cluster.nodes:
            self.assertEqual(wire.configs(cluster[node].port, "kept"), expected)


if __name__ == "__main__":
    suite.main()
