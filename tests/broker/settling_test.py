# SPDX-License-Identifier: Apache-2.0
"""A journal that is too long moves into files of the partitions: everything stays readable until retention drops it."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))

import confluent_kafka
from harness import Case, checkers, clients, dump, figures, suite, until, wire

MIB = 1 << 20
PARTITIONS = 3
# The smallest journal: 4 MiB a file, and settling begins when three are in use.
SMALL = {"CHRONIK_SEGMENT_BYTES": "4MiB", "CHRONIK_JOURNAL_BYTES_MAX": "8MiB"}


def numbered(first, count, size):
    return [(number % PARTITIONS, b"k%d" % (number % 7), (b"%d:" % number).ljust(size, b"v"))
            for number in range(first, first + count)]


class Settling(Case):
    def produce(self, one, topic, first, count, size=20_000):
        produced = clients.produce_all(one.address, topic, numbered(first, count, size), linger_ms=5)
        self.assertEqual((len(produced.acknowledged), len(produced.uncertain), len(produced.refused)), (count, 0, 0))
        return produced.acknowledged

    def check_all(self, one, topic, acknowledged, starts=(0,) * PARTITIONS):
        read = clients.consume_all(one.address, topic, PARTITIONS)
        for partition in range(PARTITIONS):
            checkers.gapless(read[partition], starts[partition])
            checkers.acknowledged_is_present(read[partition],
                                             [each for each in acknowledged if each.partition == partition])

    def test_everything_is_read_back_from_both_places_and_after_a_kill(self):
        one = self.broker(settings=SMALL)
        one.start().wait_ready()
        clients.create_topic(one.address, "long", PARTITIONS)
        acknowledged = self.produce(one, "long", 0, 2000)
        until(lambda: len(one.file_bytes(".data")) >= PARTITIONS, "settled files of every partition")
        acknowledged += self.produce(one, "long", 2000, 200)
        self.check_all(one, "long", acknowledged)
        one.kill()
        stored = dump.dump_log(one)
        for partition in range(PARTITIONS):
            checkers.acknowledged_is_present(stored[("long", partition)],
                                             [each for each in acknowledged if each.partition == partition])
        one.start().wait_ready()
        self.check_all(one, "long", acknowledged)
        acknowledged += self.produce(one, "long", 2200, 300)
        self.check_all(one, "long", acknowledged)
        figures.add("settled bytes", sum(one.file_bytes(".data").values()))
        figures.add("journal files", len(one.file_bytes(".journal")))
        # Where the file system can write around its cache, what has settled was read from the device.
        for reason in ("fetch", "ahead"):
            figures.add(f"cold reads, {reason}", one.metric("chronik_broker_cold_reads_total", reason=reason))
        self.assertEqual(one.metric("chronik_broker_cold_reads_failed_total"), 0)
        self.assertGreater(sum(one.file_bytes(".data").values()), 20 * MIB)
        self.assertLess(len(one.file_bytes(".journal")), 14)

    def test_retention_by_size_moves_the_log_start_and_it_stays_moved(self):
        one = self.broker(settings=SMALL)
        one.start().wait_ready()
        clients.create_topic(one.address, "short", PARTITIONS,
                             config={"retention.bytes": str(2 * MIB), "segment.bytes": str(1 * MIB)})
        acknowledged = self.produce(one, "short", 0, 2500)

        def starts():
            return [low for low, _ in clients.watermarks(one.address, "short", PARTITIONS).values()]

        until(lambda: all(start > 100 for start in starts()), "a log start that has moved in every partition")
        before = starts()
        reader = clients.consumer(one.address)
        self.addCleanup(reader.close)
        reader.assign([confluent_kafka.TopicPartition("short", 0, 1)])
        errors = []
        until(lambda: errors.extend(each.error().code() for each in reader.consume(10, 0.2) if each.error()) or errors,
              "the refusal of an offset that is gone")
        self.assertIn(errors[0], (confluent_kafka.KafkaError._AUTO_OFFSET_RESET,
                                  confluent_kafka.KafkaError.OFFSET_OUT_OF_RANGE))
        one.kill()
        one.start().wait_ready()
        self.assertTrue(all(after >= start for after, start in zip(starts(), before)), (before, starts()))
        # What has settled since goes as well; nothing more is to go while it is read.
        self.assertEqual(wire.alter_configs(one.port, "short", retention_bytes="-1"), (0, None))
        now = starts()
        self.check_all(one, "short", [each for each in acknowledged if each.offset >= now[each.partition]], now)


if __name__ == "__main__":
    suite.main()
