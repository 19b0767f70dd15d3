# SPDX-License-Identifier: Apache-2.0
"""Clients in other languages, each a program of its own; what they wrote is read again by librdkafka."""

import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cluster"))

import confluent_kafka

from harness import Broker, Case, Stopwatch, checkers, clients, figures, note, suite

COUNT = 1000
# rskafka speaks of topics and partitions only.
WITHOUT_GROUPS = {"rust"}
BUILD = pathlib.Path(os.environ.get("CHRONIK_CLIENTS_BUILD", HERE.parents[1] / "build" / "clients"))
sys.path.insert(0, str(HERE / "python"))
import check


def need(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            raise AssertionError(f"{tool} is not installed, and --clients asks for it: see tests/clients/README.md")


def run(*command, cwd, seconds, **variables):
    done = subprocess.run([str(word) for word in command], cwd=cwd, timeout=seconds, check=False, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, **variables})
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout[-6000:]}")
    return done.stdout


def copied(language):
    """The program's sources in the build folder, so that building leaves the repository clean."""
    folder = BUILD / language
    shutil.copytree(HERE / language, folder, dirs_exist_ok=True)
    return folder


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
        need("mvn", "java")
        folder = copied("java")
        run("mvn", "-q", "-B", "compile", cwd=folder, seconds=600)
        topic, clock = "of-java", Stopwatch()
        told = run("mvn", "-q", "-B", "exec:java", f"-Dexec.args={self.one.address} {topic} {COUNT}", cwd=folder,
                   seconds=180)
        self.check_round_trip("java", topic, told, clock)

    def test_java_admin(self):
        need("mvn", "java")
        folder = copied("java")
        run("mvn", "-q", "-B", "compile", cwd=folder, seconds=600)
        told = run("mvn", "-q", "-B", "exec:java", "-Dexec.mainClass=Administer",
                   f"-Dexec.args={self.one.address} administered {COUNT}", cwd=folder, seconds=180)
        self.assertIn(f"ok {COUNT}", told)
        self.one.check()
        starts = {place: low for place, (low, _) in clients.watermarks(self.one.address, "administered", 3).items()}
        self.assertEqual(starts, {0: COUNT // 2, 1: 0, 2: 0})

    def go(self, name):
        need("go")
        folder = copied("go")
        run("go", "build", "-o", folder / "bin" / name, f"./{name}", cwd=folder, seconds=600)
        self.round_trip(name, folder / "bin" / name, cwd=folder)

    def test_go_franz(self):
        self.go("franz")

    def test_go_sarama(self):
        self.go("sarama")

    def test_go_segmentio(self):
        self.go("segmentio")

    def node(self, name):
        need("node", "npm")
        folder = copied("node")
        run("npm", "ci", "--no-audit", "--no-fund", cwd=folder, seconds=300)
        self.round_trip(name, "node", f"{name}.js", cwd=folder)

    def test_node_kafkajs(self):
        self.node("kafkajs")

    def test_node_platformatic(self):
        self.node("platformatic")

    def test_rust(self):
        need("cargo")
        folder = copied("rust")
        run("cargo", "build", "--quiet", "--locked", cwd=folder, seconds=900)
        self.round_trip("rust", folder / "target" / "debug" / "chronik-rust-client", cwd=folder)

    def python(self, name):
        folder = copied("python")
        if not (folder / "venv" / "bin" / "pip").exists():
            run(sys.executable, "-m", "venv", "venv", cwd=folder, seconds=120)
        run("venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt", cwd=folder,
            seconds=300)
        self.round_trip(name, "venv/bin/python", f"{name}.py", cwd=folder)

    def test_python_confluent(self):
        self.python("confluent")

    def test_python_kafka_python(self):
        self.python("kafka_python")

    def test_python_aio(self):
        self.python("aio")


if __name__ == "__main__":
    suite.main()
