# SPDX-License-Identifier: Apache-2.0
"""Three nodes become one cluster, in any order of start, however they were configured."""

import json
import subprocess

import confluent_kafka

from harness import Case, Stopwatch, admin, bound, clients, figures, suite, until, wire

FORMATION_SECONDS_MAX = bound(5.0)


class Formation(Case):
    def whole(self, cluster):
        """Every node names the same three brokers and one leader in one term."""
        views = {broker.node: cluster.view(broker.node) for broker in cluster}
        expected = {broker.node: ("127.0.0.1", broker.port) for broker in cluster}
        for node, view in views.items():
            self.assertEqual(view.brokers, expected, f"node {node}")
        self.assertEqual(len({view.cluster_id for view in views.values()}), 1)
        for broker in cluster:
            self.assertEqual(admin.get(broker.http_port, "/health")[0], 200)
        return cluster.find_metadata_leader()

    def topic_everywhere(self, cluster, topic, partitions=3):
        clients.create_topic(cluster.bootstrap, topic, partitions, 3)
        cluster.wait_in_sync(topic, partitions)
        views = [cluster.view(broker.node, [topic]).topics[topic] for broker in cluster]
        for view in views:
            self.assertEqual(view.layout(), views[0].layout())
            self.assertEqual(sorted(view.partitions), list(range(partitions)))
            for each in view.partitions.values():
                self.assertEqual(sorted(each.replicas), [1, 2, 3])
                self.assertEqual(sorted(each.in_sync), [1, 2, 3])
                self.assertIn(each.leader, each.replicas)
        return views[0]

    def form(self, seed, **how):
        cluster = self.cluster(3, **how)
        order, seconds = cluster.start_shuffled(seed)
        figures.add("formation s", seconds)
        self.assertLessEqual(seconds, FORMATION_SECONDS_MAX, f"started in the order {order}")
        return cluster

    def test_any_start_order_forms_one_cluster(self):
        for seed in range(4):
            with self.subTest(seed=seed):
                cluster = self.form(seed, name=f".{seed}")
                self.whole(cluster)
                for broker in cluster:
                    broker.put_away()

    def test_a_topic_is_the_same_from_every_node_and_its_leaders_are_spread(self):
        cluster = self.form(11)
        self.whole(cluster)
        view = self.topic_everywhere(cluster, "three")
        self.assertEqual(sorted(each.leader for each in view.partitions.values()), [1, 2, 3])
        view = self.topic_everywhere(cluster, "many", 30)
        led = [sum(each.leader == node for each in view.partitions.values()) for node in cluster.nodes]
        self.assertLessEqual(max(led) - min(led), 1, led)

    def test_kcat_tells_the_same_from_every_node(self):
        cluster = self.form(12)
        self.topic_everywhere(cluster, "listed")
        told = []
        for broker in cluster:
            done = subprocess.run(["kcat", "-L", "-J", "-b", broker.address, "-t", "listed"], capture_output=True,
                                  timeout=30, check=True)
            answer = json.loads(done.stdout)
            told.append((sorted((each["id"], each["name"]) for each in answer["brokers"]), answer["topics"]))
        self.assertEqual(told[0], told[1])
        self.assertEqual(told[0], told[2])

    def test_file_environment_and_options_make_the_same_cluster(self):
        for by in ("file", "environment", "options"):
            with self.subTest(by=by):
                cluster = self.form(13, by=by, name=f".{by}")
                self.whole(cluster)
                self.topic_everywhere(cluster, "t")
                sent = [(each % 3, b"k", b"%d" % each) for each in range(99)]
                produced = clients.produce_all(cluster.bootstrap, "t", sent)
                self.assertEqual(len(produced.acknowledged), 99)
                for broker in cluster:
                    broker.put_away()

    def test_the_log_says_who_the_peers_are_and_who_leads_in_which_term(self):
        cluster = self.form(17)
        leader = cluster.find_metadata_leader()
        term = cluster[leader].status()["facts"]["metadata.term"]
        for broker in cluster:
            with open(broker.log, encoding="utf-8") as file:
                lines = file.read()
            peers = ",".join(f"{each.node}@127.0.0.1:{each.port + 3000}" for each in cluster if each is not broker)
            self.assertIn(f'msg="peers={peers}"', lines)
            led = f'group=1 term={term} msg="became leader"'
            self.assertEqual(led in lines, broker.node == leader, f"node {broker.node}: {led}")

    def test_every_node_accepts_a_new_topic(self):
        cluster = self.form(14)
        for broker in cluster:
            topic = f"through-{broker.node}"
            figures.add("topic creation s", clients.create_topic(broker.address, topic, 3, 3))
            cluster.wait_in_sync(topic, 3)

    def test_what_one_node_has_accepted_all_know_at_once(self):
        cluster = self.form(18)
        self.whole(cluster)
        for number in range(30):
            topic, asked = f"news-{number}", cluster[number % 3 + 1]
            self.assertEqual(wire.create_topic(asked.port, topic, 1, 3, timeout_ms=10_000), 0)
            clock = Stopwatch()
            for broker in cluster:
                until(lambda on=broker: topic in cluster.view(on.node).topics, f"{topic} on node {broker.node}",
                      every=0.001)
            figures.add("accepted by one, known to all: ms", 1000 * clock.seconds())

    def test_two_of_three_serve_and_one_alone_does_not(self):
        cluster = self.cluster()
        cluster[2].start()
        # One of three is no quorum: it runs, says why it is not ready, and answers no client as if it were.
        until(lambda: admin.get(cluster[2].http_port, "/health")[0] == 200, "node 2 is healthy")
        status, body = admin.get(cluster[2].http_port, "/ready")
        self.assertEqual(status, 503)
        self.assertTrue(json.loads(body)["reasons"])
        cluster[3].start()
        cluster[2].wait_ready()
        cluster[3].wait_ready()
        self.assertIn(cluster.find_metadata_leader(), (2, 3))
        cluster[1].start()
        figures.add("late node ready s", cluster[1].wait_ready())
        self.whole(cluster)

    def test_topics_asked_for_early_are_whole(self):
        # A client that comes before the cluster is ready gets an error that it retries, never a half-built topic.
        cluster = self.cluster()
        cluster.start(ready=False)
        produced = clients.produce_all(cluster.bootstrap, "early", [(None, b"k", b"v")], seconds=60)
        self.assertEqual(len(produced.acknowledged), 1, produced)
        cluster.wait_ready()
        cluster.wait_in_sync("early", 1)
        self.assertEqual(sorted(cluster.view(1, ["early"]).topics["early"].partitions[0].replicas), [1, 2, 3])

    def test_a_topic_waits_for_the_brokers_it_needs(self):
        # Made by naming it while a broker is still missing, it is neither refused for good nor made too small.
        cluster = self.cluster()
        for node in (1, 2):
            cluster[node].start()
        for node in (1, 2):
            cluster[node].wait_ready()
        producer = clients.rdkafka_producer(cluster[1].address)
        told = clients.known_topics(producer, "patient").topics["patient"].error
        self.assertEqual(told.code(), confluent_kafka.KafkaError.LEADER_NOT_AVAILABLE, told)
        cluster[3].start()
        produced = clients.produce_all(cluster.bootstrap, "patient", [(None, b"k", b"v")], seconds=60)
        self.assertEqual(len(produced.acknowledged), 1, produced)
        cluster.wait_in_sync("patient", 1)
        self.assertEqual(sorted(cluster.view(1, ["patient"]).topics["patient"].partitions[0].replicas), [1, 2, 3])

    def test_two_clusters_side_by_side_stay_apart(self):
        blue = self.form(15)
        green = self.cluster(name=".green")
        green.start_shuffled(16)
        clients.create_topic(blue.bootstrap, "mine", 1, 3)
        self.assertIn("mine", blue.view(1).topics)
        self.assertNotIn("mine", green.view(1).topics)
        self.assertNotEqual(blue.view(1).cluster_id, green.view(1).cluster_id)


if __name__ == "__main__":
    suite.main()
