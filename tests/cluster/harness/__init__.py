# SPDX-License-Identifier: Apache-2.0
"""Starts real brokers, drives them with real Kafka clients, breaks them, and checks what they promised.

    export CHRONIK_BROKER=build/release/example/broker/chronik-broker
    /usr/bin/python3 tests/cluster/failover_test.py --rounds 50
"""

from . import admin, checkers, clients, disks, moves, report, suite, wire
from .broker import Broker, Ended
from .cluster import Cluster
from .dump import dump_directory, dump_log
from .report import figures, note
from .suite import Case
from .trouble import FailingSync, OwnClock, SlowDisk
from .wait import Overdue, Stopwatch, bound, until
