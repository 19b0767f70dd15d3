# SPDX-License-Identifier: Apache-2.0
"""A steady load for long while retention deletes and compaction cleans: how late, and that nothing grows.

    CHRONIK_LOAD=build/release/bench/broker/broker-load CHRONIK_BROKER=build/release/example/broker/chronik-broker \\
        /usr/bin/python3 tests/bench/soak_test.py --minutes 30 --megabytes-per-second 50 --disk /var/tmp
"""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cluster"))

from harness import Case, clients, figures, note, suite, until  # noqa: E402
from harness.broker import environment, program  # noqa: E402

LOAD = os.environ["CHRONIK_LOAD"]
suite.arguments(minutes=(0.5, "of the load; 30 by hand"), megabytes_per_second=(10.0, "of both topics; 50 by hand"))
MIB = 1 << 20
RECORD_BYTES = 1024
KEYS = 2000
PARTITIONS = {"deleted": 8, "compacted": 2}
SHARE = {"deleted": 0.8, "compacted": 0.2}
STRETCHES_MIN = 3
# With fewer, a third of them says nothing about growth.
STRETCHES_JUDGED_MIN = 9
# What the last third of a run may have more than the middle one: a share, and what an idle process moves by.
GROWTH = {"own memory MiB": (1.05, 16), "open files": (1.1, 16), "files": (1.1, 16), "data MiB": (1.1, 64)}


def grown(rows):
    """What the last third of a run has more of than the middle one, by name."""
    at = len(rows) // 3
    for name, (share, spare) in GROWTH.items():
        middle, last = (max(row[name] for row in part) for part in (rows[at:2 * at], rows[2 * at:]))
        if last > middle * share + spare:
            yield f"{name}: {[row[name] for row in rows]}"


class Soak(Case):
    def settings(self):
        """What a run writes is many times what the journal and the deleted topic may keep."""
        all_bytes = suite.options.minutes * 60 * suite.options.megabytes_per_second * 1e6
        self.journal = min(1024 * MIB, max(8 * MIB, int(all_bytes / 16)))
        self.kept = max(2 * MIB, min(256 * MIB, int(all_bytes / 16 / PARTITIONS["deleted"])))
        run = max(MIB, self.kept // 4)
        self.configs = {
            "deleted": {"retention.bytes": str(self.kept), "segment.bytes": str(run)},
            "compacted": {"cleanup.policy": "compact", "segment.bytes": str(max(MIB, min(run, 16 * MIB))),
                          "min.cleanable.dirty.ratio": "0.3"}}
        return ["--bind-addr", "127.0.0.1", "--segment-bytes", "64MiB" if self.journal >= 512 * MIB else "4MiB",
                "--journal-bytes-max", str(self.journal)]

    def load(self, one, topic, seconds):
        """An open loop: a broker that stands still is charged for all that was due meanwhile."""
        rate = suite.options.megabytes_per_second * 1e6 * SHARE[topic] / RECORD_BYTES
        keys = ["--keys", str(KEYS)] if topic == "compacted" else []
        return subprocess.Popen([LOAD, "produce", "--bootstrap", one.address, "--topic", topic, "--producers", "2",
                                 "--record-bytes", str(RECORD_BYTES), "--rate", f"{rate:.0f}", "--warm-up", "0",
                                 "--seconds", str(seconds), *keys], stdout=subprocess.PIPE, text=True)

    def look(self, one):
        one.check()
        files = one.file_bytes()
        seen = {"own memory MiB": one.own_bytes() / MIB, "open files": len(os.listdir(f"/proc/{one.pid}/fd")),
                "files": len(files), "data MiB": sum(files.values()) / MIB}
        for name, value in seen.items():
            self.seen[name] = max(self.seen.get(name, 0), value)

    def stretch(self, one, seconds):
        """A part of the run: what producers saw, and the most of everything that may grow."""
        self.seen = {}
        loads = {topic: self.load(one, topic, seconds) for topic in PARTITIONS}
        for each in loads.values():
            self.addCleanup(each.kill)

        def over():
            self.look(one)
            return all(each.poll() is not None for each in loads.values())

        # An answer of broker-load is small enough to wait in its pipe.
        until(over, "the end of the load", seconds + 120, every=1.0)
        told = {topic: json.loads(each.communicate()[0]) for topic, each in loads.items()}
        for topic, answer in told.items():
            self.assertEqual((loads[topic].returncode, answer["failures"]), (0, []), topic)
            self.produced[topic] += answer["counts"]["acknowledged"]
        late = told["deleted"]["latency_us"]
        records = sum(each["counts"]["acknowledged"] for each in told.values())
        return {**{f"{each} ms": late[each] / 1000 for each in ("p50", "p99", "p99.9", "max")},
                "MB per s": records * RECORD_BYTES / 1e6 / seconds, **self.seen}

    def check_retention(self, one):
        """Each partition has lost its beginning, and keeps what it has to."""
        def begun():
            return clients.watermarks(one.address, "deleted", PARTITIONS["deleted"])

        until(lambda: all(low > 0 for low, _ in begun().values()), "a log start that has moved everywhere", 30)
        marks = begun()
        for low, high in marks.values():
            # What is kept counts with the headers of batches and records.
            self.assertGreaterEqual((high - low) * RECORD_BYTES, 0.9 * min(self.kept, high * RECORD_BYTES))
        self.assertEqual(sum(high for _, high in marks.values()), self.produced["deleted"])
        figures.add("deleted by retention, share of it",
                    sum(low for low, _ in marks.values()) / self.produced["deleted"])

    def check_compaction(self, one):
        """Runs have been cleaned, records are fewer than were written, and no key is gone."""
        folder = os.path.join(one.data, "journal")
        cleaned = until(lambda: [name for name in os.listdir(folder) if name.endswith(".data")
                                 and name.count("-") == 3], "cleaned runs", 60)
        keys = set()
        counts = clients.consume_each(one.address, "compacted", PARTITIONS["compacted"],
                                      lambda message: keys.add(message.key()), seconds=300)
        self.assertEqual(len(keys), KEYS)
        self.assertLess(sum(counts.values()), self.produced["compacted"])
        figures.add("cleaned runs", len(cleaned))
        figures.add("left by compaction, share of it", sum(counts.values()) / self.produced["compacted"])

    def test_nothing_grows_under_a_steady_load_with_retention_and_compaction(self):
        one = self.broker(arguments=self.settings())
        one.start().wait_ready(120)
        for topic, partitions in PARTITIONS.items():
            clients.create_topic(one.address, topic, partitions, config=self.configs[topic])
        self.produced = dict.fromkeys(PARTITIONS, 0)
        count = max(STRETCHES_MIN, round(suite.options.minutes))
        rows = []
        for number in range(count):
            rows.append(self.stretch(one, suite.options.minutes * 60 / count))
            figures.row("by stretch", number=number + 1, **rows[-1])
            for name, value in rows[-1].items():
                figures.add(name, value)
            note(", ".join(f"{name} {value:.4g}" for name, value in rows[-1].items()))
        self.check_retention(one)
        self.check_compaction(one)
        if count >= STRETCHES_JUDGED_MIN:
            self.assertEqual(list(grown(rows)), [])
        self.assertEqual(one.terminate(120)[0], 0, one.tail())
        done = subprocess.run([program(), "verify", "--data-dir", one.data], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, env=environment(), timeout=900, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_growth_is_told_from_a_beginning_and_from_ups_and_downs(self):
        calm = {"own memory MiB": 100, "open files": 100, "files": 300, "data MiB": 3000}
        beginning = [{name: value * share for name, value in calm.items()} for share in (0.2, 0.5, 0.9)]
        wavering = [{name: value * share for name, value in calm.items()} for share in (1, 0.9, 1.02, 0.95, 0.9, 1.03)]
        self.assertEqual(list(grown([*beginning, *wavering])), [])
        for name in GROWTH:
            rising = [{**row, name: row[name] * (1 + 0.1 * at)} for at, row in enumerate(wavering)]
            told, = grown([*beginning, *rising])
            self.assertTrue(told.startswith(name), told)


if __name__ == "__main__":
    suite.main()
