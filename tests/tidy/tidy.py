#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of the house that a compiler does not check, each a function from a source tree to its breaches.

    tidy.py ROOT [RULE...]      prints "file:line: sentence" for each breach; exit status 1 if there is one
"""
import re
import sys
from pathlib import Path

SOURCE_SUFFIXES = {".hpp", ".cpp"}
SCRIPT_SUFFIXES = {".py", ".sh", ".cmake"}
FOLDERS = ["include", "example", "tests", "bench", "docs", "cmake", "scripts", ".ci"]

FLOOR = {"base": 0, "schema": 1, "raft": 2, "wal": 2, "machine": 2, "assign": 2, "cluster": 2, "transport": 2,
         "node": 3, "testing": 3, "posix": 4, "net": 4}
FLOOR_TWO = {room for room, floor in FLOOR.items() if floor == 2}
# Beyond themselves. A room of floor 2 never includes another of floor 2: node/ is where they meet.
MAY_INCLUDE = {room: {"base", "schema"} for room in FLOOR_TWO}
MAY_INCLUDE |= {"base": set(), "schema": {"base"}, "node": {"base", "schema"} | FLOOR_TWO,
                "testing": {"base", "schema", "node"} | FLOOR_TWO,
                "posix": {"base", "wal/concepts", "node"}, "net": {"base", "transport", "node"}}
# In the broker: each room includes only those before it. What is set and what is written down stand first, and use
# nothing of Kafka; then bytes, the state machines, the cluster that replicates them, what clients ask, all of that as
# one thing, what operators ask, the process around it all, and what is done while it does not run. environment.hpp
# stands before composition.hpp, and that between the state machines' own headers (machine.hpp in metadata/ and
# partitions/) and everything that uses the replicated logs; broker_tags.hpp beneath all: settings and metadata must
# mean the same by a tag.
BROKER_ORDER = ["settings", "log", "wire", "metadata", "partitions", "cleaning", "cluster", "groups",
                "handlers", "engine", "admin", "server", "offline"]
BROKER_MAY_INCLUDE = {room: set(BROKER_ORDER[:place + 1]) for place, room in enumerate(BROKER_ORDER)}
BROKER_MAY_INCLUDE["wire"] = {"wire"}
BROKER_MAY_INCLUDE["metadata"] = {"wire", "metadata"}
BROKER_MAY_INCLUDE["admin"] = {"settings", "log", "admin"}
LINES_MAX = 400
COLUMNS_MAX = 120

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


class Tree:
    def __init__(self, root):
        self.root = Path(root)
        self._lines = {}

    def files(self, *folders, suffixes=None):
        for folder in folders or FOLDERS:
            for path in sorted((self.root / folder).rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts and (suffixes is None or path.suffix in suffixes):
                    yield path.relative_to(self.root)

    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8", errors="replace")

    def lines(self, path):
        if path not in self._lines:
            self._lines[path] = self.text(path).splitlines()
        return self._lines[path]

    def includes(self, path):
        for number, line in enumerate(self.lines(path), 1):
            if found := INCLUDE.match(line):
                yield number, found.group(1)

    def code(self, path):
        """Lines without comments and without the insides of string literals."""
        text = re.sub(r'"(?:\\.|[^"\\\n])*"', '""', self.text(path))
        text = re.sub(r"/\*.*?\*/", lambda block: "\n" * block.group().count("\n"), text, flags=re.S)
        for number, line in enumerate(text.split("\n"), 1):
            yield number, line.split("//")[0]


def room_of(header):
    """'chronik/raft/core.hpp' -> 'raft'; None for the headers beside the rooms."""
    parts = header.split("/")
    return parts[1] if parts[0] == "chronik" and len(parts) > 2 else None


def floors(tree):
    """A room includes only what its floor allows."""
    for path in tree.files("include/chronik", suffixes=SOURCE_SUFFIXES):
        room = room_of(str(path.relative_to("include")))
        if room is None:
            continue
        if room not in FLOOR:
            yield path, 1, f"the room {room} is on no floor; give it one in tests/tidy/tidy.py"
            continue
        for number, header in tree.includes(path):
            other = room_of(header)
            if other is None or other == room:
                if header in ("chronik/chronik.hpp", "chronik/fwd.hpp", "chronik/concepts.hpp"):
                    yield path, number, f"{room} includes the umbrella {header}; include what is used"
                continue
            part = header.removeprefix("chronik/").removesuffix(".hpp")
            if other not in MAY_INCLUDE[room] and part not in MAY_INCLUDE[room]:
                yield path, number, (f"{room} (floor {FLOOR[room]}) includes {header} (floor {FLOOR.get(other, '?')}); "
                                     f"it may include {', '.join(sorted(MAY_INCLUDE[room])) or 'nothing of ours'}")


def third_party(tree):
    """Asio only in net, Hana only in schema and node; both in examples and tests of those."""
    for path in tree.files("include", "example", "tests", "bench", suffixes=SOURCE_SUFFIXES):
        where = path.as_posix()
        for number, header in tree.includes(path):
            if header == "asio.hpp":
                yield path, number, "<asio.hpp> costs two seconds a file; include the parts that are used"
            if where.startswith("include/"):
                if header.startswith("asio/") and not where.startswith("include/chronik/net/"):
                    yield path, number, f"<{header}>: Asio belongs in net/"
                if header.startswith("boost/hana") and not re.match(r"include/chronik/(schema|node)/", where):
                    yield path, number, f"<{header}>: Hana belongs in schema/ and node/"
            if header.startswith("boost/") and not header.startswith("boost/hana"):
                yield path, number, f"<{header}>: of Boost we use Hana only"


def examples_use_the_public_face(tree):
    """Examples include no detail/ header, and the broker's rooms build on each other in one direction."""
    rooms = {}
    for path in tree.files("example", suffixes=SOURCE_SUFFIXES):
        own = path.parts[2] if path.parts[1] == "broker" and len(path.parts) > 3 else None
        for number, header in tree.includes(path):
            if header.startswith("chronik/") and "/detail/" in header:
                yield path, number, f"<{header}> is the library's own; examples use what users may use"
            header = header.removeprefix("broker/")
            other = header.split("/")[0]
            if own is None or other == own or not (tree.root / "example/broker" / header).exists():
                continue
            if "/" not in header:
                continue  # beside the rooms, such as composition.hpp
            rooms.setdefault(own, set()).add(other)
            if own not in BROKER_MAY_INCLUDE:
                yield path, number, (f"the room {own} has no place in the broker's order; "
                                     "give it one in tests/tidy/tidy.py")
            elif other not in BROKER_MAY_INCLUDE[own]:
                allowed = ", ".join(sorted(BROKER_MAY_INCLUDE[own]))
                yield path, number, f"{own}/ includes {header}; it may include {allowed}"
    if cycle := find_cycle(rooms):
        yield Path("example/broker"), 1, f"rooms include each other: {' -> '.join(cycle)}"


# What decides in the broker is compiled for the deterministic world, too. What it may know of the other page's world is
# where a peer is, which is a struct.
WORLDLY_HEADER = re.compile(r"chronik/(posix|net)/(?!tcp_options\.hpp)|asio/(?!awaitable\.hpp)")
WORLDLY_WORD = re.compile(r"\bsteady_now\b|\b(system_clock|steady_clock)::now\b|\bstd::(thread|random_device)\b")


def the_environment_is_a_page(tree):
    """The broker's rooms that decide know files, threads, links, timers and clocks by environment.hpp alone."""
    rooms = BROKER_ORDER[BROKER_ORDER.index("metadata"):BROKER_ORDER.index("engine") + 1]
    for path in tree.files(*(f"example/broker/{room}" for room in rooms), suffixes=SOURCE_SUFFIXES):
        for number, header in tree.includes(path):
            if WORLDLY_HEADER.match(header):
                yield path, number, f"<{header}>: what this room stands on is in environment.hpp"
        for number, line in tree.code(path):
            if found := WORLDLY_WORD.search(line):
                yield path, number, f"{found.group()}: what this room stands on is in environment.hpp"


FORBIDDEN = [
    (r"#\s*include\s*<iostream>", "<iostream> has static constructors in every file"),
    (r"#\s*include\s*<(format|print|generator)>", "GCC 12 does not have it"),
    (r"\bvirtual\b", "no virtual functions here: a part is a template parameter"),
    (r"\bthrow\b", "nothing here throws on its own account: result<T>, or CHRONIK_ASSERT"),
    (r"\b(system_clock|steady_clock|high_resolution_clock)::now\b", "time is an input"),
    (r"\b(random_device|mt19937|default_random_engine)\b", "chance is an input: base/random.hpp with a seed"),
    (r"\bstd::(mutex|thread|jthread|condition_variable)\b", "one shard, one thread: nothing here locks"),
]


def pure_floors(tree):
    """Floors 0 to 3 have no exceptions of their own, no virtual functions, no clocks and no locks."""
    for path in tree.files("include/chronik", suffixes=SOURCE_SUFFIXES):
        if FLOOR.get(room_of(str(path.relative_to("include"))), 0) > 3:
            continue
        for number, line in tree.code(path):
            for pattern, why in FORBIDDEN:
                if found := re.search(pattern, line):
                    yield path, number, f"{found.group().strip()}: {why}"


def shape(tree):
    """Licence line, #pragma once, and sizes a reader can hold."""
    for path in tree.files():
        script = path.suffix in SCRIPT_SUFFIXES or path.name in ("run", "setup", "measure", "CMakeLists.txt")
        if path.suffix not in SOURCE_SUFFIXES and not script:
            continue
        lines = tree.lines(path)
        if not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:2]):
            yield path, 1, "the first line names the licence: SPDX-License-Identifier: Apache-2.0"
        if path.suffix == ".hpp" and "#pragma once" not in lines[:3]:
            yield path, 1, "a header begins with #pragma once"
        if len(lines) > LINES_MAX and path.suffix == ".hpp":
            yield path, len(lines), f"{len(lines)} lines; past {LINES_MAX}, look for the second idea"


def columns(tree):
    """Lines that fit beside each other in a review."""
    for path in tree.files(suffixes=SOURCE_SUFFIXES | SCRIPT_SUFFIXES):
        for number, line in enumerate(tree.lines(path), 1):
            if len(line) > COLUMNS_MAX:
                yield path, number, f"{len(line)} columns; {COLUMNS_MAX} fit"


def headers_have_tests(tree):
    """Each public header has a unit test of the same name, or is what another unit or static test includes.

    A concepts.hpp has nothing to run: its corners are an archetype and tests/static."""
    tested = {header for path in tree.files("tests/unit", "tests/static", "tests/paper", suffixes=SOURCE_SUFFIXES)
              for _, header in tree.includes(path)}
    for path in tree.files("include/chronik", suffixes={".hpp"}):
        header = path.relative_to("include")
        room = header.parts[1] if len(header.parts) > 2 else "root"
        own = tree.root / "tests/unit" / room / f"{header.stem}_test.cpp"
        if "detail" in header.parts or header.name == "concepts.hpp" or header.as_posix() in tested or own.exists():
            continue
        yield path, 1, f"no test includes it; it belongs in tests/unit/{room}/{header.stem}_test.cpp"


# Concepts that are nobody's to model, and concepts that promise nothing beyond their shape; each with the reason.
NOT_FOR_USERS = {
    "term_and_vote": "lets the journal take a struct of two members from a room that it does not know",
    "direct_directory": "a directory that can do one thing more; the journal works without",
    "together_directory": "a directory that can do one thing more; the journal works without",
    "write_behind_file": "a file that can do one thing more; the journal works without",
}
LAWLESS = {
    "bringing_observer": "is asked, and may forget: it is asked again",
    "command": "a shape: what its bytes promise are command_set's",
    "described": "a shape: what encoding promises are encode's and decode's",
    "doubting_storage": "has one model, and tests/unit/wal/repair_test.cpp are its laws",
    "format": "free to choose its bytes; decode() has to understand what encode() wrote, and unit tests say so",
    "host_observer": "is told, and promises nothing",
    "tracing_observer": "is told, and promises nothing",
    "snapshot_store": "has one model, and tests/unit/wal/snapshot_store_test.cpp are its laws",
    "writer": "free to do with the bytes what it likes",
}


def concepts_are_complete(tree):
    """Every public concept has a page, a smallest model, laws, and a case that shows what the compiler says."""
    def found(pattern, folder, suffix):
        return any(re.search(pattern, tree.text(path)) for path in tree.files(folder, suffixes={suffix}))

    for path in tree.files("include/chronik", suffixes={".hpp"}):
        inside = []
        for number, line in enumerate(tree.lines(path), 1):
            if opened := re.match(r"namespace ([\w:]+) \{", line):
                inside.append(opened.group(1))
            elif re.match(r"\}  // namespace \w", line) and inside:
                inside.pop()
            declared = re.match(r"concept (\w+) =", line)
            if not declared or any("detail" in name for name in inside) or declared.group(1) in NOT_FOR_USERS:
                continue
            name = declared.group(1)
            if not found(rf"(`|::|# ){name}\b", "docs/concepts", ".md"):
                yield path, number, f"the concept {name} has no page in docs/concepts"
            if not found(rf"\b{name}\b", "tests/archetypes", ".hpp"):
                yield path, number, f"the concept {name} has no smallest model in tests/archetypes"
            if not found(rf"expect-error:.*\b{name}\b|static_assert\(.*\b{name}<", "tests/compile_fail", ".cpp"):
                yield path, number, f"the concept {name} has no case in tests/compile_fail"
            if name not in LAWLESS and not found(rf"\b{name}\b", "tests/laws", ".hpp"):
                yield path, number, f"the concept {name} has no laws in tests/laws, and no reason in LAWLESS"


def umbrellas_are_complete(tree):
    """chronik.hpp has every public header of floors 0 to 3 but testing, concepts.hpp every concepts.hpp."""
    listed = {name: {header for _, header in tree.includes(Path("include/chronik") / name)}
              for name in ("chronik.hpp", "concepts.hpp")}
    for path in tree.files("include/chronik", suffixes={".hpp"}):
        header = path.relative_to("include")
        room = room_of(header.as_posix())
        if room is None or "detail" in header.parts or room == "testing" or FLOOR.get(room, 9) > 3:
            continue
        for umbrella in ("chronik.hpp", "concepts.hpp") if header.name == "concepts.hpp" else ("chronik.hpp",):
            if header.as_posix() not in listed[umbrella]:
                yield path, 1, f"is not in include/chronik/{umbrella}"


def tests_do_not_wait(tree):
    """Time is an input: no test sleeps, and none is switched off."""
    waits = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep|(time|asyncio)\.sleep)\b|(?<![\w./-])sleep\s*\(")
    off = re.compile(r"\b(GTEST_SKIP|DISABLED_\w+|unittest\.skip|pytest\.skip)\b")
    for path in tree.files("tests", suffixes=SOURCE_SUFFIXES | {".py"}):
        if path.parts[:2] == ("tests", "tidy"):
            continue
        for number, line in enumerate(tree.lines(path), 1):
            if found := waits.search(line):
                yield path, number, f"{found.group().strip(' (')}: wait for a condition, or take the time from the test"
            if found := off.search(line):
                yield path, number, f"{found.group()}: a test runs or is not there"


def words(tree):
    """Nothing half done, and nothing that only makes sense where it was written."""
    unfinished = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b|\bfor" + r" now\b", re.IGNORECASE)
    elsewhere = re.compile(r"\.\./sha" + r"red\b|(?<![\w.])/wo" + r"rk/")
    for path in tree.files():
        if path.parts[:2] == ("tests", "tidy"):
            continue
        for number, line in enumerate(tree.lines(path), 1):
            if found := unfinished.search(line):
                yield path, number, f"'{found.group()}': finish it, or say what is so and why"
            if found := elsewhere.search(line):
                yield path, number, f"'{found.group()}': a path outside of this repository"


def includes_have_no_cycle(tree):
    """No header includes itself by a detour, and no two rooms include each other."""
    files = {}
    for path in tree.files("include", suffixes={".hpp"}):
        header = path.relative_to("include").as_posix()
        files[header] = [included for _, included in tree.includes(path) if included.startswith("chronik/")]
    rooms = {}
    for header, included in files.items():
        room = room_of(header)
        if room is not None:
            rooms.setdefault(room, set()).update(set(map(room_of, included)) - {None, room})
    for graph, what in ((files, "headers"), (rooms, "rooms")):
        if cycle := find_cycle(graph):
            yield Path("include/chronik"), 1, f"{what} include each other: {' -> '.join(cycle)}"


def find_cycle(graph):
    done = set()
    for start in graph:
        path, on_path = [], set()
        todo = [(start, iter(sorted(graph.get(start, ()))))] if start not in done else []
        if todo:
            path.append(start)
            on_path.add(start)
        while todo:
            node, rest = todo[-1]
            following = next((other for other in rest if other not in done), None)
            if following is None:
                todo.pop()
                done.add(node)
                on_path.discard(path.pop())
            elif following in on_path:
                return path[path.index(following):] + [following]
            else:
                path.append(following)
                on_path.add(following)
                todo.append((following, iter(sorted(graph.get(following, ())))))
    return None


RULES = [floors, third_party, examples_use_the_public_face, the_environment_is_a_page, pure_floors, shape, columns,
         headers_have_tests, concepts_are_complete, umbrellas_are_complete, tests_do_not_wait, words,
         includes_have_no_cycle]


def main(root, *names):
    known = {rule.__name__: rule for rule in RULES}
    breaches = 0
    for rule in [known[name] for name in names] if names else RULES:
        for path, line, sentence in rule(Tree(root)):
            print(f"{path}:{line}: {sentence}")
            breaches += 1
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
