# SPDX-License-Identifier: Apache-2.0
"""Medians over the rounds, their spread, and how the two brokers stand to each other. Classes are never mixed here."""

import statistics

from . import bounds

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


def rests(runs):
    """How long the disk was waited for before each cell: {"seconds": spread, "count", "unsettled"}; None without any.
    """
    told = [run["rest"] for run in runs if "rest" in run]
    if not told:
        return None
    return {"seconds": spread([each["seconds"] for each in told]), "count": len(told),
            "unsettled": sum(not each["settled"] for each in told)}


def summarize(raw):
    """Everything the report shows, from everything that was run."""
    told, notes = cells(raw["runs"]), lifecycle(raw["lifecycle"])
    found = bounds.Bounds(told, notes, raw["limits"], raw["systems"])
    headlines, missing = found.headlines()
    against, more_missing = found.against_limits()
    return {"cells": told, "lifecycle": notes, "headlines": headlines, "against": against,
            "missing": missing + more_missing, "rests": rests(raw["runs"])}
