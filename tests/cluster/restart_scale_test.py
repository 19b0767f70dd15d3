# SPDX-License-Identifier: Apache-2.0
"""How soon a node with many partitions and much data serves again: killed under load, stopped, and with cold caches."""

import os
import re
import time

from harness import Case, Stopwatch, checkers, clients, figures, note, suite, until

suite.arguments(partitions=(60, "of the node; 1000 by hand"), gib=(0.06, "of records; 10 by hand"),
                record_bytes=(1000, "of each value"), rounds=(1, "restarts of each kind; 5 by hand"),
                killed_s=(0.0, "within which a killed node has to be ready; 0: it is measured only, 3 by hand"),
                stopped_s=(0.0, "the same of one that was stopped; 1 by hand"))
MIB = 1 << 20
PATTERN = bytes(range(32, 127)) * 1000
IN_A_ROW = 16  # records for one partition before the next has its turn, and in a batch
STREAMED = 3  # partitions that are written to when the node is killed
READY_SECONDS_MAX = 300.0
NO_SYNCS = ["--durability", "page-cache"]


def value_of(partition, number):
    return f"{partition}:{number}:".encode() + PATTERN[:suite.options.record_bytes]


class Restart(Case):
    def settings(self):
        """A journal of a tenth of it all, as the default is of 10 GiB; the rest has settled."""
        gib = suite.options.gib
        return ["--segment-bytes", "64MiB" if gib >= 1 else "4MiB",
                "--journal-bytes-max", str(max(8 * MIB, int(gib * 1024 * MIB / 10)))]

    def fill(self, one):
        """As many records for each partition, all of them acknowledged.

        Without syncs, each of which a handful of small batches would wait for: the next start syncs all of it.
        """
        one.arguments += NO_SYNCS
        one.start().wait_ready()
        partitions = suite.options.partitions
        rows = int(suite.options.gib * 1024 * MIB / len(value_of(0, 0)) / partitions / IN_A_ROW)
        clients.create_topic(one.address, "t", partitions, seconds=60)
        failed = []
        producer = clients.rdkafka_producer(one.address, enable_idempotence=True, linger_ms=20,
                                            batch_num_messages=IN_A_ROW, delivery_report_only_error=True)
        clients.known_topics(producer, "t")
        clock = Stopwatch()
        for row in range(rows):
            for partition in range(partitions):
                for number in range(row * IN_A_ROW, (row + 1) * IN_A_ROW):
                    self.put(producer, partition, number, failed)
        self.assertEqual(producer.flush(300), 0)
        self.assertEqual(failed[:1], [])
        figures.add("filled GiB", rows * IN_A_ROW * partitions * len(value_of(0, 0)) / (1024 * MIB))
        figures.add("filled, MB per s", rows * IN_A_ROW * partitions * len(value_of(0, 0)) / 1e6 / clock.seconds())
        self.assertEqual(one.terminate(120)[0], 0, one.tail())
        del one.arguments[-len(NO_SYNCS):]
        return rows * IN_A_ROW

    @staticmethod
    def wait_states(one):
        """Until the states that a start goes on from are those of now: every few seconds they are written."""
        states, filled = os.path.join(one.data, "partition-states"), time.time()
        clients.create_topic(one.address, "last", 1)
        clients.produce_all(one.address, "last", [(0, None, b"of all")])
        until(lambda: os.stat(states).st_mtime > filled, "states of the partitions", 60, every=0.1)

    @staticmethod
    def put(producer, partition, number, failed):
        while True:
            try:
                return producer.produce("t", value_of(partition, number), partition=partition,
                                        on_delivery=lambda error, _: failed.append(str(error)))
            except BufferError:
                producer.poll(0.1)

    @staticmethod
    def forget(folder):
        """Nothing of it is in the page cache any more."""
        for where, _, names in os.walk(folder):
            for name in names:
                descriptor = os.open(os.path.join(where, name), os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                finally:
                    os.close(descriptor)

    @staticmethod
    def bytes_read(one):
        with open(f"/proc/{one.pid}/io", encoding="ascii") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith("read_bytes:"))

    def started(self, one, kind):
        """Starts it, and adds up what that took."""
        before = os.path.getsize(one.log)
        one.start()
        took = one.wait_ready(READY_SECONDS_MAX)
        figures.add(f"{kind}: start to ready s", took)
        figures.add(f"{kind}: read from the disk MiB", self.bytes_read(one) / MIB)
        with open(one.log, "rb") as log:
            log.seek(before)
            said = log.read().decode("utf-8", "replace")
        self.assertIn("closed cleanly" if kind.startswith("stopped") else "not closed", said)
        records, segments = map(int, re.search(r"(\d+) records of \d+ groups in (\d+) segments", said).groups())
        figures.add(f"{kind}: records in the journal", records)
        figures.add(f"{kind}: segments of the journal", segments)
        # The clock of that line starts when the journal has been read.
        figures.add(f"{kind}: of it, after the journal s", int(re.search(r"ready after (\d+) ms", said)[1]) / 1000)
        note(f"{kind}: {took:.2f} s, {records} records in {segments} segments")
        return took

    def check_ends(self, one, count):
        """Each partition begins and ends where it did."""
        partitions = suite.options.partitions
        self.assertEqual(one.metric("kafka_topic_partition_current_offset", topic="t"), count * partitions)
        self.assertEqual(one.metric("kafka_topic_partition_oldest_offset", topic="t"), 0)

    def check_all(self, one, count):
        """Every record, by its offset."""
        following = [0] * suite.options.partitions

        def take(message):
            partition, number = message.partition(), following[message.partition()]
            following[partition] += 1
            if (message.offset(), message.value()) != (number, value_of(partition, number)):
                raise AssertionError(f"t-{partition}: record {number} is at {message.offset()}: "
                                     f"{message.value()[:40]!r}")

        clients.consume_each(one.address, "t", suite.options.partitions, take, seconds=1200)
        self.assertEqual(following, [count] * suite.options.partitions)
        figures.add("recovered", sum(following))

    def restart_killed(self, one, cold):
        """Killed while somebody writes, who goes on behind it."""
        kind = "killed, cold" if cold else "killed"
        topic = f"stream-{kind.replace(', ', '-')}"
        clients.create_topic(one.address, topic, STREAMED)
        stream = clients.Stream(one.address, topic, STREAMED).start()
        took = []
        for _ in range(suite.options.rounds):
            stream.wait_more(100, seconds=60)
            one.kill()
            if cold:
                self.forget(one.data)
            took.append(self.started(one, kind))
        produced = stream.stop()
        self.assertEqual((produced.uncertain, produced.refused), ([], []))
        checkers.stream(clients.consume_all(one.address, topic, STREAMED), stream)
        return took

    def restart_stopped(self, one, cold):
        kind = "stopped, cold" if cold else "stopped"
        took = []
        for _ in range(suite.options.rounds):
            code, seconds = one.terminate(120)
            self.assertEqual(code, 0, one.tail())
            figures.add("stop s", seconds)
            if cold:
                self.forget(one.data)
            took.append(self.started(one, kind))
        return took

    def test_a_node_serves_all_it_had_soon_after_a_kill_and_after_a_stop(self):
        one = self.broker(arguments=self.settings())
        count = self.fill(one)
        one.start().wait_ready(READY_SECONDS_MAX)
        self.wait_states(one)
        files = [os.path.join(where, name) for where, _, names in os.walk(one.data) for name in names]
        figures.add("files", len(files))
        figures.add("size of the files MiB", sum(map(os.path.getsize, files)) / MIB)
        took = {restart: [] for restart in (self.restart_killed, self.restart_stopped)}
        for restart, seconds in took.items():
            for cold in (False, True):
                seconds += restart(one, cold)
                self.check_ends(one, count)
        figures.add("memory after a start MiB", one.own_bytes() / MIB)
        self.check_all(one, count)
        self.assertEqual(one.terminate(120)[0], 0, one.tail())
        for seconds, bound in zip(took.values(), (suite.options.killed_s, suite.options.stopped_s)):
            if bound > 0:
                self.assertLessEqual(max(seconds), bound)


if __name__ == "__main__":
    suite.main()
