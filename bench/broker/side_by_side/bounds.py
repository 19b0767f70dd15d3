# SPDX-License-Identifier: Apache-2.0
"""The bounds that the project is steered by: our broker beside Kafka, and beside what machine and client can do.

Classes are never in one line without its words saying so.
"""

import statistics

from . import matrix, measure, sink

# A rate counts as carried when this share of it was acknowledged while it was offered.
CARRIED_SHARE = 0.95
# Who reaches this share of what the client can do at most has reached it.
CEILING_SHARE = 0.9
# What our broker may take for one record besides the way there and back and the sync.
ONE_RECORD_US = 40
CLASSES = ("synced", "page-cache")


def median(cell, system, figure):
    if cell is None:
        return None
    return cell["systems"].get(system, {}).get(figure, {}).get("median")


def knee(rate_cells, system="kafka"):
    """The highest of the rates that the broker carried, when it carried all below as well; None without one."""
    carried = None
    for cell in sorted(rate_cells, key=lambda each: each["at"]):
        reached = median(cell, system, "records_per_s")
        if reached is None or reached < CARRIED_SHARE * cell["at"]:
            break
        carried = cell["at"]
    return carried


class Bounds:
    """cells     as summary.cells() makes them
    notes     as summary.lifecycle() makes them
    limits    what disk and client can do by themselves
    systems   which brokers were run

    headlines() and against_limits() give ([line], [what is missing and why]). A line is {"what", "left", "right",
    "ratio", "unit", "bound", "holds", "note"}: left and right are [of whom, value], ratio is left / right, bound is
    [">=", 5] or ["<=", 1 / 3], or None where there is none. A cell that the matrix does not have is not missing.
    """

    def __init__(self, cells, notes, limits, systems):
        self.cells = cells
        self.notes = notes
        self.limits = limits
        self.systems = systems
        self.lines = []
        self.missing = []

    def headlines(self):
        self.lines, self.missing = [], []
        if "kafka" in self.systems and "chronik" in self.systems:
            self._beside_kafka()
        if "chronik" in self.systems:
            for durability in CLASSES:
                self._small_batches(durability)
        return self.lines, self.missing

    def against_limits(self):
        self.lines, self.missing = [], []
        if "chronik" in self.systems:
            self._receive_only()
            self._one_record()
            for durability in CLASSES:
                self._share_of_ceiling(durability)
        return self.lines, self.missing

    # What is looked up.

    def _find(self, group, at, nodes, durability):
        return next((each for each in self.cells if (each["group"], each["at"], each["nodes"], each["class"]) ==
                     (group, at, nodes, durability)), None)

    def _group(self, group):
        return next((each for each in self.cells if each["group"] == group), None)

    def _named(self, name):
        return next((each for each in self.cells if each["cell"] == name), None)

    def ceiling(self):
        """[against whom, records/s]: the most that the client has done with a server that stores nothing, with
        acks=all and 16 partitions; None when that was not measured."""
        mock = self.limits.get("client", {}).get("measured", {}).get("records_per_s")
        found = [["the receive-only server", median(self._group(matrix.LIMIT_CLIENT), sink.NAME, "records_per_s")],
                 ["librdkafka's mock broker", mock]]
        return max((each for each in found if each[1]), key=lambda each: each[1], default=None)

    # What is told.

    def _line(self, what, left, right, unit, bound, note=None):
        for (whose, value), nothing in ((left, (None,)), (right, (None, 0))):
            if value in nothing:
                self.missing.append({"what": what, "why": f"there is no figure of {whose}"})
                return
        ratio, holds = left[1] / right[1], None
        if bound is not None:
            holds = ratio >= bound[1] if bound[0] == ">=" else ratio <= bound[1]
        self.lines.append({"what": what, "left": list(left), "right": list(right), "ratio": ratio, "unit": unit,
                           "bound": bound, "holds": holds, "note": note})

    def _both(self, what, cell, figure, unit, bound, note=None):
        """One figure of one cell, so of one class."""
        self._line(what, ("chronik", median(cell, "chronik", figure)), ("kafka", median(cell, "kafka", figure)), unit,
                   bound, note)

    def _beside_kafka(self):
        for durability, times in zip(CLASSES, (5, 2)):
            cell = self._find("partitions", 16, 1, durability)
            if cell:
                self._throughput(cell, durability, times)
                self._both(f"processor time, {durability}, 1 KiB, 16 partitions, one node", cell, "cpu_s_per_million",
                           "s for a million records", ["<=", 1 / 3])
            self._latency(durability)
        synced, cached = self._find("partitions", 16, 3, "synced"), self._find("partitions", 16, 3, "page-cache")
        if synced and cached:
            self._line("throughput, three nodes, acks=all: ours synced, Kafka page-cache (two classes, on purpose)",
                       ("chronik", median(synced, "chronik", "records_per_s")),
                       ("kafka", median(cached, "kafka", "records_per_s")), "records/s", [">=", 1.5])
        self._lifecycle()

    def _throughput(self, cell, durability, times):
        """So many times Kafka's; where the client cannot put so much on any server, what there is of the client."""
        what = f"throughput, {durability}, 1 KiB, 16 partitions, one node"
        ours, theirs = (median(cell, name, "records_per_s") for name in ("chronik", "kafka"))
        ceiling = self.ceiling()
        if ours and theirs and ceiling and theirs * times > ceiling[1] and ours < theirs * times:
            self._line(f"{what}: share of the client's ceiling", ("chronik", ours), ("client's ceiling", ceiling[1]),
                       "records/s", [">=", CEILING_SHARE],
                       f"Kafka takes {theirs:,.0f} records/s, {theirs / ceiling[1]:.0%} of what the client can do "
                       f"({ceiling[0]}): {times} times that cannot be had. We take {ours / theirs:.2f} times Kafka's.")
        else:
            note = None
            if theirs and ceiling:
                note = (f"Kafka takes {theirs / ceiling[1]:.0%} of what the client can do ({ceiling[0]}): the bound is "
                        f"{times} times Kafka's.")
            self._line(what, ("chronik", ours), ("kafka", theirs), "records/s", [">=", times], note)

    def _latency(self, durability):
        rates = [each for each in self.cells
                 if (each["group"], each["nodes"], each["class"]) == ("rate", 1, durability)]
        if not rates:
            return
        highest, what = knee(rates), f"p99 at half of Kafka's knee, {durability}, one node"
        if highest is None:
            self.missing.append({"what": what, "why": "Kafka did not carry the lowest rate that was offered"})
            return
        half = self._find("rate", highest / 2, 1, durability)
        if half is None:
            self.missing.append({"what": what, "why": f"Kafka's knee is at {highest:,.0f} records/s, and half of that "
                                                      "was not offered"})
            return
        note = None
        if highest == max(each["at"] for each in rates):
            note = "Kafka carried the highest rate that was offered: its knee may be beyond."
        self._both(f"p99 at {half['at']:,.0f} records/s, half of Kafka's knee, {durability}, one node", half, "p99_us",
                   "us", ["<=", 1 / 3], note)

    def _lifecycle(self):
        for note in self.notes:
            for figure, bound in ((measure.OWN_MEMORY.format("1000 partitions"), 1 / 10), (measure.FIRST_ACK, 1 / 20),
                                  (measure.SILENCE, 1 / 3)):
                if note["figure"] == figure:
                    told = {name: spread["median"] for name, spread in note["systems"].items()}
                    self._line(figure, ("chronik", told.get("chronik")), ("kafka", told.get("kafka")), note["unit"],
                               ["<=", bound])

    def _small_batches(self, durability):
        small, large = (self._named(f"producers 50 {size} batches 1n {durability}") for size in ("small", "large"))
        if small and large:
            theirs = [median(cell, "kafka", "records_per_s") for cell in (small, large)]
            note = f"Kafka: {theirs[0] / theirs[1]:.3g}" if all(theirs) else None
            self._line(f"50 keyed producers, {durability}, one node: small batches beside large ones",
                       ("chronik, small", median(small, "chronik", "records_per_s")),
                       ("chronik, large", median(large, "chronik", "records_per_s")), "records/s", [">=", 1 / 2], note)

    def _receive_only(self):
        cell = self._group(matrix.LIMIT_THROUGHPUT)
        if cell:
            self._line("throughput, acks=1 without sync, 1 KiB, 16 partitions, one node",
                       ("chronik, page-cache", median(cell, "chronik", "records_per_s")),
                       (sink.NAME, median(cell, sink.NAME, "records_per_s")), "records/s", [">=", CEILING_SHARE],
                       "The same load by turns on a server that reads each request whole and stores nothing.")

    def _one_record(self):
        cell = self._group(matrix.LIMIT_ONE_RECORD)
        if not cell:
            return
        what = "p50 of one record under way, acks=all, synced, one node"
        ours, trip = median(cell, "chronik", "p50_us"), median(cell, sink.NAME, "p50_us")
        syncs = self.limits.get("syncs_us")
        if not (ours and trip and syncs):
            self.missing.append({"what": what, "why": "our broker, the receive-only server or fdatasync has no figure"})
            return
        sync = statistics.median(syncs)
        bare = self.limits.get("loopback", {}).get("round_trip_us", {}).get("p50")
        note = (f"There and back {trip:,.0f} us with the same client on the receive-only server, fdatasync after 4 KiB "
                f"{sync:,.0f} us, and {ONE_RECORD_US} us of our own; ours takes {ours - trip - sync:,.0f} us beyond "
                "the first two.")
        if bare:
            note += f" A byte there and back between bare sockets: {bare:,.0f} us."
        self._line(what, ("chronik", ours), ("round trip + fdatasync + 40 us", trip + sync + ONE_RECORD_US), "us",
                   ["<=", 1], note)

    def _share_of_ceiling(self, durability):
        cell, ceiling = self._find("partitions", 16, 1, durability), self.ceiling()
        if cell and ceiling:
            theirs = median(cell, "kafka", "records_per_s")
            self._line(f"throughput, acks=all, {durability}, 1 KiB, 16 partitions, one node: share of the client's "
                       "ceiling", (f"chronik, {durability}", median(cell, "chronik", "records_per_s")),
                       (f"the client on {ceiling[0]}", ceiling[1]), "records/s", None,
                       f"Kafka: {theirs / ceiling[1]:.3g}" if theirs else None)
