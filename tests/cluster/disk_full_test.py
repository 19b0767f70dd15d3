# SPDX-License-Identifier: Apache-2.0
"""A real disk that fills up: producers are told to try again, readers go on, and with space again so does writing."""

import time

from harness import Case, Stopwatch, admin, bound, checkers, clients, disks, dump, figures, suite, until, wire
from harness.prober import batch_of

suite.arguments(mebibytes=(400, "of the disk"))
PARTITIONS = 3
RECORD_BYTES = 8192
# Small files, and few of them in the journal: what is full first is the journal, or what has settled from it.
SETTINGS = ["--segment-bytes", "8MiB", "--journal-bytes-max", "32MiB"]
LEFT_MIB = 160  # of the disk, while it has its ballast
STILL_SECONDS = 2.0
PROBES = (900_000, 60_000, 4_000, 300)  # bytes
# What Kafka's clients send again, whatever they are set to: Errors.java, RetriableException.
RETRIABLE = {"REQUEST_TIMED_OUT": 7, "NOT_ENOUGH_REPLICAS": 19, "NOT_ENOUGH_REPLICAS_AFTER_APPEND": 20,
             "KAFKA_STORAGE_ERROR": 56}
NAMES = {code: name for name, code in RETRIABLE.items()}


class DiskFull(Case):
    def started(self):
        """A broker on a disk of its own that is nearly full, and a producer that goes on until it is."""
        disk = self.disk(mebibytes=suite.options.mebibytes)
        disk.take(suite.options.mebibytes - LEFT_MIB)
        one = self.broker(arguments=SETTINGS)
        one.data = disk.data
        one.start().wait_ready()
        clients.create_topic(one.address, "t", PARTITIONS)
        clients.create_topic(one.address, "probes", len(PROBES))
        stream = clients.Stream(one.address, "t", PARTITIONS, size=RECORD_BYTES,
                                config={"message_timeout_ms": 600000}).start()
        clock = Stopwatch()
        until(lambda: self.goes_on(one, stream) and one.metric("chronik_journal_no_space_total"), "no space", 400)
        figures.add("until it was full s", clock.seconds())
        left = disk.free_bytes()
        disk.take_rest()
        self.wait_still(one, stream)
        figures.add("left when full MiB", left / (1 << 20))
        return disk, one, stream

    def goes_on(self, one, stream):
        one.check()
        self.assertIsNone(stream.fatal)
        return True

    def wait_still(self, one, stream):
        """Until nothing has been acknowledged for a while: what had been made ready is used up as well."""
        still, seen = Stopwatch(), -1

        def quiet():
            nonlocal still, seen
            self.goes_on(one, stream)
            if (now := stream.acknowledged()) != seen:
                still, seen = Stopwatch(), now
            return still.seconds() > STILL_SECONDS

        until(quiet, "a producer that has to wait", 60)

    def fill_room(self, one):
        """Uses up what is left in the newest file of the journal, and returns what producers are told then, by name.

        A record that has to wait holds up what comes behind it, so each size has a partition of its own.
        """
        told = set()
        for partition, size in enumerate(PROBES):
            def refused(partition=partition, size=size):
                return wire.produce(one.port, "probes", partition, batch_of(b"p" * size), timeout_ms=1000)[0]

            code = until(refused, f"no room for {size} bytes", 60)
            self.assertIn(code, NAMES, "an error that producers do not try again after")
            told.add(NAMES[code])
        return told

    def read_back(self, one, acknowledged):
        read = clients.consume_all(one.address, "t", PARTITIONS)
        for partition in range(PARTITIONS):
            where = f"t-{partition}"
            checkers.gapless(read[partition], where=where)
            checkers.acknowledged_is_present(read[partition],
                                             [each for each in acknowledged if each.partition == partition], where)
        return sum(map(len, read.values()))

    def write_on(self, one, stream):
        """Everything that was sent is acknowledged, once, in its order, and on the disk."""
        stream.wait_more(500, seconds=60)
        produced = stream.stop()
        self.assertEqual((produced.uncertain, produced.refused), ([], []))
        figures.count("acknowledged", len(produced.acknowledged))
        read = clients.consume_all(one.address, "t", PARTITIONS)
        figures.count("recovered", checkers.stream(read, stream))
        self.assertEqual(one.terminate()[0], 0, one.tail())
        stored = dump.dump_log(one)
        for partition in range(PARTITIONS):
            self.assertEqual(list(stored["t", partition]), read[partition], f"the log of t-{partition} on the disk")

    def test_producers_are_told_to_try_again_readers_go_on_and_with_space_again_writing_does(self):
        disk, one, stream = self.started()
        process = one.pid

        figures.add("told on a full disk", ", ".join(sorted(self.fill_room(one))))
        # Only now: a large batch that gives up waiting makes way for a small one, which may have found room until here.
        acknowledged = list(stream.produced.acknowledged)
        figures.add("read on a full disk", self.read_back(one, acknowledged))
        self.assertEqual(admin.get(one.http_port, "/health")[0], 200)
        self.assertEqual(one.metric("chronik_journal_failed"), 0)
        # So all of that was while it was full.
        self.assertEqual(stream.acknowledged(), len(acknowledged))

        disk.give_back()
        given_back = time.monotonic()
        stream.wait_more(1, seconds=60)
        for partition in range(PARTITIONS):
            times = stream.times[partition]
            figures.add("space again, next acknowledgement s",
                        min(each for each in times if each > given_back) - given_back)
        self.write_on(one, stream)
        self.assertEqual(one.pid, process)

    def test_who_is_killed_on_a_full_disk_comes_back_when_there_is_space(self):
        disk, one, stream = self.started()
        self.fill_room(one)
        one.kill()
        one.start()
        until(lambda: admin.get(one.http_port, "/ready")[0], "a start on a full disk", 60)
        clock = Stopwatch()
        # It stays, and waits: to lead a partition it has to write.
        until(lambda: self.assertFalse(one.is_ready()) or clock.seconds() > STILL_SECONDS, "that it waits", 60,
              every=0.1)
        disk.give_back()
        clock = Stopwatch()
        until(one.is_ready, "ready once there is space", bound(30))
        figures.add("killed on a full disk, space again: ready after s", clock.seconds())
        self.write_on(one, stream)


if __name__ == "__main__":
    disks.own_mounts()
    suite.main()
