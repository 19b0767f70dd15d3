# SPDX-License-Identifier: Apache-2.0
"""Before a cell: the kernel writes back what those before it have left dirty, so that no cell pays for another's."""

import subprocess

from harness.wait import Overdue, Stopwatch, until

# What may still be dirty or on its way to the disk when a cell begins, on the whole machine.
BYTES_MAX = 32 << 20
# Then the cell begins nevertheless, and its run says so: other programs may write all the time.
SECONDS_MAX = 30.0


def unwritten_bytes(path="/proc/meminfo"):
    """Dirty and Writeback of the whole machine."""
    with open(path, encoding="ascii") as lines:
        told = dict(line.split(":", 1) for line in lines)
    return sum(int(told[name].split()[0]) << 10 for name in ("Dirty", "Writeback"))


def _flush(folder):
    """Asks the kernel to write now what it has of this file system: by itself it waits for half a minute."""
    return subprocess.Popen(["sync", "-f", folder])


def settle(folder, unwritten=unwritten_bytes, flush=_flush, seconds_max=SECONDS_MAX):
    """Waits until next to nothing is unwritten; `folder` names the brokers' disk.

    returns   {"seconds", "bytes_before", "bytes_after", "settled"}
    """
    clock, before = Stopwatch(), unwritten()
    flushing = flush(folder)
    try:
        until(lambda: flushing.poll() is not None and unwritten() <= BYTES_MAX, "the disk is at rest", seconds_max)
        settled = True
    except Overdue:
        settled = False
        flushing.kill()
    return {"seconds": clock.seconds(), "bytes_before": before, "bytes_after": unwritten(), "settled": settled}
