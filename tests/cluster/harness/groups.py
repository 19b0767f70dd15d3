# SPDX-License-Identifier: Apache-2.0
"""What tests of consumer groups share: a cluster with a topic, and members of any client that come and go."""

import confluent_kafka

from . import clients
from .members import Member, coordinator_partition, everything_read, wait_balanced
from .report import figures
from .suite import Case
from .wait import Stopwatch, until

PARTITIONS = 6
OFFSETS_PARTITIONS = 4
SETTINGS = ["--group-initial-rebalance-delay", "0ms", "--group-session-timeout-min", "1s",
            "--offsets-topic-partitions", str(OFFSETS_PARTITIONS)]


class GroupCase(Case):
    def formed(self, count=3):
        alone = ["--single-node"] if count == 1 else []
        cluster = self.cluster(count, arguments=SETTINGS + alone)
        cluster.start()
        clients.create_topic(cluster.bootstrap, "t", PARTITIONS, count)
        cluster.wait_in_sync("t", PARTITIONS)
        return cluster

    def member(self, name, cluster, group="g", client="rdkafka", program=None, **config):
        made = Member(name, cluster.bootstrap, group, "t", client, program, **config)
        self.addCleanup(made.put_away)
        return made

    def committed(self, cluster, group="g"):
        """{partition: committed offset} as the coordinator tells it."""
        asker = clients.consumer(cluster.bootstrap, group_id=group)
        places = [confluent_kafka.TopicPartition("t", each) for each in range(PARTITIONS)]

        def ask():
            try:
                return asker.committed(places, timeout=3.0)
            except confluent_kafka.KafkaException:
                return None

        try:
            told = until(ask, f"committed offsets of {group}", 60)
        finally:
            asker.close()
        return {each.partition: each.offset for each in told}

    def produce(self, cluster, count, start=0):
        records = [(each % PARTITIONS, b"k", b"%d" % each) for each in range(start, start + count)]
        produced = clients.produce_all(cluster.bootstrap, "t", records)
        self.assertEqual(len(produced.acknowledged), count)

    def wait_read(self, members, acknowledged, seconds=90.0):
        """Until everything that was acknowledged has been read by some member."""
        promised = {}
        for each in acknowledged:
            promised.setdefault(each.partition, set()).add(each.offset)

        def done():
            read = everything_read(members)
            return all(offsets <= read.get(partition, set()) for partition, offsets in promised.items())

        until(done, "every acknowledged record read", seconds)

    def wait_committed(self, cluster, ends, group="g"):
        told = {}

        def reached():
            told.update(self.committed(cluster, group))
            return told == ends

        try:
            until(reached, f"committed offsets {ends}", 60)
        except AssertionError as error:
            raise AssertionError(f"{error}; committed is {told}") from None

    def come_and_go(self, **how):
        """Three members; one is killed, one added, the coordinator dies with kill -9: every record is delivered.

        how   of each member
        """
        cluster = self.formed()
        stream = clients.Stream(cluster.bootstrap, "t", PARTITIONS, ahead=32).start()
        self.addCleanup(lambda: stream._stop.set())
        first, second, third = (self.member(name, cluster, **how) for name in ("first", "second", "third"))
        wait_balanced([first, second, third], PARTITIONS)

        clock = Stopwatch()
        third.kill()
        wait_balanced([first, second], PARTITIONS)
        figures.add("a killed member's partitions taken over s", clock.seconds())
        clock = Stopwatch()
        fourth = self.member("fourth", cluster, **how)
        wait_balanced([first, second, fourth], PARTITIONS)
        figures.add("a new member has its share s", clock.seconds())

        place = coordinator_partition("g", OFFSETS_PARTITIONS)
        coordinator = cluster.find_leader("__consumer_offsets", place)
        clock = Stopwatch()
        cluster[coordinator].kill()
        stream.wait_more(20)
        cluster.find_leader("__consumer_offsets", place, apart_from=coordinator)
        figures.add("next coordinator s", clock.seconds())
        cluster[coordinator].start().wait_ready()
        produced = stream.stop()
        self.assertIsNone(stream.fatal)
        members = [first, second, third, fourth]
        self.wait_read(members, produced.acknowledged)
        wait_balanced([first, second, fourth], PARTITIONS)

        ends = {each: len(stream.sent[each]) for each in range(PARTITIONS)}
        try:
            self.wait_committed(cluster, ends)
        except AssertionError as error:
            said = {each.name: (each.assigned, each.errors[-5:]) for each in members}
            raise AssertionError(f"{error}; members: {said}") from None
        for each in (first, second, fourth):
            each.leave()
        cluster.check()
