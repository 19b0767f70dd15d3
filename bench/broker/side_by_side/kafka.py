# SPDX-License-Identifier: Apache-2.0
"""Apache Kafka in KRaft mode, as its own scripts would start it."""

import glob
import os
import re
import shutil
import signal
import subprocess
import uuid
import base64

from harness import ports
from harness.broker import _die_with_parent
from harness.wait import Stopwatch, until

HERE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "kafka")

# kafka-server-start.sh and kafka-run-class.sh: KAFKA_HEAP_OPTS and KAFKA_JVM_PERFORMANCE_OPTS.
HEAP = ["-Xmx1G", "-Xms1G"]
FLAGS = ["-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35",
         "-XX:+ExplicitGCInvokesConcurrent", "-XX:MaxInlineLevel=15", "-Djava.awt.headless=true"]


def version():
    with open(os.path.join(HERE, "pom.xml"), encoding="utf-8") as pom:
        return re.search(r"<kafka.version>(.*)</kafka.version>", pom.read()).group(1)


def install(cache, say):
    """The folder with Kafka's jars, resolved by Maven once."""
    libraries = os.path.join(cache, f"kafka-{version()}")
    if glob.glob(os.path.join(libraries, "kafka_*.jar")):
        return libraries
    for tool in ("mvn", "java"):
        if shutil.which(tool) is None:
            raise SystemExit(f"compare: {tool} is not installed; scripts/setup bench installs it")
    say(f"fetching Apache Kafka {version()} and what it needs by Maven into {cache}")
    partial = libraries + ".partial"
    shutil.rmtree(partial, ignore_errors=True)
    subprocess.run(["mvn", "-q", "-B", "-f", os.path.join(HERE, "pom.xml"), "dependency:copy-dependencies",
                    "-DincludeScope=runtime", f"-DoutputDirectory={os.path.abspath(partial)}"], check=True)
    os.rename(partial, libraries)
    return libraries


class Node:
    """One Kafka process: broker and controller in one."""

    def __init__(self, libraries, folder, node, port, controllers, settings):
        self.libraries = libraries
        self.node = node
        self.port = port
        self.folder = os.path.join(folder, f"kafka-{node}")
        self.log = self.folder + ".log"
        self.data = os.path.join(self.folder, "data")
        self.process = None
        os.makedirs(self.folder, exist_ok=True)
        controller = controllers[node]
        # The values of config/server.properties, and what a cluster on one machine needs besides.
        self.properties = {
            "process.roles": "broker,controller",
            "node.id": node,
            "controller.quorum.voters": ",".join(f"{each}@127.0.0.1:{at}" for each, at in controllers.items()),
            "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
            "inter.broker.listener.name": "PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "num.network.threads": 3,
            "num.io.threads": 8,
            "socket.send.buffer.bytes": 102400,
            "socket.receive.buffer.bytes": 102400,
            "socket.request.max.bytes": 104857600,
            "log.dirs": self.data,
            "num.partitions": 1,
            "num.recovery.threads.per.data.dir": 2,
            "offsets.topic.replication.factor": len(controllers),
            "transaction.state.log.replication.factor": len(controllers),
            "transaction.state.log.min.isr": min(2, len(controllers)),
            "log.retention.hours": 168,
            "log.segment.bytes": 1073741824,
            **settings,
        }

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self.process.pid

    def _java(self, *words):
        return ["java", *HEAP, *FLAGS, f"-Dlog4j2.configurationFile={os.path.join(HERE, 'log4j2.properties')}",
                "-cp", os.path.join(self.libraries, "*"), *words]

    def format(self, cluster):
        path = os.path.join(self.folder, "server.properties")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in self.properties.items())
        made = subprocess.run(self._java("kafka.tools.StorageTool", "format", "-t", cluster, "-c", path),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if made.returncode != 0:
            raise RuntimeError(f"Kafka's storage tool ended with {made.returncode}:\n{made.stdout}")

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self._java("kafka.Kafka", os.path.join(self.folder, "server.properties")), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, cwd=self.folder, preexec_fn=_die_with_parent)
        return self

    def running(self):
        return self.process is not None and self.process.poll() is None

    def tail(self, lines=25):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-lines:])

    def is_ready(self):
        if not self.running():
            raise RuntimeError(f"Kafka ended by itself with {self.process.returncode}:\n{self.tail()}")
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return "Kafka Server started" in log.read()

    def wait_ready(self, seconds=120.0):
        clock = Stopwatch()
        until(self.is_ready, f"Kafka node {self.node}", seconds)
        return clock.seconds()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds=90.0):
        if not self.running():
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def nodes(libraries, folder, count, settings):
    """`count` formatted nodes of one new cluster, not started."""
    bases = [ports.free_base() for _ in range(count)]
    controllers = {node: base + 1000 for node, base in enumerate(bases, 1)}
    made = [Node(libraries, folder, node, base, controllers, settings) for node, base in enumerate(bases, 1)]
    # Kafka's tool takes an id that begins with a dash for an option; zero in front, it begins with an A.
    cluster = base64.urlsafe_b64encode(b"\0" + uuid.uuid4().bytes[1:]).decode().rstrip("=")
    for each in made:
        each.format(cluster)
    return made
