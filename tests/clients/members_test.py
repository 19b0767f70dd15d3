# SPDX-License-Identifier: Apache-2.0
"""Consumer groups by clients of today: members are killed and added, their coordinator dies, every record is read."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "cluster")]

import programs
from harness import suite
from harness.groups import GroupCase
from harness.members import PROGRAM


class Members(GroupCase):
    def test_java(self):
        # Java itself, not Maven: it starts at once, and is what a signal reaches.
        folder = programs.java()
        programs.run("mvn", "-q", "-B", "dependency:build-classpath", "-Dmdep.outputFile=target/classpath", cwd=folder,
                     seconds=300)
        quiet = ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
        libraries = (folder / "target" / "classpath").read_text(encoding="utf-8").strip()
        self.come_and_go(program=(["java", *quiet, "-cp", f"target/classes:{libraries}", "Member"], folder))

    def test_go_franz(self):
        program, folder = programs.go("member")
        self.come_and_go(program=([program], folder))

    def test_node_kafkajs(self):
        self.come_and_go(program=(["node", "member.js"], programs.node()))

    def test_python_confluent(self):
        self.come_and_go(program=([programs.python() / "venv" / "bin" / "python", PROGRAM, "rdkafka"], None))

    def test_python_kafka_python(self):
        self.come_and_go(program=([programs.python() / "venv" / "bin" / "python", PROGRAM, "kafka_python"], None))


if __name__ == "__main__":
    suite.main()
