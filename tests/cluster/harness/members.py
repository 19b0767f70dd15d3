# SPDX-License-Identifier: Apache-2.0
"""Members of a consumer group as processes: started, killed, watched."""

import os
import subprocess
import sys
import threading

from .broker import _die_with_parent
from .wait import until

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "member_program.py")


def coordinator_partition(group, partitions):
    """The partition of __consumer_offsets that an ASCII group belongs to: Java's String.hashCode()."""
    value = 0
    for each in group.encode():
        value = (value * 31 + each) & 0xffffffff
    return (value & 0x7fffffff) % partitions


class Member:
    """A member of `group` that reads `topic`. It is told to leave by leave(), and cannot say goodbye after kill().

    client    one that member_program.py knows
    program   (command, working folder): another program that says the same, called with BOOTSTRAP GROUP TOPIC
    """

    def __init__(self, name, bootstrap, group, topic, client="rdkafka", program=None, **config):
        self.name = name
        self.assigned = None     # partitions, None before the first assignment
        self.assignments = 0     # how often that changed
        self.read = {}           # partition: [offsets, in the order read]
        self.errors = []
        words = [f"{key.replace('_', '.')}={value}" for key, value in config.items()]
        # Two pipes: a client library writes to stderr from its own threads, in the middle of a line of ours.
        command, folder = program or ([sys.executable, PROGRAM, client], None)
        self.process = subprocess.Popen([*map(str, command), bootstrap, group, topic, *words], cwd=folder,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, preexec_fn=_die_with_parent)
        self._threads = [threading.Thread(target=each, name=name, daemon=True) for each in (self._listen, self._hear)]
        for each in self._threads:
            each.start()

    def _listen(self):
        for line in self.process.stdout:
            kind, _, rest = line.strip().partition(" ")
            if kind == "assigned":
                self.assigned = sorted(int(each) for each in rest.split(",") if each)
                self.assignments += 1
            elif kind == "read":
                partition, offset = map(int, rest.split())
                self.read.setdefault(partition, []).append(offset)
            elif kind != "committed":
                self.errors.append(line.strip())

    def _hear(self):
        for line in self.process.stderr:
            self.errors.append(line.strip())

    def _ended(self):
        for each in self._threads:
            each.join()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._ended()

    def leave(self, seconds=30.0):
        self.process.terminate()
        code = self.process.wait(seconds)
        self._ended()
        assert code == 0, f"member {self.name} ended with {code}: {self.errors[-5:]}"

    def put_away(self):
        if self.process.poll() is None:
            self.kill()
        self.process.stdout.close()
        self.process.stderr.close()


def wait_balanced(members, partitions, seconds=60.0):
    """Until every partition is assigned to one of them, and no member has two more than another."""

    def balanced():
        shares = {each.name: each.assigned for each in members}
        if None in shares.values():
            return None
        every = sorted(partition for share in shares.values() for partition in share)
        sizes = [len(share) for share in shares.values()]
        return shares if every == list(range(partitions)) and max(sizes) - min(sizes) <= 1 else None

    try:
        return until(balanced, f"{partitions} partitions balanced over {[each.name for each in members]}", seconds)
    except AssertionError as error:
        told = {each.name: (each.assigned, each.errors[-3:]) for each in members}
        raise AssertionError(f"{error}; members: {told}") from None


def everything_read(members):
    """{partition: offsets that some member has read}"""
    read = {}
    for each in members:
        for partition, offsets in list(each.read.items()):
            read.setdefault(partition, set()).update(offsets)
    return read
