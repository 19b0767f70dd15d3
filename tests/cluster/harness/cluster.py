# SPDX-License-Identifier: Apache-2.0
"""Several brokers that are one cluster, on this machine."""

import os
import random

from . import ports, wire
from .broker import Broker
from .links import Relays
from .wait import Stopwatch, until


class Cluster:
    """`count` brokers that know each other from their settings; nothing runs until start().

    by          how the nodes are configured: "options", "environment" or "file"; the cluster must be the same
    arguments   options for every node
    relayed     True: what a node says to another goes over cluster.links[node, other], which can be held
    """

    def __init__(self, folder, count=3, by="options", arguments=(), relayed=False):
        self.folder = folder
        bases = {node: ports.free_base() for node in range(1, count + 1)}
        self.nodes = {}
        self.absent = set()  # configured, and no part of the cluster now: not yet, or not any more
        self.links = {}  # (who speaks, to whom) -> Link
        self._arguments = list(arguments)
        self._relays = Relays() if relayed else None
        for node, port in bases.items():
            peers = ",".join(f"{each}@127.0.0.1:{base}{self._way(node, each, base)}" for each, base in bases.items())
            broker = Broker(folder, f"node-{node}", port, node=node)
            configure = {"options": self._options, "environment": self._environment, "file": self._file}[by]
            configure(broker, peers)
            broker.arguments += arguments
            self.nodes[node] = broker

    def add(self, node, knows=None, arguments=()):
        """One more node, configured to join those that there are, and not started; their own lists stay as they are.

        knows   the nodes that it is told of; all that there are, unless given
        """
        assert self._relays is None and node not in self.nodes
        broker = Broker(self.folder, f"node-{node}", ports.free_base(), node=node)
        known = [each for each in self if knows is None or each.node in knows]
        self._options(broker, ",".join(f"{each.node}@{each.address}" for each in (*known, broker)))
        broker.arguments += ["--join", *self._arguments, *arguments]
        self.nodes[node] = broker
        return broker

    def _way(self, node, other, base):
        """The RPC port that `node` is told of `other`, where it is not the derived one."""
        if self._relays is None or node == other:
            return ""
        self.links[node, other] = self._relays.link(base + ports.RPC_DISTANCE)
        return f":{self.links[node, other].port}"

    def split(self, *sides):
        """Nodes of different sides hear nothing of each other; nobody is told."""
        side_of = {node: side for side in sides for node in side}
        self._hold(lambda speaker, listener: side_of.get(speaker) is not side_of.get(listener))

    def mute(self, node):
        """Nobody hears what this node says; it hears the others."""
        self._hold(lambda speaker, _: speaker == node)

    def deafen(self, node):
        """The other direction: everybody hears it, and it hears nobody."""
        self._hold(lambda _, listener: listener == node)

    def part(self, one, other):
        """Two that do not hear each other; all others hear both."""
        self._hold(lambda *both: set(both) == {one, other})

    def _hold(self, concerns):
        for (speaker, listener), link in self.links.items():
            if concerns(speaker, listener):
                link.hold()

    def heal(self):
        for link in self.links.values():
            link.release()

    def put_away(self):
        """What is not a broker; those are put away one by one."""
        if self._relays is not None:
            self._relays.close()

    @staticmethod
    def _options(broker, peers):
        broker.arguments = ["--node-id", str(broker.node), "--peers", peers]

    @staticmethod
    def _environment(broker, peers):
        broker.by_hand = True
        broker.settings = {"CHRONIK_NODE_ID": str(broker.node), "CHRONIK_PEERS": peers,
                           "CHRONIK_DATA_DIR": broker.data, "CHRONIK_KAFKA_PORT": str(broker.port)}

    @staticmethod
    def _file(broker, peers):
        broker.by_hand = True
        path = os.path.join(broker.folder, f"{broker.name}.toml")
        listed = ", ".join(f'"{peer}"' for peer in peers.split(","))
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'node_id = {broker.node}\nkafka_port = {broker.port}\ndata_dir = "{broker.data}"\n'
                       f"peers = [{listed}]\n")
        broker.arguments = ["--cluster-config", path]

    def __iter__(self):
        return (broker for broker in self.nodes.values() if broker.node not in self.absent)

    def __getitem__(self, node):
        return self.nodes[node]

    @property
    def bootstrap(self):
        return ",".join(broker.address for broker in self)

    def start(self, order=None, ready=True, seconds=30.0):
        """Starts the nodes in this order and returns the seconds from the last start to readiness of all."""
        for node in order or [broker.node for broker in self]:
            self.nodes[node].start()
        clock = Stopwatch()
        if ready:
            self.wait_ready(seconds)
        return clock.seconds()

    def start_shuffled(self, seed, seconds=30.0):
        order = [broker.node for broker in self]
        random.Random(seed).shuffle(order)
        return order, self.start(order, seconds=seconds)

    def wait_ready(self, seconds=30.0):
        for broker in self:
            broker.wait_ready(seconds)

    def check(self):
        for broker in self:
            broker.check()

    def running(self):
        return [broker for broker in self if broker.running()]

    def view(self, node, topics=None):
        """The cluster as this one node tells it."""
        self.nodes[node].check()
        return wire.metadata(self.nodes[node].port, topics)

    def any_view(self, topics=None):
        return self.view(self.running()[0].node, topics)

    def find_leader(self, topic, partition, seconds=15.0, apart_from=None):
        """The node that leads, by the metadata of the nodes that run; never `apart_from`."""

        def leader():
            for broker in self.running():
                found = self.view(broker.node, [topic]).leader(topic, partition)
                if found in self.nodes and found != apart_from and self.nodes[found].running():
                    return found
            return None

        return until(leader, f"a leader of {topic}-{partition}", seconds)

    def find_metadata_leader(self, seconds=15.0, apart_from=None):
        """The node that leads the metadata group, when all that run agree on it."""

        def leader():
            named = {metadata_leader(broker.status()) for broker in self.running()}
            found = named.pop() if len(named) == 1 else None
            usable = found in self.nodes and found != apart_from and self.nodes[found].running()
            return found if usable else None

        return until(leader, "all nodes name one metadata leader", seconds)

    def wait_in_sync(self, topic, partitions, seconds=30.0):
        """Until every node says that every replica of the topic is in sync and names the same leaders."""

        def whole():
            views = [self.view(broker.node, [topic]).topics.get(topic) for broker in self]
            if any(view is None or len(view.partitions) != partitions for view in views):
                return False
            full = all(each.leader in self.nodes and sorted(each.in_sync) == sorted(each.replicas)
                       for view in views for each in view.partitions.values())
            return full and all(view.layout() == views[0].layout() for view in views)

        clock = Stopwatch()
        until(whole, f"all replicas of {topic} in sync on every node's word", seconds)
        return clock.seconds()

    def terminate(self, seconds=30.0):
        """SIGTERM to all at once: {node: (exit code, seconds)}."""
        for broker in self.running():
            broker.check()
            broker.expected = True
            broker.signal(15)
        clock = Stopwatch()
        ended = {}
        for broker in self:
            if broker.process is not None:
                ended[broker.node] = (broker.wait_end(seconds), clock.seconds())
        return ended


def metadata_leader(status):
    """`metadata.leader` of GET /status, nested or as a fact of that name."""
    facts = status.get("facts", {})
    for holder in (status, facts):
        if isinstance(holder.get("metadata"), dict) and "leader" in holder["metadata"]:
            return holder["metadata"]["leader"]
        for name in ("metadata.leader", "metadata_leader"):
            if name in holder:
                return holder[name]
    raise AssertionError(f"GET /status does not name the metadata leader: {status}")
