# SPDX-License-Identifier: Apache-2.0
"""System calls and wake-ups of our broker, for each produce request and each record, under a load.

First some seconds without a tracer: context switches, from /proc. Then as many with strace, which counts the calls and
slows the broker down. Before and after each window the load generator stands still until the broker has answered all
that is under way, so that its own counts are those of the window, neither more nor less.
"""

import dataclasses
import os
import re
import shutil
import signal
import subprocess

from harness import admin
from harness.wait import Overdue, Stopwatch, until

from . import systems
from .load import Failed
from .settle import settle

PARTITIONS = 16
LOADS = (("one record under way", {"partitions": 1, "depth": 1, "linger_ms": 0}),
         (f"full throughput, {PARTITIONS} partitions", {"partitions": PARTITIONS, "keys": 10_000}))


# Between two looks at the broker's page, which it makes anew every fifth of a second: each is a request to it.
LOOK_S = 0.15


class Unable(Exception):
    """The calls cannot be counted on this machine."""


@dataclasses.dataclass(frozen=True)
class Look:
    """The broker's own counts at one moment of its life, which is in seconds."""

    at: float
    requests: float
    records: float


def look(node, topic):
    page = admin.get(node.http_port, "/metrics", 10.0)[1]
    return Look(admin.sample(page, "chronik_broker_uptime_seconds"),
                admin.sample(page, "chronik_broker_requests_total", api="Produce") or 0.0,
                admin.sample(page, "kafka_topic_partition_current_offset", topic=topic) or 0.0)


def switches(pid):
    """(voluntary, involuntary) context switches of all threads that the process has."""
    totals = [0, 0]
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as file:
                text = file.read()
        except FileNotFoundError:
            continue  # a thread that ended meanwhile
        for place, name in enumerate(("voluntary", "nonvoluntary")):
            totals[place] += int(re.search(rf"^{name}_ctxt_switches:\s*(\d+)$", text, re.MULTILINE).group(1))
    return tuple(totals)


def parse(text):
    """{system call: count} of what `strace -c` prints."""
    found = {}
    for line in text.splitlines():
        fields = line.split()
        # % time, seconds, usecs/call, calls, errors if there were any, name
        if len(fields) in (5, 6) and fields[3].isdigit() and fields[-1] != "total":
            found[fields[-1]] = found.get(fields[-1], 0) + int(fields[3])
    return found


class Tracer:
    """strace on a process, from when all its threads are traced until end()."""

    def __init__(self, pid, folder):
        program = shutil.which("strace")
        if program is None:
            raise Unable("strace is not installed (scripts/setup test installs it)")
        self.pid = pid
        self.table = os.path.join(folder, "strace.txt")
        self.process = subprocess.Popen([program, "-f", "-c", "-p", str(pid), "-o", self.table],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        text=True)
        try:
            until(self._holds_all, "strace holds all threads", 30)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def _holds_all(self):
        if self.process.poll() is not None:
            raise Unable(f"strace cannot trace the broker here: {self.process.stderr.read().strip()}")
        for task in os.listdir(f"/proc/{self.pid}/task"):
            with open(f"/proc/{self.pid}/task/{task}/status", encoding="ascii") as lines:
                tracer = next(int(line.split()[1]) for line in lines if line.startswith("TracerPid:"))
            if tracer != self.process.pid:
                return False
        return True

    def end(self):
        """{system call: count}"""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=60)
        with open(self.table, encoding="ascii") as table:
            return parse(table.read())


@dataclasses.dataclass(frozen=True)
class Window:
    """What the broker was asked while the load ran."""

    seconds: float
    requests: float
    records: float


def row(load, durability, plain, woken, traced, calls):
    """What is shown of one load.

    plain, woken    the window without a tracer, and its context switches: voluntary, involuntary
    traced, calls   the window with one, and {system call: count}
    """
    every = sum(calls.values())
    return {"load": load, "class": durability, "requests_per_s": plain.requests / plain.seconds,
            "records_per_s": plain.records / plain.seconds, "records_per_request": plain.records / plain.requests,
            "traced_records_per_request": traced.records / traced.requests,
            "wake_ups_per_request": woken[0] / plain.requests, "wake_ups_per_record": woken[0] / plain.records,
            "involuntary_per_request": woken[1] / plain.requests,
            "calls_per_request": every / traced.requests, "calls_per_record": every / traced.records,
            "each_per_request": {name: count / traced.requests for name, count in
                                 sorted(calls.items(), key=lambda each: -each[1])}}


class Load:
    """A load on one topic that can be held still; `process` is broker-load."""

    def __init__(self, process, node, topic):
        self.process = process
        self.node = node
        self.topic = topic

    def hold(self):
        """Lets the client stand still until the broker has nothing more of it; its counts then."""
        self.process.send_signal(signal.SIGSTOP)
        seen = [look(self.node, self.topic)]

        def rests():
            now = look(self.node, self.topic)
            if now.at == seen[-1].at:
                return False
            seen.append(now)
            return (now.requests, now.records) == (seen[-2].requests, seen[-2].records)

        until(rests, "all is answered", 60, every=LOOK_S)
        return seen[-1]

    def run(self, seconds, before):
        """Lets the client go on for so long; what the broker was asked since `before`."""
        clock = Stopwatch()
        self.process.send_signal(signal.SIGCONT)
        until(lambda: clock.seconds() >= seconds, "time to pass", seconds + 30)
        took, after = clock.seconds(), self.hold()
        if self.process.poll() is not None:
            raise Failed("the load has ended by itself")
        found = Window(took, after.requests - before.requests, after.records - before.records)
        if not (found.requests and found.records):
            raise Failed("nothing was produced while the calls were counted")
        return found


class Counter:
    """seconds   of each of the two windows"""

    def __init__(self, maker, load, say, seconds, prepare_s):
        self.maker = maker
        self.load = load
        self.say = say
        self.seconds = seconds
        self.prepare_s = prepare_s

    def all(self):
        """{"seconds", "rows"}; with "left_out", a sentence, when they cannot be counted here.

        A row has figures, or "failed", a sentence.
        """
        rows = []
        try:
            for durability in systems.CLASSES:
                self.say(f"system calls: chronik, 1 node(s), {durability}")
                with self.maker.make("chronik", 1, durability) as system:
                    system.start()
                    self.load.run("produce", bootstrap=system.bootstrap, topic="preparation", create=True,
                                  partitions=PARTITIONS, warm_up=0, seconds=self.prepare_s)
                    rows += [self._count(system, durability, *each) for each in LOADS]
        except Unable as why:
            self.say(f"    left out: {why}")
            return {"seconds": self.seconds, "rows": [], "left_out": str(why)}
        return {"seconds": self.seconds, "rows": rows}

    def _count(self, system, durability, name, options):
        node, = system.nodes
        topic = name.replace(" ", "-").replace(",", "")
        settle(self.maker.work)
        process = self.load.start("produce", bootstrap=system.bootstrap, topic=topic, create=True, warm_up=0,
                                  seconds=3600, **options)
        try:
            load = Load(process, node, topic)
            until(lambda: look(node, topic).records > 0, "the load", 60)
            found = row(name, durability, *self._without_tracer(load), *self._traced(load))
        except (Failed, Overdue, OSError) as why:
            self.say(f"    {name:<38} FAILED: {why}")
            return {"load": name, "class": durability, "failed": str(why)}
        finally:
            # Its own figures are those of a client that stood still; nobody wants them.
            process.kill()
            process.wait()
        self.say(f"    {name:<38} {found['calls_per_request']:>8.2f} calls and {found['wake_ups_per_request']:.2f} "
                 f"wake-ups a request, {found['calls_per_record']:.3f} and {found['wake_ups_per_record']:.3f} a record")
        return found

    def _without_tracer(self, load):
        before, woken = load.hold(), switches(load.node.pid)
        window = load.run(self.seconds, before)
        return window, tuple(after - begun for after, begun in zip(switches(load.node.pid), woken))

    def _traced(self, load):
        before, tracer = load.hold(), Tracer(load.node.pid, self.maker.work)
        try:
            window = load.run(self.seconds, before)
        finally:
            calls = tracer.end()
        return window, calls
