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
    """The Records of one partition on one node, and a digest of all of them."""

    def digest(self):
        digest = hashlib.sha256()
        for record in self:
            for part in (str(record.offset).encode(), record.key, record.value):
                digest.update(b"-" if part is None else b"%d:" % len(part) + part)
        return digest.hexdigest()


def _bytes(text):
    return None if text is None else base64.b64decode(text, validate=True)


def dump_directory(data):
    """{(topic, partition): Log} of a data directory that no broker uses; `data` is not changed."""
    done = subprocess.run([program(), "dump-log", "--data-dir", data, "--format", "json"], stdin=subprocess.DEVNULL,
                          capture_output=True, env=environment(), timeout=120, check=False)
    if done.returncode != 0:
        raise AssertionError(f"dump-log of {data} ended with {done.returncode}: {done.stderr.decode()}")
    logs = {}
    for line in done.stdout.splitlines():
        row = json.loads(line)
        logs.setdefault((row["topic"], row["partition"]), Log()).append(
            Record(row["partition"], row["offset"], _bytes(row["key"]), _bytes(row["value"])))
    return logs


def dump_log(broker):
    """The same for a broker that has ended."""
    assert not broker.running(), f"{broker.name} runs: its log cannot be read offline"
    return dump_directory(broker.data)


def dump_copy(broker):
    """The same for a copy, so that what the broker would recover is seen and the directory stays as the crash left it."""
    assert not broker.running(), f"{broker.name} runs: a copy would be torn"
    with tempfile.TemporaryDirectory(dir=broker.folder) as folder:
        copy = os.path.join(folder, "data")
        shutil.copytree(broker.data, copy)
        return dump_directory(copy)
