# SPDX-License-Identifier: Apache-2.0
"""Medians over the rounds, their spread, and how the two brokers stand to each other. Classes are never mixed here."""

import statistics

# A rate counts as carried when this share of it was acknowledged while it was offered.
CARRIED_SHARE = 0.95

# Figure of a run -> where it is in broker-load's answer.
FIGURES = {
    "records_per_s": ("measured", "records_per_s"),
    "megabytes_per_s": ("measured", "megabytes_per_s"),
    "p50_us": ("latency_us", "p50"),
    "p99_us": ("latency_us", "p99"),
    "p99.9_us": ("latency_us", "p99.9"),
    "max_us": ("latency_us", "max"),
    "end_to_end_p50_us": ("end_to_end_latency_us", "p50"),
    "end_to_end_p99_us": ("end_to_end_latency_us", "p99"),
    "cpu_s_per_million": ("measured", "broker", "cpu_s_per_million_records"),
    "switches_per_thousand": ("measured", "broker", "switches_per_thousand_records"),
    "peak_bytes": ("measured", "broker", "peak_bytes"),
    "written_bytes": ("measured", "broker", "written_bytes"),
    "others_busy_cores": ("measured", "others_busy_cores"),
}

KEPT = ("cell", "group", "at", "nodes", "class", "mode")


def _dig(told, path):
    for name in path:
        if not isinstance(told, dict) or name not in told:
            return None
        told = told[name]
    return told


def spread(values):
    """{"median", "min", "max", "count"} of at least one value."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "count": len(values)}


def cells(runs):
    """Cell by cell, in the order in which they ran: {"cell", "group", ..., "systems": {name: {figure: spread}}}."""
    found = {}
    for run in runs:
        cell = found.setdefault(run["cell"], {key: run[key] for key in KEPT} | {"systems": {}, "failed": []})
        if "failed" in run:
            cell["failed"].append({"system": run["system"], "round": run["round"], "why": run["failed"]})
            continue
        figures = cell["systems"].setdefault(run["system"], {})
        for figure, path in FIGURES.items():
            value = _dig(run["result"], path)
            if value is not None:
                figures.setdefault(figure, []).append(value)
    for cell in found.values():
        cell["systems"] = {name: {figure: spread(values) for figure, values in figures.items()}
                           for name, figures in cell["systems"].items()}
    return list(found.values())


def lifecycle(notes):
    """Figure by figure: {"figure", "unit", "systems": {name: spread}}."""
    found = {}
    for note in notes:
        entry = found.setdefault(note["figure"], {"figure": note["figure"], "unit": note["unit"], "values": {}})
        entry["values"].setdefault(note["system"], []).append(note["value"])
    return [{"figure": each["figure"], "unit": each["unit"],
             "systems": {name: spread(values) for name, values in each["values"].items()}} for each in found.values()]


def median(cell, system, figure):
    return cell["systems"].get(system, {}).get(figure, {}).get("median")


def ratio(ours, theirs):
    """ours / theirs; None when one of them is missing or nothing."""
    return ours / theirs if ours is not None and theirs else None


def knee(rate_cells, system="kafka"):
    """The highest of the rates that the broker carried, when it carried all below as well; None without one."""
    carried = None
    for cell in sorted(rate_cells, key=lambda each: each["at"]):
        reached = median(cell, system, "records_per_s")
        if reached is None or reached < CARRIED_SHARE * cell["at"]:
            break
        carried = cell["at"]
    return carried


def headlines(all_cells, notes):
    """The ratios that the project is steered by: [{"what", "chronik", "kafka", "ratio", "unit", "bound", "holds"}].

    bound   "at least 5" as (">=", 5), "at most a third" as ("<=", 1 / 3)
    """
    def find(group, at, nodes, durability):
        return next((each for each in all_cells if (each["group"], each["at"], each["nodes"], each["class"]) ==
                     (group, at, nodes, durability)), None)

    lines = []

    def add(what, ours, theirs, unit, bound):
        value = ratio(ours, theirs)
        if value is None:
            return
        holds = value >= bound[1] if bound[0] == ">=" else value <= bound[1]
        lines.append({"what": what, "chronik": ours, "kafka": theirs, "ratio": value, "unit": unit, "bound": bound,
                      "holds": holds})

    for durability, at_least in (("synced", 5), ("page-cache", 2)):
        cell = find("partitions", 16, 1, durability)
        if cell:
            add(f"throughput, {durability}, 1 KiB, 16 partitions, one node", median(cell, "chronik", "records_per_s"),
                median(cell, "kafka", "records_per_s"), "records/s", (">=", at_least))
            add(f"processor time, {durability}, 1 KiB, 16 partitions, one node",
                median(cell, "chronik", "cpu_s_per_million"), median(cell, "kafka", "cpu_s_per_million"),
                "s for a million records", ("<=", 1 / 3))
        rates = [each for each in all_cells if (each["group"], each["nodes"], each["class"]) == ("rate", 1, durability)]
        highest = knee(rates)
        half = find("rate", highest / 2, 1, durability) if highest else None
        if half:
            add(f"p99 at {half['at']:,.0f} records/s, half of Kafka's knee, {durability}, one node",
                median(half, "chronik", "p99_us"), median(half, "kafka", "p99_us"), "us", ("<=", 1 / 3))
    synced, cached = find("partitions", 16, 3, "synced"), find("partitions", 16, 3, "page-cache")
    if synced and cached:
        add("throughput, three nodes, acks=all: ours synced, Kafka page-cache (two classes, on purpose)",
            median(synced, "chronik", "records_per_s"), median(cached, "kafka", "records_per_s"), "records/s",
            (">=", 1.5))
    bounds = {"memory, 1000 partitions": 1 / 10, "start, empty": 1 / 20, "leader killed": 1 / 3}
    for each in lifecycle(notes):
        for begins, bound in bounds.items():
            if begins in each["figure"] and not each["figure"].startswith("resident"):
                medians = {name: told["median"] for name, told in each["systems"].items()}
                add(each["figure"], medians.get("chronik"), medians.get("kafka"), each["unit"], ("<=", bound))
    return lines


def summarize(raw):
    """Everything the report shows, from everything that was run."""
    told = cells(raw["runs"])
    return {"cells": told, "lifecycle": lifecycle(raw["lifecycle"]), "headlines": headlines(told, raw["lifecycle"])}
