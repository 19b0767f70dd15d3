# SPDX-License-Identifier: Apache-2.0
"""What is run: cells, each one load on one composition of a broker."""

import dataclasses

from .systems import CACHED, SYNCED

# Each rate is twice the one before, so that half of the knee is a rate that was run.
REDUCED_RATES = (8000, 16000, 32000, 64000, 128000)
FULL_RATES = (1000, 2000, 4000, *REDUCED_RATES, 256000)
# Of three nodes a figure is told at each rate, and no knee is looked for.
REDUCED_RATES_OF_THREE = (4000, 16000, 64000)
FULL_RATES_OF_THREE = (1000, *REDUCED_RATES_OF_THREE, 256000)
KEYS = 10_000

# Groups that are run against the receive-only server: by turns with our broker, or, for what the client can do at most,
# alone.
LIMIT_THROUGHPUT, LIMIT_ONE_RECORD, LIMIT_CLIENT = "limit throughput", "limit one record", "limit client"
LIMITS = (LIMIT_THROUGHPUT, LIMIT_ONE_RECORD, LIMIT_CLIENT)
CALLS = "system calls"


@dataclasses.dataclass(frozen=True)
class Cell:
    """name      tells it from all others
    group     which figures belong into one plot or table
    nodes     1, or 3 with three replicas and min.insync.replicas=2
    options   of broker-load
    """

    name: str
    group: str
    nodes: int
    durability: str
    mode: str
    options: tuple
    at: float = 0.0  # its place on the plot's axis: a rate, a count of partitions, ...

    def words(self):
        return dict(self.options)

    @property
    def is_limit(self):
        """Run against the receive-only server as well."""
        return self.group in LIMITS

    @property
    def topic(self):
        return self.name.replace(" ", "-").replace("/", "-").replace(",", "")


@dataclasses.dataclass(frozen=True)
class Matrix:
    name: str
    cells: tuple
    rounds: int
    warm_up_s: float  # of each cell
    seconds: float
    prepare_s: float  # of load after each start of a broker, before its first cell: a JVM compiles what is hot
    calls_s: float  # of each window in which our broker's system calls are counted; 0: they are not
    lifecycle: bool
    many_partitions: int
    backlog_bytes: int  # a start is measured with so much in the log; 0: it is not


def _cell(group, what, nodes, durability, mode="produce", at=0.0, **options):
    words = {"partitions": 16, "record_bytes": 1024, "keys": KEYS, "replicas": nodes, **options}
    return Cell(f"{group} {what} {nodes}n {durability}", group, nodes, durability, mode, tuple(words.items()), at)


def _throughput(nodes, durability, full):
    for partitions in (1, 16, 100, 1000) if full else (1, 16, 100):
        yield _cell("partitions", partitions, nodes, durability, partitions=partitions, at=partitions)
    for size in (100, 10240):
        yield _cell("record bytes", size, nodes, durability, record_bytes=size, at=size)
    yield _cell("producers", "50 small batches", nodes, durability, producers=50, linger_ms=0, at=50)
    yield _cell("producers", "50 large batches", nodes, durability, producers=50, linger_ms=50, at=50)
    yield _cell("depth", "one record", nodes, durability, partitions=1, depth=1, linger_ms=0, keys=0)
    if full:
        yield _cell("producers", "10 small batches", nodes, durability, producers=10, linger_ms=0, at=10)
        for codec in ("lz4", "zstd"):
            yield _cell("compression", codec, nodes, durability, compression=codec)
        yield _cell("acks", "leader", nodes, durability, acks="1")


def _latency(nodes, durability, rates):
    for rate in rates:
        yield _cell("rate", rate, nodes, durability, "end-to-end", at=rate, rate=rate, linger_ms=0, producers=4)


def _one_node(full):
    for durability in (SYNCED, CACHED):
        yield from _throughput(1, durability, full)
        yield _cell("catch up", "16 partitions", 1, durability, "consume")
        yield from _latency(1, durability, FULL_RATES if full else REDUCED_RATES)


def _three_nodes(full):
    for durability in (SYNCED, CACHED):
        for partitions in (1, 16, 100, 1000) if full else (16,):
            yield _cell("partitions", partitions, 3, durability, partitions=partitions, at=partitions)
        yield from _latency(3, durability, FULL_RATES_OF_THREE if full else REDUCED_RATES_OF_THREE)


def _limits():
    """Beside the receive-only server: throughput without sync, the latency of one synced record, and the client."""
    return (_cell(LIMIT_THROUGHPUT, "leader acknowledges", 1, CACHED, acks="1", at=16),
            _cell(LIMIT_CLIENT, "all acknowledge", 1, CACHED, at=16),
            _cell(LIMIT_ONE_RECORD, "all acknowledge", 1, SYNCED, partitions=1, depth=1, linger_ms=0, keys=0))


def smoke():
    """Whether everything works; its figures say little."""
    cells = [_cell("partitions", 4, 1, SYNCED, partitions=4, at=4),
             _cell("catch up", "4 partitions", 1, SYNCED, "consume"),
             _cell("rate", 500, 1, SYNCED, "end-to-end", at=500, rate=500, linger_ms=0),
             _cell("partitions", 4, 1, CACHED, partitions=4, at=4)]
    return Matrix("smoke", (*cells, *_limits()), rounds=1, warm_up_s=0.5, seconds=1.5, prepare_s=1, calls_s=1,
                  lifecycle=False, many_partitions=0, backlog_bytes=0)


def reduced():
    """The figures that the project is steered by, on a machine of its own. One round: several runs are its rounds."""
    return Matrix("reduced", (*_one_node(False), *_three_nodes(False), *_limits()), rounds=1, warm_up_s=1, seconds=3,
                  prepare_s=10, calls_s=3, lifecycle=True, many_partitions=1000, backlog_bytes=0)


def full():
    """All that there is. One round, for the same reason."""
    return Matrix("full", (*_one_node(True), *_three_nodes(True), *_limits()), rounds=1, warm_up_s=2, seconds=6,
                  prepare_s=15, calls_s=5, lifecycle=True, many_partitions=1000, backlog_bytes=10 << 30)


MATRICES = {"smoke": smoke, "reduced": reduced, "full": full}
