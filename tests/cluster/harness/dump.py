# SPDX-License-Identifier: Apache-2.0
"""A replica's own log, read from its data directory while its broker is stopped: no leader answers for it."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import tempfile

from .broker import environment, program
from .clients import Record


class Log(list):
    """The Records of one partition on one node, and the batches they came in, whose bytes are the producer's."""

    def __init__(self):
        super().__init__()
        self.batches = []  # (index, term, base offset, records, bytes, checksum of the bytes)

    def digest(self):
        """Equal for logs that hold the same entries byte for byte."""
        return hashlib.sha256(repr(self.batches).encode()).hexdigest()


def _bytes(shown):
    """A key or value: text when it is UTF-8, else {"base64": ...}."""
    if shown is None:
        return None
    return shown.encode() if isinstance(shown, str) else base64.b64decode(shown["base64"], validate=True)


def dump_directory(data):
    """{(topic, partition): Log} of a data directory that no broker uses; `data` is not changed."""
    done = subprocess.run([program(), "dump-log", "--data-dir", data, "--format", "json"], stdin=subprocess.DEVNULL,
                          capture_output=True, env=environment(), timeout=600, check=False)
    if done.returncode != 0:
        raise AssertionError(f"dump-log of {data} ended with {done.returncode}: {done.stderr.decode()}")
    logs = {}
    for line in done.stdout.splitlines():
        row = json.loads(line)
        log = logs.setdefault((row["topic"], row["partition"]), Log())
        if "offset" in row:
            log.append(Record(row["partition"], row["offset"], _bytes(row["key"]), _bytes(row["value"])))
        else:
            assert "unreadable" not in row, f"{data}: {line}"
            log.batches.append(
                tuple(row[name] for name in ("index", "term", "base_offset", "records", "bytes", "crc32c")))
    return logs


def dump_log(broker):
    """The same for a broker that has ended."""
    assert not broker.running(), f"{broker.name} runs: its log cannot be read offline"
    return dump_directory(broker.data)


def dump_copy(broker):
    """The same for a copy: what the broker would recover is seen, and the directory stays as the crash left it."""
    assert not broker.running(), f"{broker.name} runs: a copy would be torn"
    with tempfile.TemporaryDirectory(dir=broker.folder) as folder:
        copy = os.path.join(folder, "data")
        shutil.copytree(broker.data, copy)
        return dump_directory(copy)
