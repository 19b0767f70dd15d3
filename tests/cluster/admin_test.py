# SPDX-License-Identifier: Apache-2.0
"""What tools change on three nodes: asked of any of them, the same on all, and there after everything stopped."""

import concurrent.futures

import confluent_kafka
import kafka

from harness import Case, clients, suite, until, wire

DYNAMIC_TOPIC = 1
NOT_LEADER_OR_FOLLOWER, INVALID_REPLICA_ASSIGNMENT = 6, 39


def numbered(first, count, partition=0):
    return [(partition, b"k", b"v%d" % number) for number in range(first, first + count)]


class Admin(Case):
    def formed(self, partitions=1):
        cluster = self.cluster(3)
        cluster.start()
        clients.create_topic(cluster.bootstrap, "t", partitions, 3)
        cluster.wait_in_sync("t", partitions)
        return cluster

    def everywhere(self, cluster, ask, expected, what):
        """Every node says so, sooner or later: each applies the change by itself."""
        for broker in cluster:
            until(lambda: ask(broker) == expected, f"{what} on node {broker.node}")

    def own(self, broker, topic="t"):
        return {name: value for name, (value, source) in wire.configs(broker.port, topic).items()
                if source == DYNAMIC_TOPIC}

    def test_every_node_takes_a_change_of_configurations_and_all_have_it(self):
        cluster = self.formed()
        expected = {}
        for broker in cluster:
            name = ("retention.ms", "segment.ms", "max.message.bytes")[broker.node - 1]
            expected[name] = str(1000 * broker.node)
            done = wire.alter_configs(broker.port, "t", **{name.replace(".", "_"): expected[name]})
            self.assertEqual(done, (0, None))
            self.assertEqual(self.own(broker), expected, "the node that was asked has it at once")
            self.everywhere(cluster, self.own, expected, "the configurations")
        self.assertEqual(wire.alter_configs(cluster[2].port, "t", incremental=False, retention_ms="7"), (0, None))
        self.everywhere(cluster, self.own, {"retention.ms": "7"}, "what replaced them")
        for node, (code, _) in cluster.terminate().items():
            self.assertEqual(code, 0, cluster[node].tail())
        cluster.start()
        self.everywhere(cluster, self.own, {"retention.ms": "7"}, "the configuration after a stop of all")

    def test_changes_through_different_nodes_at_once_do_not_undo_each_other(self):
        cluster = self.formed()
        names = ["retention.ms", "segment.ms", "flush.ms", "delete.retention.ms", "segment.jitter.ms", "flush.messages"]

        def change(at):
            return wire.alter_configs(cluster[1 + at % 3].port, "t", **{names[at].replace(".", "_"): str(100 + at)})

        with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
            self.assertEqual(list(pool.map(change, range(len(names)))), [(0, None)] * len(names))
        expected = {name: str(100 + at) for at, name in enumerate(names)}
        self.everywhere(cluster, self.own, expected, "the configurations")

    def test_the_number_of_in_sync_replicas_that_producers_need_changes_at_once(self):
        cluster = self.formed()
        leader = cluster.find_leader("t", 0)
        away = next(node for node in cluster.nodes if node != leader)
        self.assertEqual(wire.alter_configs(cluster[away].port, "t", min_insync_replicas="3"), (0, None))
        cluster[away].kill()
        until(lambda: len(cluster.view(leader, ["t"]).topics["t"].partitions[0].in_sync) == 2, "an in-sync set of two")
        lonely = clients.rdkafka_producer(cluster[leader].address, message_timeout_ms=3000)
        told = []
        lonely.produce("t", b"too few", b"k", 0, on_delivery=lambda error, _: told.append(error))
        self.assertEqual(lonely.flush(20), 0)
        self.assertIsNotNone(told[0])
        self.assertEqual(wire.alter_configs(cluster[leader].port, "t", min_insync_replicas="2"), (0, None))
        self.assertEqual(len(clients.produce_all(cluster[leader].address, "t", numbered(0, 3)).acknowledged), 3)

    def test_every_node_adds_partitions_and_all_have_them(self):
        cluster = self.formed()
        count = 1
        for broker in cluster:
            count += 2
            self.assertEqual(wire.create_partitions(broker.port, "t", count), (0, None))
            told = wire.metadata(broker.port, ["t"]).topics["t"]
            self.assertEqual(sorted(told.partitions), list(range(count)), "the node that was asked knows them at once")
            self.assertTrue(all(each.leader > 0 for each in told.partitions.values()))
        cluster.wait_in_sync("t", count)
        layouts = [cluster.view(broker.node, ["t"]).topics["t"].layout() for broker in cluster]
        self.assertEqual(layouts, layouts[:1] * 3)
        led = [sum(leader == node for leader, *_ in layouts[0].values()) for node in cluster.nodes]
        self.assertLessEqual(max(led) - min(led), 1, led)
        produced = clients.produce_all(cluster.bootstrap, "t", [(each, b"k", b"v") for each in range(count)])
        self.assertEqual(sorted(each.partition for each in produced.acknowledged), list(range(count)))

    def test_a_manual_assignment_is_kept_and_a_wrong_one_refused(self):
        cluster = self.formed()
        port = cluster[1].port
        good, wrong = [[3, 1, 2], [2, 3, 1]], [[3, 1, 9], [2, 3, 1]]
        self.assertEqual(wire.create_partitions(port, "t", 3, good, validate_only=True)[0], 0)
        self.assertEqual(wire.create_partitions(port, "t", 3, wrong)[0], INVALID_REPLICA_ASSIGNMENT)
        self.assertEqual(len(wire.metadata(cluster[1].port, ["t"]).topics["t"].partitions), 1)
        self.assertEqual(wire.create_partitions(cluster[2].port, "t", 3, good), (0, None))
        cluster.wait_in_sync("t", 3)
        told = wire.metadata(cluster[3].port, ["t"]).topics["t"].partitions
        self.assertEqual([told[each].replicas for each in (1, 2)], good)

    def test_clients_that_are_running_see_added_partitions(self):
        cluster = self.formed()
        producer = clients.rdkafka_producer(cluster.bootstrap, topic_metadata_refresh_interval_ms=200,
                                            metadata_max_age_ms=600)
        # Not librdkafka: a consumer of it that asks a node which knows less than the one before (three partitions, one,
        # three again) waits for ever when it is closed.
        reader = kafka.KafkaConsumer("t", bootstrap_servers=cluster.bootstrap.split(","), group_id="growing",
                                     auto_offset_reset="earliest", metadata_max_age_ms=200)
        self.addCleanup(reader.close)
        seen = {}

        def read_until(wanted):
            def look():
                for batch in reader.poll(timeout_ms=200).values():
                    seen.update((message.value, message.partition) for message in batch)
                return wanted <= seen.keys()

            until(look, f"records {wanted}", 60)

        def send(partition, value):
            told = []
            try:
                producer.produce("t", value, b"k", partition, on_delivery=lambda error, _: told.append(error))
            except confluent_kafka.KafkaException as refused:
                # As long as it has not looked again, it says so itself.
                self.assertEqual(refused.args[0].code(), confluent_kafka.KafkaError._UNKNOWN_PARTITION)
                producer.poll(0.05)
            self.assertEqual(producer.flush(30), 0)
            return told == [None]

        self.assertTrue(send(0, b"before"))
        read_until({b"before"})
        self.assertEqual(wire.create_partitions(cluster[2].port, "t", 3), (0, None))
        for partition in (1, 2):
            # The producer was never told: it finds the partition when it looks at the metadata again.
            until(lambda: send(partition, b"to %d" % partition), f"a producer that knows partition {partition}", 30)
        read_until({b"to 1", b"to 2"})
        self.assertEqual((seen[b"to 1"], seen[b"to 2"]), (1, 2))

    def test_deleted_records_stay_deleted_whoever_leads(self):
        cluster = self.formed()
        self.assertEqual(len(clients.produce_all(cluster.bootstrap, "t", numbered(0, 100)).acknowledged), 100)
        leader = cluster.find_leader("t", 0)
        for broker in cluster:
            if broker.node != leader:
                self.assertEqual(wire.delete_records(broker.port, "t", 0, 40), (NOT_LEADER_OR_FOLLOWER, -1))
        self.assertEqual(wire.delete_records(cluster[leader].port, "t", 0, 40), (0, 40))
        for _ in range(2):
            cluster[leader].kill()
            leader = cluster.find_leader("t", 0, apart_from=leader)
            self.assertEqual(clients.watermarks(cluster[leader].address, "t", 1), {0: (40, 100)})
            for broker in cluster:
                if not broker.running():
                    broker.start().wait_ready()
            cluster.wait_in_sync("t", 1)
        read = clients.consume_all(cluster.bootstrap, "t", 1)[0]
        self.assertEqual([each.value for each in read], [b"v%d" % number for number in range(40, 100)])
        for node, (code, _) in cluster.terminate().items():
            self.assertEqual(code, 0, cluster[node].tail())
        cluster.start()
        self.assertEqual(clients.watermarks(cluster.bootstrap, "t", 1), {0: (40, 100)})

    def test_an_epoch_ends_where_the_next_leader_began(self):
        cluster = self.formed()
        self.assertEqual(len(clients.produce_all(cluster.bootstrap, "t", numbered(0, 10)).acknowledged), 10)
        first = cluster.find_leader("t", 0)
        epoch = cluster.view(first, ["t"]).topics["t"].partitions[0].epoch
        cluster[first].kill()
        second = cluster.find_leader("t", 0, apart_from=first)
        self.assertEqual(len(clients.produce_all(cluster[second].address, "t", numbered(10, 5)).acknowledged), 5)
        now = cluster.view(second, ["t"]).topics["t"].partitions[0].epoch
        self.assertGreater(now, epoch)
        port = cluster[second].port
        self.assertEqual(wire.end_of_epoch(port, "t", 0, epoch), (0, epoch, 10))
        self.assertEqual(wire.end_of_epoch(port, "t", 0, now), (0, now, 15))
        self.assertEqual(wire.end_of_epoch(port, "t", 0, now + 1), (0, -1, -1))


if __name__ == "__main__":
    suite.main()
