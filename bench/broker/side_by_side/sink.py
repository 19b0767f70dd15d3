# SPDX-License-Identifier: Apache-2.0
"""The receive-only server, as something to start, load and stop like a broker."""

import json
import os
import signal
import subprocess

from harness import ports
from harness.broker import _die_with_parent
from harness.wait import until

# What it is called among the systems. It stores nothing, so it is in no class.
NAME = "receive-only"


class Node:
    """program   build/.../broker-sink"""

    node = 1

    def __init__(self, program, folder):
        self.program = program
        self.port = ports.free_base()
        self.log = os.path.join(folder, "sink.log")
        self.process = None
        self.expected = True
        os.makedirs(folder, exist_ok=True)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([self.program, "--port", str(self.port)], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, preexec_fn=_die_with_parent)
        return self

    def running(self):
        return self.process is not None and self.process.poll() is None

    def _said(self):
        with open(self.log, encoding="utf-8") as log:
            return log.read()

    def is_ready(self):
        if not self.running():
            raise RuntimeError(f"broker-sink ended with {self.process.returncode}:\n{self._said()}")
        return self._said().startswith("listening on ")

    def wait_ready(self, seconds=30.0):
        until(self.is_ready, "the receive-only server", seconds)

    def end(self):
        """Stops it; what it says that it received."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        if code != 0:
            raise RuntimeError(f"broker-sink ended with {code}:\n{self._said()}")
        return json.loads(self._said().split("\n", 1)[1])

    def put_away(self):
        if self.running():
            self.process.kill()
            self.process.wait()
