# SPDX-License-Identifier: Apache-2.0
"""Appends without end while the node is killed at random moments, without a pause: in the end each is there, once."""

import hashlib
import random
import threading

from harness import Case, Stopwatch, clients, dump, figures, note, suite, until

suite.arguments(appends=(10_000, "batches of one record; 1000000 by hand"), kills=(5, "at least"),
                seed=(1, "of the moments"), record_bytes=(100, "of each value"))
PARTITIONS = 8
AHEAD = 256  # records of a partition without an answer
APPENDS_MAX = 4000  # acknowledged from one kill to the next
STARTING_SHARE = 0.25  # of the kills come within a second of the start, ready or not


def value_of(partition, number, size):
    return f"{partition}:{number}:".encode().ljust(size, b"%d" % (number % 10))


class Appender:
    """Appends to one partition, a batch for each record, until stop(): record `number` is value_of(it).

    One idempotent producer writes the partition, and nothing is given up. So each record's offset is its number, and
    neither what was sent nor what was acknowledged has to be kept.
    """

    def __init__(self, bootstrap, topic, partition, size):
        self.sent = 0
        self.acknowledged = 0
        self.wrong = None
        self._topic = topic
        self._partition = partition
        self._size = size
        self._stop = threading.Event()
        self._producer = clients.rdkafka_producer(bootstrap, enable_idempotence=True, linger_ms=0,
                                                  batch_num_messages=1, message_timeout_ms=3600000,
                                                  request_timeout_ms=5000)
        self._thread = threading.Thread(target=self._run, name=f"appender {partition}")

    def start(self):
        self._thread.start()
        return self

    def _told(self, error, message):
        # Without an offset: the broker had it already, and the client has only heard so.
        if error is not None:
            self.wrong = self.wrong or f"record {self.acknowledged}: {error}"
        elif message.offset() not in (None, self.acknowledged):
            self.wrong = self.wrong or f"record {self.acknowledged} was acknowledged at offset {message.offset()}"
        self.acknowledged += 1

    def _run(self):
        while not self._stop.is_set() and self.wrong is None:
            if self.sent - self.acknowledged >= AHEAD:
                self._producer.poll(0.05)
                continue
            value = value_of(self._partition, self.sent, self._size)
            self._producer.produce(self._topic, value, partition=self._partition, on_delivery=self._told)
            self.sent += 1
            self._producer.poll(0)

    def stop(self):
        self._stop.set()
        self._thread.join()
        left = self._producer.flush(120)
        assert left == 0, f"{left} records of partition {self._partition} have no answer"


class Digest:
    """Of the values of a partition, in order, and that their offsets have no gap."""

    def __init__(self):
        self.count = 0
        self._hash = hashlib.sha256()

    def add(self, offset, value):
        if offset != self.count:
            raise AssertionError(f"record {self.count} has offset {offset}")
        self.count += 1
        self._hash.update(b"%d:%d:" % (offset, len(value)))
        self._hash.update(value)

    def told(self):
        return self.count, self._hash.hexdigest()


class KillsUnderLoad(Case):
    def life(self, one, appenders, chance):
        """Until the next kill. Most come to something, however slow the machine is."""
        if chance.random() < STARTING_SHARE:
            return self.pass_time(one, chance.uniform(0, 1))
        goal = sum(each.acknowledged for each in appenders) + chance.randint(0, APPENDS_MAX)

        def reached():
            one.check()
            self.assertEqual([each.wrong for each in appenders if each.wrong], [])
            return sum(each.acknowledged for each in appenders) >= goal

        until(reached, f"{goal} acknowledged", 300, every=0.001)
        return self.pass_time(one, chance.uniform(0, 0.02))

    @staticmethod
    def pass_time(one, seconds):
        clock = Stopwatch()
        until(lambda: one.check() or clock.seconds() >= seconds, "the moment", 30, every=0.001)

    def kill_until_enough(self, one, appenders, chance):
        kills = 0
        while sum(each.acknowledged for each in appenders) < suite.options.appends or kills < suite.options.kills:
            self.life(one, appenders, chance)
            one.kill()
            one.start()
            kills += 1
            if kills % 20 == 0:
                note(f"{kills} kills, {sum(each.acknowledged for each in appenders)} acknowledged")
        return kills

    @staticmethod
    def sent_digest(appender, partition):
        digest = Digest()
        for number in range(appender.sent):
            digest.add(number, value_of(partition, number, suite.options.record_bytes))
        return digest.told()

    def test_every_append_is_there_once_after_all_the_kills(self):
        one = self.broker(arguments=["--segment-bytes", "8MiB", "--journal-bytes-max", "64MiB"])
        one.start().wait_ready()
        clients.create_topic(one.address, "t", PARTITIONS)
        appenders = [Appender(one.address, "t", partition, suite.options.record_bytes).start()
                     for partition in range(PARTITIONS)]
        clock = Stopwatch()
        kills = self.kill_until_enough(one, appenders, random.Random(suite.options.seed))
        took = clock.seconds()
        one.wait_ready()
        for each in appenders:
            each.stop()
        self.assertEqual([each.wrong for each in appenders if each.wrong], [])
        appends = sum(each.sent for each in appenders)
        self.assertEqual(sum(each.acknowledged for each in appenders), appends)
        figures.add("appends", appends)
        figures.add("kills", kills)
        figures.add("appends per s, kills included", appends / took)

        wanted = [self.sent_digest(each, partition) for partition, each in enumerate(appenders)]
        read = [Digest() for _ in range(PARTITIONS)]
        clients.consume_each(one.address, "t", PARTITIONS,
                             lambda message: read[message.partition()].add(message.offset(), message.value()),
                             seconds=600)
        self.assertEqual([each.told() for each in read], wanted)
        self.assertEqual(one.terminate()[0], 0, one.tail())
        # And so it is on the disk: an entry of the log for each.
        stored = dump.dump_log(one)
        for partition in range(PARTITIONS):
            digest = Digest()
            for record in stored["t", partition]:
                digest.add(record.offset, record.value)
            self.assertEqual(digest.told(), wanted[partition])
        figures.add("batches on the disk", sum(len(stored["t", partition].batches) for partition in range(PARTITIONS)))

    def test_a_digest_tells_what_is_lost_doubled_or_changed(self):
        def of(*records):
            digest = Digest()
            for offset, value in records:
                digest.add(offset, value)
            return digest.told()

        whole = of((0, b"a"), (1, b"b"))
        self.assertEqual(whole, of((0, b"a"), (1, b"b")))
        for other in (of((0, b"a")), of((0, b"a"), (1, b"a")), of((0, b"ab"), (1, b"")), of((0, b"b"), (1, b"a"))):
            self.assertNotEqual(whole, other)
        for offset in (0, 2):
            with self.assertRaises(AssertionError):
                of((0, b"a"), (offset, b"b"))


if __name__ == "__main__":
    suite.main()
