# SPDX-License-Identifier: Apache-2.0
"""What happens to the machine below a broker: its disk becomes slow or fails, its clock jumps."""

import glob
import os
import shutil
import signal
import subprocess

from .wait import until

SYNCS = "fdatasync,fsync,msync,sync_file_range"


def _traced(broker, told_to, *options):
    """A tracer of a broker that runs, and of all its threads."""
    strace = shutil.which("strace")
    assert strace is not None, "strace is not installed: scripts/setup test"
    return subprocess.Popen([strace, "-f", "-p", str(broker.pid), "-o", told_to, *options], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class SlowDisk:
    """Every sync of a broker that runs takes so much longer, until end(): strace holds each one back."""

    def __init__(self, broker, seconds):
        self.broker = broker
        self._tracer = _traced(broker, os.devnull, "-e", f"trace={SYNCS}",
                               "-e", f"inject={SYNCS}:delay_enter={int(seconds * 1e6)}")
        until(self._holds_all, f"{broker.name} is traced")

    def _holds_all(self):
        ended = self._tracer.poll()
        assert ended is None, f"strace ended with {ended}: may it trace other processes?"
        tasks = os.listdir(f"/proc/{self.broker.pid}/task")
        return all(self._tracer_of(task) == self._tracer.pid for task in tasks)

    def _tracer_of(self, task):
        with open(f"/proc/{self.broker.pid}/task/{task}/status", encoding="ascii") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith("TracerPid:"))

    def end(self):
        self._tracer.send_signal(signal.SIGINT)
        self._tracer.wait(30)


class FailingSync:
    """The `nth` fdatasync from here on of each thread of a broker is not done, and says EIO."""

    def __init__(self, broker, nth):
        self._told = os.path.join(broker.folder, f"{broker.name}.syncs")
        self._tracer = _traced(broker, self._told, "-e", "trace=fdatasync",
                               "-e", f"inject=fdatasync:error=EIO:when={nth}")

    def failed(self):
        """How many were told to fail, once the broker has ended."""
        self._tracer.wait(30)
        with open(self._told, encoding="ascii", errors="replace") as lines:
            return sum("(INJECTED)" in line for line in lines)


class OwnClock:
    """A wall clock that a broker has for itself, from its next start to the first one after remove().

    step() moves it, forth and back, while the broker runs. The monotonic clock stays the machine's.
    """

    def __init__(self, broker):
        found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
        assert found, "libfaketime is not installed: scripts/setup test"
        self._file = os.path.join(broker.folder, f"{broker.name}.clock")
        self._settings = broker.settings
        self._own = {"LD_PRELOAD": found[0], "FAKETIME_TIMESTAMP_FILE": self._file, "FAKETIME_CACHE_DURATION": "1",
                     "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1",
                     # A sanitizer wants to be loaded first, and need not be for this library.
                     "ASAN_OPTIONS": "verify_asan_link_order=0"}
        self.step(0)
        self._settings.update(self._own)

    def step(self, seconds):
        """So far from the machine's clock, within a second."""
        fresh = self._file + ".new"
        with open(fresh, "w", encoding="ascii") as file:
            file.write(f"{seconds:+d}\n")
        os.replace(fresh, self._file)

    def remove(self):
        for name in self._own:
            del self._settings[name]
