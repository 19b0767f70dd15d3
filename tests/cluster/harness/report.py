# SPDX-License-Identifier: Apache-2.0
"""What a test program saw: a summary for people, and JSON for whatever compares runs."""

import json
import os
import sys


class Figures:
    """Named figures in the order they were seen: formation, election, rejoin, failover, shutdown times, counts."""

    def __init__(self):
        self.values = {}
        self.scenarios = {}
        self.tables = {}

    def scenario(self, name, passed, seconds):
        self.scenarios[name] = {"passed": passed, "seconds": round(seconds, 3)}

    def add(self, name, value):
        self.values.setdefault(name, []).append(value)

    def row(self, table, **values):
        """What was seen in one stretch of a long run, beside the others."""
        self.tables.setdefault(table, []).append(values)

    def count(self, name, number):
        self.values[name] = [self.values.get(name, [0])[0] + number]

    def summary(self):
        return {name: values[0] if len(values) == 1 else spread(values) for name, values in self.values.items()}


def spread(values):
    ordered = sorted(values)

    def at(share):
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    return {"count": len(ordered), "min": ordered[0], "p50": at(0.50), "p99": at(0.99), "max": ordered[-1]}


figures = Figures()


def _number(value):
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _paint(text, colour):
    return f"\033[{colour}m{text}\033[0m" if sys.stdout.isatty() else text


def note(text):
    """A line of progress."""
    print(_paint("  " + text, 36), flush=True)


def show(program):
    """The summary, and the JSON file when CHRONIK_REPORT names a folder."""
    print(f"\n{_paint(program, 1)}")
    for name, ended in figures.scenarios.items():
        print(f"  {_paint('pass', 32) if ended['passed'] else _paint('FAIL', 31)}  {ended['seconds']:7.2f} s  {name}")
    for name, value in figures.summary().items():
        told = ", ".join(f"{key} {_number(each)}" for key, each in value.items()) if isinstance(value, dict) \
            else _number(value)
        print(f"        {name}: {told}")
    for name, rows in figures.tables.items():
        print(f"        {name}:")
        for row in rows:
            print("          " + ", ".join(f"{key} {_number(value)}" for key, value in row.items()))
    folder = os.environ.get("CHRONIK_REPORT")
    if folder:
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, f"{program}.json"), "w", encoding="utf-8") as file:
            told = {"program": program, "scenarios": figures.scenarios, "figures": figures.summary(),
                    "tables": figures.tables}
            json.dump(told, file, indent=2)
            file.write("\n")
    sys.stdout.flush()
