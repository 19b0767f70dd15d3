# SPDX-License-Identifier: Apache-2.0
"""Running the cells, in turns, and what is measured besides them."""

import itertools
import os
import time

from harness.wait import until

from . import limits, matrix as matrices, sink, systems
from .load import Failed, describe
from .settle import settle

SYSTEMS = ("chronik", "kafka")
# Figures of the lifecycle that have a bound.
FIRST_ACK, SILENCE = "start, empty, to first acknowledgement", "leader killed: longest silence"
OWN_MEMORY = "own memory, {}"
PREPARATION = "preparation"
FAILOVER_RATE, FAILOVER_SECONDS, FAILOVER_LOOK_S = 2000, 12, 4


class Runner:
    """maker    makes systems
    load     drives them
    say      tells the person at the terminal
    names    which of the systems; each is alone on the machine while it runs
    """

    def __init__(self, matrix, maker, load, say, names=SYSTEMS):
        self.matrix = matrix
        self.maker = maker
        self.load = load
        self.say = say
        self.names = names
        self.runs = []       # one for each cell, system and round
        self.lifecycle = []  # one for each figure, system and round
        self.syncs_us = []   # p50 of bare fdatasyncs, before and after each turn of one record

    def all(self):
        for number in range(self.matrix.rounds):
            for (nodes, durability), cells in self._groups():
                for name in self.names:
                    self._group(number, name, nodes, durability, cells)
            if "chronik" in self.names:
                self._against_limits(number)
            if self.matrix.lifecycle:
                for name in self.names:
                    self._one_node_lifecycle(number, name)
                    self._failover(number, name)

    def _groups(self):
        key = lambda cell: (cell.nodes, cell.durability)
        cells = (cell for cell in self.matrix.cells if not cell.is_limit)
        return [(of, list(found)) for of, found in itertools.groupby(sorted(cells, key=key), key)]

    def _against_limits(self, number):
        """Our broker and the receive-only server by turns; before and after one synced record, bare syncs."""
        for durability in (systems.CACHED, systems.SYNCED):
            cells = [cell for cell in self.matrix.cells if cell.is_limit and cell.durability == durability]
            ours = [cell for cell in cells if cell.group != matrices.LIMIT_CLIENT]
            synced = any(cell.group == matrices.LIMIT_ONE_RECORD for cell in cells)
            for name, turn in (("chronik", ours), (sink.NAME, cells)):
                if synced:
                    self._bare_sync()
                if turn:
                    self._group(number, name, 1, durability, turn)

    def _bare_sync(self):
        settle(self.maker.work)
        self.syncs_us.append(limits.sync_p50_us(self.load, self.maker.work, self.matrix.seconds))
        self.say(f"    fdatasync after 4 KiB: p50 {self.syncs_us[-1] / 1e3:.3f} ms")

    # Cells.

    def _group(self, number, name, nodes, durability, cells):
        with self.maker.make(name, nodes, durability) as system:
            self.say(f"round {number + 1}: {name}, {nodes} node(s), {durability}")
            system.start()
            self._prepare(system, nodes)
            for cell in cells:
                self._cell(number, system, cell)

    def _prepare(self, system, nodes):
        self.load.run("produce", bootstrap=system.bootstrap, topic=PREPARATION, create=True, partitions=16,
                      replicas=nodes, warm_up=0, seconds=self.matrix.prepare_s)

    def _cell(self, number, system, cell):
        options = {"bootstrap": system.bootstrap, "pid": system.pids, "client_setting": []}
        if cell.mode == "consume":
            options |= {"topic": PREPARATION, "consumers": 1}
        else:
            options |= {**cell.words(), "topic": f"{cell.topic}-{number}", "create": True,
                        "warm_up": self.matrix.warm_up_s, "seconds": self.matrix.seconds}
        run = {"cell": cell.name, "group": cell.group, "at": cell.at, "nodes": cell.nodes, "class": cell.durability,
               "mode": cell.mode, "system": system.name, "round": number, "rest": settle(self.maker.work)}
        try:
            run["result"] = self.load.run(cell.mode, **options)
            self.say(f"    {cell.name:<38} {describe(run['result'])}")
        except Failed as error:
            # A rate that is beyond a broker is an answer as well; a lost record is one, too, and the report says so.
            run["failed"] = str(error)
            self.say(f"    {cell.name:<38} FAILED: {error}")
        self.runs.append(run)

    # What is measured besides.

    def _note(self, number, system, figure, value, unit):
        self.lifecycle.append({"figure": figure, "system": system, "round": number, "value": value, "unit": unit})
        self.say(f"    {system}: {figure}: {value:.3f} {unit}")

    def _first_ack(self, number, system, figure, topic, patience=600):
        """Starts the one node of a system that is down."""
        node, = system.nodes
        waiting = self.load.start("first-ack", bootstrap=system.bootstrap, topic=topic, patience=patience)
        try:
            # The waiting client itself takes processor time to start; it must not be counted.
            until(lambda: _threads(waiting.pid) > 1, "the waiting client runs", 30, every=0.005)
            started = time.monotonic_ns()
            node.start()
            told = self.load.finish(waiting, patience + 60)
        finally:
            if waiting.poll() is None:
                waiting.kill()
                waiting.wait()
        self._note(number, system.name, figure, (told["acknowledged_at_ns"] - started) / 1e9, "s")

    def _one_node_lifecycle(self, number, name):
        self.say(f"round {number + 1}: {name}: starts, memory")
        with self.maker.make(name, 1, systems.SYNCED) as system:
            node, = system.nodes
            self._first_ack(number, system, FIRST_ACK, "first")
            node.wait_ready()
            self._memory(number, system, "idle")
            self.load.run("produce", bootstrap=system.bootstrap, topic="some", create=True, partitions=16, warm_up=0,
                          seconds=self.matrix.seconds)
            self._kill(node)
            self._first_ack(number, system, "kill -9 to first acknowledgement", "first")
            if self.matrix.backlog_bytes:
                records = self.matrix.backlog_bytes // 1024
                self.load.run("produce", within_s=3600, bootstrap=system.bootstrap, topic="backlog", create=True,
                              partitions=16, records=records)
                self._end(system)
                self._first_ack(number, system, "start with the backlog to first acknowledgement", "first")
            node.wait_ready()
        with self.maker.make(name, 1, systems.SYNCED) as system:
            system.start()
            count = self.matrix.many_partitions
            self.load.run("produce", bootstrap=system.bootstrap, topic="many", create=True, partitions=count,
                          records=20 * count, keys=0, client_setting="sticky.partitioning.linger.ms=0", patience=180)
            self._memory(number, system, f"{count} partitions")
            self._end(system)
            self._first_ack(number, system, f"start with {count} partitions to first acknowledgement", "many")

    def _memory(self, number, system, when):
        with open(f"/proc/{system.nodes[0].pid}/status", encoding="ascii") as lines:
            told = dict(line.split(":", 1) for line in lines)
        for what, figure in (("RssAnon", OWN_MEMORY), ("VmRSS", "resident memory, {}")):
            self._note(number, system.name, figure.format(when), int(told[what].split()[0]) / 1024, "MiB")

    @staticmethod
    def _kill(node):
        node.expected = True
        node.kill()

    @staticmethod
    def _end(system):
        system.stop()

    def _failover(self, number, name):
        self.say(f"round {number + 1}: {name}: a leader is killed")
        with self.maker.make(name, 3, systems.SYNCED) as system:
            system.start()
            self._prepare(system, 3)
            silence = self.load.start("produce", bootstrap=system.bootstrap, topic="failover", create=True,
                                      partitions=1, replicas=3, rate=FAILOVER_RATE, warm_up=0, keys=0, linger_ms=0,
                                      seconds=FAILOVER_SECONDS)
            leader = system.leader("failover", 0)
            begun = time.monotonic()
            until(lambda: time.monotonic() - begun > FAILOVER_LOOK_S, "load on the leader", FAILOVER_LOOK_S + 5)
            leader = system.leader("failover", 0)
            self._kill(leader)
            told = self.load.finish(silence)
            self._note(number, name, SILENCE, told["longest_silence_ms"] / 1e3, "s")


def _threads(pid):
    return len(os.listdir(f"/proc/{pid}/task"))
