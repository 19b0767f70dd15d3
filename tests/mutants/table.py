#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How soon each known mistake is noticed, as a page: the patches, and what measured.txt has of them.

    table.py              writes the table of README.md anew
    table.py --keep       keeps the lines of tests/mutants/run that come by the standard input in measured.txt, each in
                          place of the one before, and writes the table anew
    table.py --check      whether the table is that of measured.txt, and every line has its patch; exit status 1 if not
    table.py --missing    NAME | JUDGE for what was not measured, or in too few searches for a median
"""

import argparse
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
SEARCHES_MIN = {"world": 20, "model": 3}  # judge -> searches that make a median
BEGIN = "<!-- Written by table.py from the patches and measured.txt. -->"
END = "<!-- The end of what table.py writes. -->"
LINE = re.compile(r"(\w+) \| (world|model) \| ((?:\d+ )?of \d+) \| ((?:more than )?\d+) \|(?: (.*))?")
DENIED = re.compile(r"^.*?the model does not allow that it ")


def mistakes(folder):
    """name -> what it is, in order of names"""
    return {file.stem: file.read_text("utf-8").split("\n", 1)[0] for file in sorted(folder.glob("*.patch"))}


def parse(line):
    """(name, judge), (found, median, words)"""
    read = LINE.fullmatch(line.rstrip())
    if read is None:
        raise SystemExit(f"not NAME | JUDGE | FOUND | MEDIAN | WORDS: {line.rstrip()}")
    name, judge, found, median, words = read.groups()
    return (name, judge), (found, median, DENIED.sub("", words or "") if judge == "model" else words or "")


def split(text):
    """The comment at the top, and the lines"""
    lines = text.splitlines()
    head = [line for line in lines if not line or line.startswith("#")]
    return head, dict(parse(line) for line in lines if line and not line.startswith("#"))


def joined(head, measured):
    rows = (" | ".join((name, judge, *measured[name, judge])).rstrip() for name, judge in
            sorted(measured, key=lambda which: (which[0], list(SEARCHES_MIN).index(which[1]))))
    return "\n".join([*head, *rows]) + "\n"


def missing(known, measured):
    for name in known:
        for judge, least in SEARCHES_MIN.items():
            found = measured.get((name, judge), ("of 0",))[0]
            if int(found.split()[-1]) < least:
                yield f"{name} | {judge}"


def table(known, measured):
    def cells(name, judge):
        found, median, words = measured.get((name, judge), ("", "not measured", ""))
        return f"{median} ({found})" if found else median, words

    yield BEGIN
    yield ""
    yield ("| mutant | what it is | median seeds (found) | what is said first "
           "| by the model alone | what the model says |")
    yield "|---|---|---|---|---|---|"
    for name, what in known.items():
        median, words = cells(name, "world")
        alone, denied = cells(name, "model")
        yield f"| {name} | {what} | {median} | {words} | {alone} | {denied} |"
    yield ""
    yield END


def page(before, known, measured):
    begin, end = before.find(BEGIN), before.find(END)
    if begin < 0 or end < begin:
        raise SystemExit("README.md has no place for the table")
    return before[:begin] + "\n".join(table(known, measured)) + before[end + len(END):]


def problems(readme, known, measured):
    for name, judge in measured:
        if name not in known:
            yield f"measured.txt has {name} | {judge}, and there is no such patch"
    if page(readme, known, measured) != readme:
        yield "the table of README.md is an old one; run tests/mutants/table.py"


def main():
    asked = argparse.ArgumentParser(description="How soon each known mistake is noticed, as a page.")
    does = asked.add_mutually_exclusive_group()
    does.add_argument("--keep", action="store_true", help="keep the lines of the standard input")
    does.add_argument("--check", action="store_true", help="only: is the table that of measured.txt?")
    does.add_argument("--missing", action="store_true", help="only: what lacks a median?")
    options = asked.parse_args()
    known = mistakes(HERE)
    kept, readme = HERE / "measured.txt", HERE / "README.md"
    head, measured = split(kept.read_text("utf-8"))

    def write():
        kept.write_text(joined(head, measured), "utf-8")
        readme.write_text(page(readme.read_text("utf-8"), known, measured), "utf-8")

    if options.missing:
        print("\n".join(missing(known, measured)))
        return 0
    if options.check:
        found = list(problems(readme.read_text("utf-8"), known, measured))
        print("\n".join(found), file=sys.stderr, end="\n" if found else "")
        return 1 if found else 0
    if options.keep:
        for line in sys.stdin:
            which, seen = parse(line)
            measured[which] = seen
            print(line, end="", flush=True)
            write()
    write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
