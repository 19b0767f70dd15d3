# SPDX-License-Identifier: Apache-2.0
"""Several runs of one matrix as one: the medians of the runs, with how far the runs are from each other."""

import statistics

from .summary import spread

# What has to be the same of all runs for their figures to be one.
SAME = ("matrix", "rounds", "seconds", "systems", "kafka_version", "librdkafka")
SAME_MACHINE = ("processor", "cores", "memory_bytes", "kernel", "commit", "changed")


class Different(Exception):
    """The runs are not of one matrix, machine and commit."""


def _check(raws):
    for one in raws[1:]:
        differs = [name for name in SAME if one[name] != raws[0][name]]
        differs += [name for name in SAME_MACHINE if one["machine"][name] != raws[0]["machine"][name]]
        if differs:
            raise Different(f"the runs differ in {', '.join(differs)}")


def _middle(told):
    """The median of each number in answers of the same form; of anything else, what the first one says."""
    first = told[0]
    if isinstance(first, bool) or first is None:
        return first
    if isinstance(first, (int, float)):
        return statistics.median(told)
    if isinstance(first, dict):
        return {name: _middle([each[name] for each in told if name in each]) for name in first}
    if isinstance(first, list) and all(isinstance(each, list) and len(each) == len(first) for each in told):
        return [_middle(list(each)) for each in zip(*told)]
    return first


def _medians(systems):
    """{name: {figure: spread}} of each run -> {name: {figure: spread of the runs' medians}}."""
    found = {}
    for one in systems:
        for name, figures in one.items():
            for figure, told in figures.items():
                found.setdefault(name, {}).setdefault(figure, []).append(told["median"])
    return {name: {figure: spread(values) for figure, values in figures.items()} for name, figures in found.items()}


def _cells(told):
    found = {}
    for number, summary in enumerate(told, 1):
        for cell in summary["cells"]:
            entry = found.setdefault(cell["cell"], cell | {"systems": [], "failed": []})
            entry["systems"].append(cell["systems"])
            entry["failed"] += [each | {"run": number} for each in cell["failed"]]
    return [cell | {"systems": _medians(cell["systems"])} for cell in found.values()]


def _lifecycle(told):
    found = {}
    for summary in told:
        for each in summary["lifecycle"]:
            entry = found.setdefault(each["figure"], each | {"systems": {}})
            for name, told_of in each["systems"].items():
                entry["systems"].setdefault(name, []).append(told_of["median"])
    return [each | {"systems": {name: spread(values) for name, values in each["systems"].items()}}
            for each in found.values()]


def _lines(told, name):
    """Lines of the same words; one that says another thing in another run (another rate, another rule) is its own."""
    found = {}
    for summary in told:
        for line in summary[name]:
            found.setdefault(line["what"], []).append(line)
    lines = []
    for same in found.values():
        ratio = spread([line["ratio"] for line in same])
        sides = {side: [same[0][side][0], statistics.median(line[side][1] for line in same)]
                 for side in ("left", "right")}
        bound, middle = same[0]["bound"], ratio["median"]
        holds = None if bound is None else middle >= bound[1] if bound[0] == ">=" else middle <= bound[1]
        note = same[0]["note"]
        if note and len(same) > 1:
            note = f"In the first of these runs: {note}"
        lines.append(same[0] | sides | {"ratio": middle, "ratios": ratio, "holds": holds, "note": note})
    return lines


def _missing(told):
    return [each | {"why": f"run {number}: {each['why']}"}
            for number, summary in enumerate(told, 1) for each in summary["missing"]]


def _rests(told):
    each = [one["rests"] for one in told if one["rests"]]
    if not each:
        return None
    return {"seconds": spread([one["seconds"]["median"] for one in each]), "count": sum(one["count"] for one in each),
            "unsettled": sum(one["unsettled"] for one in each)}


def combine(raws):
    """From what the runs' files say, one such file: its page is that of a run.

    raws     each with its "summary"; at least one
    returns  the same form without "runs" and "lifecycle", and "combined", the number of runs
    """
    _check(raws)
    told = [raw["summary"] for raw in raws]
    told = {"cells": _cells(told), "lifecycle": _lifecycle(told), "headlines": _lines(told, "headlines"),
            "against": _lines(told, "against"), "missing": _missing(told), "rests": _rests(told)}
    return {name: raws[0][name] for name in (*SAME, "machine")} | {
        "took_s": sum(one["took_s"] for one in raws), "limits": _middle([one["limits"] for one in raws]),
        "others_busy_cores": statistics.median(one["others_busy_cores"] for one in raws),
        "calls": _middle([one["calls"] for one in raws]), "combined": len(raws), "summary": told}
