# SPDX-License-Identifier: Apache-2.0
"""Waiting for a condition, never for a time."""

import os
import threading
import time

# A condition is looked at this often; waiting on an Event that nobody sets is how a poll loop yields the processor.
POLL_SECONDS = 0.02
_never = threading.Event()
# How much slower than what users run the broker may be: more than 1 for one built with a sanitizer.
_SLOWNESS = float(os.environ.get("CHRONIK_SLOWNESS", "1"))


def bound(seconds):
    """The seconds within which something must have happened, as far as this build can be held to them."""
    return seconds * _SLOWNESS


class Overdue(AssertionError):
    """The condition did not come true in time."""


def until(condition, what, seconds=30.0, every=POLL_SECONDS):
    """The first true value of condition(); Overdue with the last answer or error when the deadline passes.

    condition   called again and again; OSError counts as "not yet"
    """
    started = time.monotonic()
    while True:
        seen = None
        try:
            seen = condition()
            if seen:
                return seen
        except OSError as error:
            seen = error
        if time.monotonic() - started > seconds:
            raise Overdue(f"{what}: not within {seconds:g} s; last seen: {seen!r}")
        _never.wait(every)


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self):
        self._started = time.monotonic()

    def seconds(self):
        return time.monotonic() - self._started
