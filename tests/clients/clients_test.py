# SPDX-License-Identifier: Apache-2.0
"""Clients in other languages, each a program of its own; what they wrote is read again by librdkafka."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "python"), str(HERE.parent / "cluster")]

import confluent_kafka

import check
import programs
from harness import Broker, Case, Stopwatch, checkers, clients, figures, note, suite
from programs import need, run

COUNT = 1000
# rskafka speaks of topics and partitions only.
WITHOUT_GROUPS = {"rust"}


class Clients(Case):
    @classmethod
    def setUpClass(cls):
        cls.one = Broker(cls.folder_of("shared"), arguments=["--group-initial-rebalance-delay", "0ms"])
        cls.addClassCleanup(cls.one.put_away)
        cls.one.start().wait_ready()

    def round_trip(self, name, *command, cwd, **variables):
        topic = f"of-{name}"
        clock = Stopwatch()
        told = run(*command, self.one.address, topic, COUNT, cwd=cwd, seconds=180, **variables)
        self.check_round_trip(name, topic, told, clock)

    def check_committed(self, topic, read):
        """The program has committed all that there is, as the group that is named after its topic."""
        asker = clients.consumer(self.one.address, group_id=f"{topic}-group")
        places = [confluent_kafka.TopicPartition(topic, each) for each in range(check.PARTITIONS)]
        told = {each.partition: each.offset for each in asker.committed(places, timeout=20)}
        asker.close()
        self.assertEqual(told, {partition: len(records) for partition, records in read.items()})

    def check_round_trip(self, name, topic, told, clock):
        figures.add(f"{name} s", clock.seconds())
        self.assertIn(f"ok {COUNT}", told)
        self.one.check()
        read = clients.consume_all(self.one.address, topic, check.PARTITIONS)
        for partition, records in read.items():
            checkers.gapless(records, where=f"{topic}-{partition}")
        found = sorted((each.key, each.value) for records in read.values() for each in records)
        self.assertEqual(found, sorted((check.key(each), check.value(each)) for each in range(COUNT)))
        if name not in WITHOUT_GROUPS:
            self.check_committed(topic, read)
        note(f"{name}: {told.strip().splitlines()[-1]}")

    def test_java(self):
        folder = programs.java()
        topic, clock = "of-java", Stopwatch()
        told = run("mvn", "-q", "-B", "exec:java", f"-Dexec.args={self.one.address} {topic} {COUNT}", cwd=folder,
                   seconds=180)
        self.check_round_trip("java", topic, told, clock)

    def test_java_admin(self):
        folder = programs.java()
        told = run("mvn", "-q", "-B", "exec:java", "-Dexec.mainClass=Administer",
                   f"-Dexec.args={self.one.address} administered {COUNT}", cwd=folder, seconds=180)
        self.assertIn(f"ok {COUNT}", told)
        self.one.check()
        starts = {place: low for place, (low, _) in clients.watermarks(self.one.address, "administered", 3).items()}
        self.assertEqual(starts, {0: COUNT // 2, 1: 0, 2: 0})

    def go(self, name):
        program, folder = programs.go(name)
        self.round_trip(name, program, cwd=folder)

    def test_go_franz(self):
        self.go("franz")

    def test_go_sarama(self):
        self.go("sarama")

    def test_go_segmentio(self):
        self.go("segmentio")

    def node(self, name):
        self.round_trip(name, "node", f"{name}.js", cwd=programs.node())

    def test_node_kafkajs(self):
        self.node("kafkajs")

    def test_node_platformatic(self):
        self.node("platformatic")

    def test_rust(self):
        need("cargo")
        folder = programs.copied("rust")
        run("cargo", "build", "--quiet", "--locked", cwd=folder, seconds=900)
        self.round_trip("rust", folder / "target" / "debug" / "chronik-rust-client", cwd=folder)

    def python(self, name):
        self.round_trip(name, "venv/bin/python", f"{name}.py", cwd=programs.python())

    def test_python_confluent(self):
        self.python("confluent")

    def test_python_kafka_python(self):
        self.python("kafka_python")

    def test_python_aio(self):
        self.python("aio")


if __name__ == "__main__":
    suite.main()
