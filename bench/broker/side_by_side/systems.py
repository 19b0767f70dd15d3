# SPDX-License-Identifier: Apache-2.0
"""The two brokers and the receive-only server, as one thing to start, load, kill and stop."""

import os
import shutil
import signal
import subprocess

from harness import wire
from harness.broker import Broker
from harness.cluster import Cluster
from harness.wait import until

from . import kafka, sink

# Acknowledged after a sync, or after the page cache has it. Figures of different classes are never in one comparison
# without saying so.
SYNCED, CACHED = "synced", "page-cache"
CLASSES = (SYNCED, CACHED)


class System:
    """Some nodes of one broker with new data.

    name    "chronik", "kafka" or "receive-only"
    nodes   each with start(), wait_ready(), kill(), pid, port, address, running()
    """

    def __init__(self, name, nodes, folder):
        self.name = name
        self.nodes = nodes
        self.folder = folder

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def bootstrap(self):
        return ",".join(each.address for each in self.nodes)

    @property
    def pids(self):
        return [each.pid for each in self.nodes if each.running()]

    def start(self):
        for each in self.nodes:
            each.start()
        for each in self.nodes:
            each.wait_ready(180)
        self.wait_brokers()
        return self

    def wait_brokers(self):
        """Until each node knows all of them."""
        until(lambda: all(len(wire.metadata(each.port, []).brokers) == len(self.nodes) for each in self.nodes),
              "each node knows all others", 120)

    def leader(self, topic, partition):
        """The node that leads, by the word of a node that runs."""

        def found():
            asked = next(each for each in self.nodes if each.running())
            number = wire.metadata(asked.port, [topic]).leader(topic, partition)
            return next((each for each in self.nodes if each.node == number and each.running()), None)

        return until(found, f"a leader of {topic}-{partition}", 60)

    def stop(self):
        # All at once: a node that waits for a quorum of others would wait for ever for those that have gone.
        for each in self.nodes:
            if each.running():
                each.expected = True
                each.process.send_signal(signal.SIGTERM)
        for each in self.nodes:
            if each.process is None:
                continue
            try:
                each.process.wait(60)
            except subprocess.TimeoutExpired:
                each.process.kill()
                each.process.wait()


class Maker:
    """Makes new systems; `work` is where their data is, for the time that they live.

    libraries   the folder with Kafka's jars; None without Kafka
    receiver    the program broker-sink
    """

    def __init__(self, work, libraries, receiver):
        self.work = work
        self.libraries = libraries
        self.receiver = receiver
        self.count = 0

    def _folder(self, name):
        self.count += 1
        path = os.path.join(self.work, f"{self.count}-{name}")
        os.makedirs(path)
        return path

    def chronik(self, nodes, durability):
        folder = self._folder("chronik")
        arguments = ["--bind-addr", "127.0.0.1"] + (["--durability", "page-cache"] if durability == CACHED else [])
        if nodes == 1:
            return System("chronik", [Broker(folder, arguments=arguments)], folder)
        return System("chronik", list(Cluster(folder, nodes, arguments=arguments)), folder)

    def kafka(self, nodes, durability):
        folder = self._folder("kafka")
        # flush.messages=1 of each topic, by its name as a setting of the broker.
        settings = {"log.flush.interval.messages": 1} if durability == SYNCED else {}
        if nodes > 1:
            settings["min.insync.replicas"] = 2
        return System("kafka", kafka.nodes(self.libraries, folder, nodes, settings), folder)

    def receive_only(self, nodes, durability):
        """The same whatever it is asked for: it has one node and stores nothing."""
        folder = self._folder("receive-only")
        return System(sink.NAME, [sink.Node(self.receiver, folder)], folder)

    def make(self, name, nodes, durability):
        return getattr(self, name.replace("-", "_"))(nodes, durability)
