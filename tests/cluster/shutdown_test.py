# SPDX-License-Identifier: Apache-2.0
"""A broker that is asked to stop hands over first; a cluster that is stopped and started is the one it was."""

import time

from harness import Case, bound, checkers, clients, figures, suite, until

PARTITIONS = 6
IDLE_SECONDS_MAX, LOADED_SECONDS_MAX = bound(5.0), bound(10.0)
# Who leads now is known everywhere within this; less than any election's time-out, so that a leader that just left and
# was replaced by election does not count as one that handed over.
KNOWN_SECONDS_MAX = 0.3
# A handed over partition is silent for a metadata refresh and an election without a time-out.
SILENCE_SECONDS_MAX = bound(1.5)


class Shutdown(Case):
    def formed(self):
        cluster = self.cluster()
        cluster.start()
        clients.create_topic(cluster.bootstrap, "t", PARTITIONS, 3)
        cluster.wait_in_sync("t", PARTITIONS)
        return cluster

    def stop_one(self, cluster, node, limit):
        """SIGTERM; the survivors must already lead everything when the process is gone."""
        survivors = [each for each in cluster.nodes if each != node]
        code, seconds = cluster[node].terminate()
        self.assertEqual(code, 0, cluster[node].tail())
        self.assertLessEqual(seconds, limit)

        def moved():
            leaders = {told.leader for each in survivors
                       for told in cluster.view(each, ["t"]).topics["t"].partitions.values()}
            return leaders <= set(survivors)

        until(moved, f"the survivors of node {node} lead all of its partitions", KNOWN_SECONDS_MAX)
        cluster.find_metadata_leader(KNOWN_SECONDS_MAX, apart_from=node)
        return seconds

    def test_an_idle_leader_hands_over_before_it_ends(self):
        cluster = self.formed()
        for _ in range(3):
            node = cluster.find_leader("t", 0)
            figures.add("idle shutdown s", self.stop_one(cluster, node, IDLE_SECONDS_MAX))
            cluster[node].start().wait_ready()
            cluster.wait_in_sync("t", PARTITIONS)

    def test_the_metadata_leader_hands_over_before_it_ends(self):
        cluster = self.formed()
        for _ in range(3):
            node = cluster.find_metadata_leader()
            figures.add("metadata leader's shutdown s", self.stop_one(cluster, node, IDLE_SECONDS_MAX))
            cluster[node].start().wait_ready()
            cluster.wait_in_sync("t", PARTITIONS)

    def test_every_node_restarted_in_turn_under_load_disturbs_no_producer(self):
        cluster = self.formed()
        stream = clients.Stream(cluster.bootstrap, "t", PARTITIONS).start()
        for node in cluster.nodes:
            stream.wait_more(50)
            stopped_at = time.monotonic()
            figures.add("loaded shutdown s", self.stop_one(cluster, node, LOADED_SECONDS_MAX))
            stream.wait_more(50)
            silence = max(stream.longest_gap(partition, stopped_at) for partition in range(PARTITIONS))
            figures.add("handed over: silence s", silence)
            self.assertLessEqual(silence, SILENCE_SECONDS_MAX)
            cluster[node].start().wait_ready()
            cluster.wait_in_sync("t", PARTITIONS)
        produced = stream.stop()
        self.assertEqual((produced.uncertain, produced.refused), ([], []))
        checkers.stream(clients.consume_all(cluster.bootstrap, "t", PARTITIONS), stream)

    def test_all_stopped_and_started_is_the_same_cluster(self):
        cluster = self.formed()
        topics = {"t": PARTITIONS, "empty": 1, "small": 2, "narrow": 3}
        clients.create_topic(cluster.bootstrap, "empty", 1, 3)
        clients.create_topic(cluster.bootstrap, "small", 2, 3)
        clients.create_topic(cluster.bootstrap, "narrow", 3, 1)
        acknowledged = {}
        for topic, count in topics.items():
            cluster.wait_in_sync(topic, count)
            if topic != "empty":
                sent = [(number % count, b"k%d" % (number % 5), b"%s:%d" % (topic.encode(), number))
                        for number in range(400)]
                acknowledged[topic] = clients.produce_all(cluster.bootstrap, topic, sent).acknowledged
                self.assertEqual(len(acknowledged[topic]), 400)
        before = {topic: clients.watermarks(cluster.bootstrap, topic, count) for topic, count in topics.items()}
        identity = cluster.view(1).cluster_id
        for seed in range(3):
            for node, (code, seconds) in cluster.terminate().items():
                self.assertEqual(code, 0, cluster[node].tail())
                figures.add("shutdown of all s", seconds)
                self.assertLessEqual(seconds, LOADED_SECONDS_MAX)
            _, seconds = cluster.start_shuffled(seed)
            figures.add("formation again s", seconds)
            for topic, count in topics.items():
                cluster.wait_in_sync(topic, count)
                self.assertEqual(clients.watermarks(cluster.bootstrap, topic, count), before[topic], topic)
                read = clients.consume_all(cluster.bootstrap, topic, count)
                for partition, log in read.items():
                    checkers.gapless(log, where=f"{topic}-{partition}")
                    checkers.acknowledged_is_present(
                        log, [each for each in acknowledged.get(topic, []) if each.partition == partition])
                self.assertEqual(sum(map(len, read.values())), len(acknowledged.get(topic, [])))
            for broker in cluster:
                view = cluster.view(broker.node)
                self.assertEqual((view.cluster_id, set(view.topics)), (identity, set(topics)))

    def test_the_last_two_that_stop_together_keep_each_other_from_nothing(self):
        # Either would hand over to the other, the metadata too, and nothing commits while those go back and forth.
        cluster = self.formed()
        for round_number in range(4):
            gone = round_number % 3 + 1
            cluster[gone].kill()
            self.assertNotEqual(cluster.find_metadata_leader(apart_from=gone), gone)
            for node, (code, seconds) in cluster.terminate().items():
                if node != gone:
                    self.assertEqual(code, 0, cluster[node].tail())
                    self.assertLessEqual(seconds, LOADED_SECONDS_MAX)
                    figures.add("shutdown of the last two s", seconds)
            cluster.start_shuffled(round_number)
            cluster.wait_in_sync("t", PARTITIONS)

    def test_a_deleted_topic_stays_deleted(self):
        cluster = self.formed()
        clients.produce_all(cluster.bootstrap, "t", [(0, b"k", b"v")])
        clients.delete_topic(cluster.bootstrap, "t")
        until(lambda: all("t" not in cluster.view(node).topics for node in cluster.nodes), "gone from every node")
        self.assertEqual({code for code, _ in cluster.terminate().values()}, {0})
        cluster.start()
        for node in cluster.nodes:
            self.assertNotIn("t", cluster.view(node).topics)


if __name__ == "__main__":
    suite.main()
