# SPDX-License-Identifier: Apache-2.0
"""The files of raft_trace tell a failover: who led, who stood for election, who voted, and what was committed."""

import os
import re

from harness import Case, clients, suite, until

LINE = re.compile(r"at=\d+\.\d{6} node=\d+ group=\d+ term=\d+ index=\d+ event=[a-z_]+( [a-z]+=\d+(,\d+)*)*")
METADATA = 1


class Trace(Case):
    def traced(self):
        cluster = self.cluster()
        for broker in cluster:
            broker.arguments += ["--raft-trace", self.file_of(broker)]
        cluster.start()
        return cluster

    @staticmethod
    def file_of(broker):
        return os.path.join(broker.folder, f"{broker.name}.trace")

    def lines(self, broker):
        """Each line that is whole, as its fields; numbers are numbers."""
        with open(self.file_of(broker), encoding="ascii") as file:
            whole = file.read().split("\n")[:-1]
        found = []
        for line in whole:
            self.assertIsNotNone(LINE.fullmatch(line), line)
            fields = dict(each.split("=") for each in line.split(" "))
            found.append({name: int(value) if value.isdigit() else value for name, value in fields.items()})
            self.assertEqual(found[-1]["node"], broker.node, line)
        return found

    def story(self, cluster, group):
        return {broker.node: [line for line in self.lines(broker) if line["group"] == group] for broker in cluster}

    def produce(self, cluster, count):
        running = ",".join(broker.address for broker in cluster.running())
        produced = clients.produce_all(running, "t", [(0, b"k", b"%d" % each) for each in range(count)])
        self.assertEqual(len(produced.acknowledged), count)

    def expect_order(self, lines, *events):
        """The events are there in this order, others between them."""
        rest = iter(lines)
        for wanted in events:
            self.assertTrue(any(wanted.items() <= line.items() for line in rest), f"{wanted} in {lines}")

    def expect_lawful(self, story):
        leaders = {}
        for node, lines in story.items():
            for line in lines:
                if line["event"] == "open":
                    commit, term, at = 0, 0, 0.0
                self.assertGreaterEqual(float(line["at"]), at, line)
                at = float(line["at"])
                self.assertGreaterEqual(line["term"], term, line)
                term = line["term"]
                if line["event"] == "commit":
                    self.assertGreater(line["index"], commit, line)
                    commit = line["index"]
                if line["event"] == "leader":
                    self.assertEqual(leaders.setdefault(term, node), node, line)
        return leaders

    def test_a_killed_leader_is_replaced_and_the_lines_tell_how(self):
        cluster = self.traced()
        clients.create_topic(cluster.bootstrap, "t", 1, 3)
        cluster.wait_in_sync("t", 1)
        self.produce(cluster, 100)
        old = cluster.find_leader("t", 0)
        cluster[old].kill()
        new = cluster.find_leader("t", 0, apart_from=old)
        self.produce(cluster, 100)
        cluster[old].start().wait_ready()
        cluster.wait_in_sync("t", 1)
        third = next(node for node in cluster.nodes if node not in (old, new))

        groups = {line["group"] for broker in cluster for line in self.lines(broker)}
        self.assertIn(METADATA, groups)
        group = max(groups)
        self.assertEqual(groups, {METADATA, group}, "the metadata and one partition")
        follows = {"event": "follower", "leader": new}
        until(lambda: sum(follows.items() <= line.items() for line in self.story(cluster, group)[old]),
              "the line of the one that came back")

        for each in groups:
            self.expect_lawful(self.story(cluster, each))
        story = self.story(cluster, group)
        leaders = self.expect_lawful(story)
        term = max(each for each, node in leaders.items() if node == new)
        before = max(each for each, node in leaders.items() if node == old)
        self.assertLess(before, term)
        for node, lines in story.items():
            self.expect_order(lines, {"event": "open"}, {"event": "members", "voters": "1,2,3"}, {"event": "commit"})
        self.expect_order(story[old], {"event": "leader", "term": before}, {"event": "commit", "term": before},
                          {"event": "open"}, {**follows, "term": term}, {"event": "commit", "term": term})
        self.expect_order(story[new], {"event": "follower", "leader": old, "term": before},
                          {"event": "pre_candidate", "term": term - 1}, {"event": "candidate", "term": term},
                          {"event": "leader", "term": term}, {"event": "commit", "term": term})
        self.expect_order(story[third], {"event": "vote", "vote": new, "term": term}, {**follows, "term": term},
                          {"event": "commit", "term": term})
        for broker in cluster:
            self.assertEqual(broker.metric("chronik_broker_trace_lines_dropped_total"), 0)


if __name__ == "__main__":
    suite.main()
