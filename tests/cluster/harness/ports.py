# SPDX-License-Identifier: Apache-2.0
"""Kafka ports whose derived ports are free as well, and stay ours among test programs that run side by side."""

import fcntl
import os
import socket
import tempfile

RPC_DISTANCE = 3000
DERIVED = (0, 1000, 2000, RPC_DISTANCE)
# Below the range that the kernel takes for outgoing connections (from 32768), so that no client ever sits on one.
FIRST, LAST = 10000, 32767 - DERIVED[-1]

_held = {}  # port -> descriptor; the lock ends with this process, however it ends


def _lock_folder():
    folder = os.path.join(tempfile.gettempdir(), f"chronik-test-ports.{os.getuid()}")
    os.makedirs(folder, exist_ok=True)
    return folder


def _lock(port):
    descriptor = os.open(os.path.join(_lock_folder(), str(port)), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return descriptor
    except OSError:
        os.close(descriptor)
        return None


def is_free(port):
    """Whether a listener could open it, on every address."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
            probe.listen(1)
            return True
        except OSError:
            return False


def _take(base):
    taken = {}
    for distance in DERIVED:
        port = base + distance
        lock = None if port in _held else _lock(port)
        if lock is None or not is_free(port):
            if lock is not None:
                os.close(lock)
            for descriptor in taken.values():
                os.close(descriptor)
            return False
        taken[port] = lock
    _held.update(taken)
    return True


def free_base(start=None):
    """A port p for which p, p + 1000, p + 2000 and p + 3000 are free and locked for this process."""
    width = LAST - FIRST
    first = (os.getpid() * 37 if start is None else start - FIRST) % width
    for step in range(width):
        base = FIRST + (first + step) % width
        if _take(base):
            return base
    raise RuntimeError(f"no Kafka port between {FIRST} and {LAST} has its derived ports free")
