# SPDX-License-Identifier: Apache-2.0
"""One broker process: started, stopped, killed, frozen, and watched for ends that nobody asked for."""

import contextlib
import ctypes
import os
import signal
import subprocess

from . import admin, ports
from .wait import Stopwatch, until

PROGRAM = os.environ.get("CHRONIK_BROKER", "")
_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_PR_SET_PTRACER, _PR_SET_PTRACER_ANY = 0x59616d61, ctypes.c_ulong(-1)

# Every broker of this test program, for the last look at its end.
started = []


def program():
    if not PROGRAM:
        raise SystemExit("CHRONIK_BROKER has to name the program chronik-broker")
    return PROGRAM


def _die_with_parent():
    # A test that is killed by its time limit must not leave brokers behind. The parent is the *thread* that started
    # the process, so brokers are started from the main thread only.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # A slow disk is made by strace, which is not the parent; where the kernel does not ask, this is refused.
    _libc.prctl(_PR_SET_PTRACER, _PR_SET_PTRACER_ANY, 0, 0, 0)


def environment(settings=None):
    """The environment without any CHRONIK_ setting of whoever runs the tests."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("CHRONIK_")}
    # The libFuzzer and sanitizer settings of the caller pass through; a leak report at the end of a killed test would
    # not help.
    clean.update(settings or {})
    return clean


class Ended(AssertionError):
    """A broker ended that nobody had asked to."""


class Broker:
    """A broker with a data directory and ports of its own. start() may be called again after it ended.

    arguments   options of chronik-broker besides --kafka-port and --data-dir
    settings    CHRONIK_ variables
    by_hand     True: only `arguments` are passed, no port and no directory
    """

    def __init__(self, folder, name="node-1", port=None, arguments=(), settings=None, by_hand=False, node=1):
        self.node = node
        self.name = name
        self.folder = folder
        self.port = port if port is not None else ports.free_base()
        self.http_port = self.port + 1000
        self.data = os.path.join(folder, name)
        self.log = os.path.join(folder, f"{name}.log")
        self.settings = dict(settings or {})
        self.by_hand = by_hand
        self.arguments = list(arguments)
        self.wrapper = []  # a command that runs the broker, as strace does
        self.process = None
        self.expected = True  # whether the end of the current process was asked for
        os.makedirs(folder, exist_ok=True)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self.process.pid

    def command(self):
        line = [*self.wrapper, program(), *self.arguments]
        if not self.by_hand:
            line += ["--kafka-port", str(self.port), "--data-dir", self.data]
        return line

    def start(self):
        assert self.process is None or self.process.poll() is not None, f"{self.name} runs already"
        self.expected = False
        with open(self.log, "ab") as log:
            log.write(f"--- {' '.join(self.command())}\n".encode())
            log.flush()
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self.folder, env=environment(self.settings),
                                            preexec_fn=_die_with_parent)
        self.since_start = Stopwatch()
        if self not in started:
            started.append(self)
        return self

    def check(self):
        """Raises Ended when the process is gone and nobody asked for that."""
        if self.process is not None and not self.expected and self.process.poll() is not None:
            code = self.process.returncode
            self.expected = True
            raise Ended(f"{self.name} ended by itself with {code}; its log ends with:\n{self.tail()}")

    def tail(self, lines=25):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-lines:])

    def is_ready(self):
        self.check()
        return admin.get(self.http_port, "/ready")[0] == 200

    def wait_ready(self, seconds=30.0):
        """Seconds from the start of the process to readiness."""
        until(self.is_ready, f"{self.name} ready", seconds)
        return self.since_start.seconds()

    def status(self):
        return admin.get_json(self.http_port, "/status")

    def metric(self, name, **labels):
        return admin.sample(admin.get(self.http_port, "/metrics")[1], name, **labels)

    def offset(self, which, topic, partition):
        """The `oldest` or the `current` one by its own metrics; 0 before it has looked at the partition once."""
        return self.metric(f"kafka_topic_partition_{which}_offset", topic=topic, partition=partition) or 0

    def file_bytes(self, ending=""):
        """{path: bytes} of the data directory's files whose names end so, without those deleted since it was listed."""
        sizes = {}
        for folder, _, names in os.walk(self.data):
            for path in (os.path.join(folder, name) for name in names if name.endswith(ending)):
                with contextlib.suppress(FileNotFoundError):
                    sizes[path] = os.path.getsize(path)
        return sizes

    def own_bytes(self):
        """Memory that is the process's own; pages of mapped journal segments are the kernel's to take back."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as lines:
            return next(int(line.split()[1]) << 10 for line in lines if line.startswith("RssAnon:"))

    def signal(self, number):
        self.process.send_signal(number)

    def _end(self, number, seconds):
        self.check()
        self.expected = True
        clock = Stopwatch()
        self.signal(number)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {seconds:g} s of signal {number}; its log ends "
                                 f"with:\n{self.tail()}") from None
        return code, clock.seconds()

    def terminate(self, seconds=30.0):
        """SIGTERM: (exit code, seconds it took)."""
        return self._end(signal.SIGTERM, seconds)

    def kill(self):
        """SIGKILL: returns when the process is gone."""
        code, _ = self._end(signal.SIGKILL, 30.0)
        assert code == -signal.SIGKILL, f"{self.name} ended with {code} before it could be killed:\n{self.tail()}"

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def wait_end(self, seconds=30.0):
        """The exit code of a process that is expected to end by itself."""
        self.expected = True
        return self.process.wait(seconds)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def put_away(self):
        """Whatever state it is in: gone afterwards. Raises Ended when it had gone by itself."""
        try:
            self.check()
        finally:
            if self.running():
                self.expected = True
                self.process.send_signal(signal.SIGCONT)
                self.process.kill()
                self.process.wait()
