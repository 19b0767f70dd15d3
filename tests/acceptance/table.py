#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The acceptance list as a page: each row, the tests that show it, and the figures that a run of them saw.

    table.py --check               every test that a row names is there; exit status 1 if one is not
    table.py --report DIR          writes docs/acceptance.md from rows.txt and the figures in DIR

    CHRONIK_REPORT=DIR ctest --preset release -L 'broker|cluster|rebalance' && tests/acceptance/table.py --report DIR
"""

import argparse
import dataclasses
import json
import pathlib
import re
import subprocess
import sys
import textwrap

TESTS = pathlib.Path(__file__).resolve().parents[1]
ROWS = TESTS / "acceptance" / "rows.txt"
PAGE = TESTS.parent / "docs" / "acceptance.md"
WHOLE = "whole run s"  # a figure of every program: the seconds of all its scenarios
SECTIONS = {"S0": "Coordination: registry, heartbeats, assignment, rebalancing, consistency",
            "S1": "Lifecycle: start, replicate, lose nodes, fail over, shut down, persist, partition",
            "S2": "Replication: leaders, in-sync sets, every replica holds every acknowledged record",
            "S3": "Many partitions: creation, spread, order, scale",
            "S4": "Consensus: the metadata group, routing, bootstrap, diagnostics"}


@dataclasses.dataclass
class Row:
    name: str
    holds: str
    tests: list    # (file below tests/, name in it or "")
    figures: list  # (program, figure)


def split(text, separator):
    return [each.strip() for each in text.split(separator) if each.strip()]


def rows(text):
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [part.strip() for part in line.split("|")]
        if len(parts) != 4 or not re.fullmatch(r"S[0-4]-\d+", parts[0]):
            raise SystemExit(f"{ROWS}:{number}: not ROW | HOLDS | TESTS | FIGURES")
        tests = [tuple([*each.split(" "), ""][:2]) for each in split(parts[2], ";")]
        figures = [tuple(each.split(": ", 1)) for each in split(parts[3], ";")]
        yield Row(parts[0], parts[1], tests, figures)


def exists(file, name):
    """Whether the test is there: a GoogleTest of that name, a method, a function or a rule."""
    path = TESTS / file
    if not path.is_file():
        return False
    text = path.read_text("utf-8")
    if file.endswith(".py"):
        return not name or re.search(rf"^\s*def (test_)?{name}\(", text, re.MULTILINE) is not None
    return not name or re.search(rf"^(TYPED_)?TEST(_[FP])?\(\w+,\s*{name}\)", text, re.MULTILINE) is not None


def missing(listed):
    seen = set()
    for row in listed:
        if row.name in seen:
            yield f"{row.name} is there twice"
        seen.add(row.name)
        for file, name in row.tests:
            if not exists(file, name):
                yield f"{row.name} names {file} {name}, which is not there"


def shown(value):
    def number(each):
        return f"{each:.3g}" if isinstance(each, float) and each < 1000 else f"{each:,.0f}".replace(",", " ")

    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return ", ".join(f"{at} {number(value[at])}" for at in ("p50", "p99", "max")) + f" of {value['count']}"
    return number(value)


def page(listed, reports, commit):
    open_rows = [row.name for row in listed if not row.tests]
    yield "# The acceptance list"
    yield ""
    yield ("<!-- Written by tests/acceptance/table.py from rows.txt and the figures of a test run. "
           "Change rows.txt, run again. -->")
    yield ""
    yield textwrap.fill(
        "What the broker must do, row by row, and the automated test that shows it; the name of a row is that of the "
        "list that the project was begun with. Figures are those of the last run whose table was kept, with the small "
        "numbers that the suite runs with, on a machine of two cores that may have had other work besides.", 120)
    yield ""
    yield (f"Last run: {commit}. {len(listed) - len(open_rows)} of {len(listed)} rows have a test; "
           f"open: {', '.join(open_rows) or 'none'}.")
    for section, title in SECTIONS.items():
        yield ""
        yield f"## {section}: {title}"
        yield ""
        yield "| row | what holds | shown by | last seen |"
        yield "|---|---|---|---|"
        for row in (each for each in listed if each.name.startswith(section)):
            tests = ", ".join(f"`{file}`" + (f" {name.replace('_', ' ')}" if name else "") for file, name in row.tests)
            several = len({program for program, _ in row.figures}) > 1
            figures = "; ".join((f"{program}: " if several else "") + f"{figure}: {shown(reports[program][figure])}"
                                for program, figure in row.figures if figure in reports.get(program, {}))
            yield f"| {row.name} | {row.holds} | {tests or '**open**'} | {figures} |"


def main():
    asked = argparse.ArgumentParser(description="The acceptance list as a page.")
    asked.add_argument("--check", action="store_true", help="only: is every test there that a row names?")
    asked.add_argument("--report", type=pathlib.Path, help="the folder that CHRONIK_REPORT named")
    asked.add_argument("--of", default="HEAD", help="the commit whose run that was [HEAD]")
    options = asked.parse_args()
    listed = list(rows(ROWS.read_text("utf-8")))
    problems = list(missing(listed))
    for problem in problems:
        print(f"{ROWS}: {problem}", file=sys.stderr)
    if problems or options.check:
        return 1 if problems else 0
    if options.report is None:
        asked.error("--check or --report DIR")
    reports = {}
    for file in options.report.glob("*.json"):
        told = json.loads(file.read_text("utf-8"))
        failed = [name for name, ended in told["scenarios"].items() if not ended["passed"]]
        if failed:
            raise SystemExit(f"{file}: {failed} did not pass; no table is made of that")
        whole = sum(ended["seconds"] for ended in told["scenarios"].values())
        reports[told["program"]] = {**told["figures"], WHOLE: whole}
    named = ["git", "-C", str(TESTS), "log", "-1", "--format=%h of %as", options.of]
    commit = subprocess.run(named, capture_output=True, text=True, check=True).stdout.strip()
    PAGE.write_text("\n".join(page(listed, reports, commit)) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
