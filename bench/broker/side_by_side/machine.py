# SPDX-License-Identifier: Apache-2.0
"""What the figures were measured on."""

import datetime
import os
import platform
import re
import subprocess


def _output(*command, cwd=None):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=cwd).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def _first(path, pattern):
    with open(path, encoding="utf-8") as lines:
        found = re.search(pattern, lines.read(), re.MULTILINE)
    return found.group(1) if found else None


def source(root):
    """The commit of our own programs, and whether something was changed since; results that were kept are no change."""
    dirty = _output("git", "status", "--porcelain", "--untracked-files=no", "--", ".", ":(exclude)bench/results",
                    cwd=root)
    return {"commit": _output("git", "rev-parse", "HEAD", cwd=root), "changed": bool(dirty)}


def facts(folder):
    """Processor, memory, disk and system; `folder` is where the brokers keep their data."""
    return {
        "time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "processor": _first("/proc/cpuinfo", r"^model name\s*: (.*)$") or platform.machine(),
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "kernel": platform.release(),
        "system": _first("/etc/os-release", r'^PRETTY_NAME="(.*)"$'),
        "file_system": _output("findmnt", "-n", "-o", "FSTYPE,OPTIONS", "-T", folder),
        "load_average_before": os.getloadavg(),
        "compiler": (_output("c++", "--version") or "").split("\n")[0],
        "java": _java_version(),
    }


def _java_version():
    try:
        told = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return (told.stderr or told.stdout).split("\n")[0]


# Of all cores, the share that others may take before figures are called those of a busy machine.
BUSY_SHARE = 0.1


def is_busy(others_busy_cores):
    return others_busy_cores > BUSY_SHARE * os.cpu_count()
