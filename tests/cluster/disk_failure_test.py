# SPDX-License-Identifier: Apache-2.0
"""A disk that fails: nothing is acknowledged that is not on it, the broker ends with 3, and a start finds it all."""

import os
import random

from harness import Case, FailingSync, Stopwatch, checkers, clients, disks, dump_directory, figures, note, suite, until
from harness import wire
from harness.prober import batch_of

suite.arguments(rounds=(4, "disks that lose their power; 100 by hand"), seed=(1, "of the moments"),
                syncs=("1,2,7,40", "which sync fails, counted from some moment under load; each on a disk of its own"))
STORAGE = 3
NOT_ENOUGH_REPLICAS_AFTER_APPEND = 20
PARTITIONS = 3
# Few records in each file, so that segments are made and records settle meanwhile.
SETTINGS = ["--segment-bytes", "4MiB", "--journal-bytes-max", "8MiB"]


class DiskFailure(Case):
    def started(self, disk, *arguments):
        one = self.broker(os.path.basename(disk.where).replace("disk", "node"), arguments=[*SETTINGS, *arguments])
        one.data = disk.data
        # A process that is traced cannot look for its leaks at its end.
        one.settings["ASAN_OPTIONS"] = "detect_leaks=0"
        one.start().wait_ready()
        return one

    def stream(self, one, topic, size):
        clients.create_topic(one.address, topic, PARTITIONS)
        return clients.Stream(one.address, topic, PARTITIONS, size=size).start()

    def ended(self, one, disk, stream):
        """The broker ends by itself; then the disk has what a sync has covered, and all that was acknowledged."""
        self.assertEqual(one.wait_end(60), STORAGE, one.tail())
        said = one.tail(1000).rsplit("\n--- ", 1)[-1]  # since its last start
        self.assertIn("storage failed", said)
        self.assertIn("Input/output error", said)
        acknowledged = list(stream.produced.acknowledged)
        # After the failed sync the page cache still has what the disk does not: who asked that could not fail.
        disk.cut_power()
        disk.restore_power()
        stored = dump_directory(one.data)
        for partition in range(PARTITIONS):
            read, where = stored.get((stream.topic, partition), []), f"disk: {stream.topic}-{partition}"
            checkers.gapless(read, where=where)
            checkers.exactly_once(read, where)
            checkers.acknowledged_is_present(read, [each for each in acknowledged if each.partition == partition],
                                             where)
            checkers.nothing_invented(read, list(stream.sent[partition]), where)
        return len(acknowledged)

    def goes_on(self, one, stream):
        """On a disk that works again."""
        one.start()
        figures.add("recovery: start to ready s", one.wait_ready())
        produced = stream.stop()
        figures.count("acknowledged", len(produced.acknowledged))
        # A client may take KAFKA_STORAGE_ERROR for the end; what it has given up may be there.
        figures.count("given up by the client", len(produced.uncertain) + len(produced.refused))
        read = clients.consume_all(one.address, stream.topic, PARTITIONS)
        whole = not produced.uncertain and not produced.refused
        figures.count("recovered", checkers.stream(read, stream, everything_acknowledged=whole))
        more = clients.produce_all(one.address, stream.topic, [(0, b"k", b"after")])
        self.assertEqual(len(more.acknowledged), 1)

    def test_after_the_nth_sync_that_fails_nothing_is_acknowledged(self):
        for nth in map(int, suite.options.syncs.split(",")):
            with self.subTest(nth=nth):
                disk = self.disk(f"disk-{nth}")
                one = self.started(disk)
                stream = self.stream(one, "t", 512)
                stream.wait_more(50)
                failing = FailingSync(one, nth)
                before = self.ended(one, disk, stream)
                self.assertGreaterEqual(failing.failed(), 1)
                self.goes_on(one, stream)
                note(f"sync {nth} failed: {before} acknowledged before, {stream.acknowledged()} in all")
                self.assertEqual(one.terminate()[0], 0, one.tail())

    def test_what_was_acknowledged_is_there_after_the_disk_has_lost_its_power(self):
        chance = random.Random(suite.options.seed)
        disk = self.disk()
        one = self.started(disk)
        for number in range(suite.options.rounds):
            stream = self.stream(one, f"t{number}", chance.choice((64, 512, 4096)))
            stream.wait_more(chance.randint(1, 400), partitions=[chance.randrange(PARTITIONS)])
            moment, clock = chance.uniform(0, 0.1), Stopwatch()
            until(lambda: clock.seconds() >= moment, "the moment", 30, every=0.001)
            disk.cut_power()
            before = self.ended(one, disk, stream)
            self.goes_on(one, stream)
            clients.delete_topic(one.address, stream.topic)
            note(f"round {number + 1}: {before} acknowledged before, {stream.acknowledged()} in all")
        self.assertEqual(one.terminate()[0], 0, one.tail())

    def test_who_waits_for_a_sync_that_fails_is_told_that_the_record_may_be_there(self):
        one = self.started(self.disk())
        clients.create_topic(one.address, "t")
        failing = FailingSync(one, 1)
        with wire.Connection(one.port, 30.0) as connection:
            # Until the tracer holds the thread that syncs, records are acknowledged.
            told = until(lambda: wire.produce_on(connection, "t", 0, batch_of(b"x"), 20_000)[0], "a refusal", 60,
                         every=0.001)
        self.assertEqual(told, NOT_ENOUGH_REPLICAS_AFTER_APPEND)
        self.assertEqual(one.wait_end(60), STORAGE, one.tail())
        self.assertGreaterEqual(failing.failed(), 1)

    def test_who_syncs_nothing_starts_again_when_the_power_goes_in_its_first_seconds(self):
        """What it knows of its cluster is on the disk by then, and no record."""
        disk = self.disk()
        one = self.started(disk, "--durability", "page-cache")
        for turn in range(3):
            clients.create_topic(one.address, "t")
            self.assertEqual(len(clients.produce_all(one.address, "t", [(0, b"k", b"v")]).acknowledged), 1)
            one.kill()
            disk.cut_power()
            disk.restore_power()
            self.assertEqual(dump_directory(one.data).get(("t", 0), []), [], f"turn {turn}")
            one.start().wait_ready()

    def test_only_what_was_not_synced_goes_with_the_power(self):
        """As page-cache says of itself; and so the disks of these tests do lose what the others look for."""
        for durability in ("sync", "page-cache"):
            with self.subTest(durability=durability):
                disk = self.disk(f"disk-{durability}")
                one = self.started(disk, "--durability", durability)
                clients.create_topic(one.address, "t")
                produced = clients.produce_all(one.address, "t", [(0, b"k", b"%d" % each) for each in range(100)])
                self.assertEqual(len(produced.acknowledged), 100)
                # Before the power goes: a broker that still runs may meet a dark disk first, and end by itself.
                one.kill()
                disk.cut_power()
                disk.restore_power()
                stored = dump_directory(one.data).get(("t", 0), [])
                if durability == "sync":
                    checkers.acknowledged_is_present(stored, produced.acknowledged)
                else:
                    with self.assertRaisesRegex(checkers.Broken, "is lost"):
                        checkers.acknowledged_is_present(stored, produced.acknowledged)


if __name__ == "__main__":
    disks.own_mounts()
    suite.main()
