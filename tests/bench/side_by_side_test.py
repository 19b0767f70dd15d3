# SPDX-License-Identifier: Apache-2.0
"""What compare makes of runs: medians, bounds, pages; and the whole once, against our broker alone."""

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "bench", "broker"), os.path.join(ROOT, "tests", "cluster")]

from side_by_side import (bounds, calls, machine, matrix, measure, plot, report, settle, several,  # noqa: E402
                          shelf, sink, summary, systems)

BOTH = ("chronik", "kafka")


def run(system, number, records_per_s, group="partitions", at=16, p99=1000.0, durability="synced", nodes=1, p50=500.0,
        **others):
    told = {"measured": {"records_per_s": records_per_s, "others_busy_cores": 0.0},
            "latency_us": {"p50": p50, "p99": p99}}
    return {"cell": f"{group} {at} {nodes}n {durability}", "group": group, "at": at, "nodes": nodes,
            "class": durability, "mode": "produce", "system": system, "round": number, "result": told, **others}


def bounds_of(runs, notes=(), limits=None, names=BOTH):
    return bounds.Bounds(summary.cells(runs), summary.lifecycle(notes), limits or {}, names)


def headlines(runs, **others):
    """The lines alone: nothing may be missing."""
    lines, missing = bounds_of(runs, **others).headlines()
    assert missing == [], missing
    return lines


class Summary(unittest.TestCase):
    def test_rounds_become_a_median_with_its_spread(self):
        cell, = summary.cells([run("chronik", 0, 30), run("chronik", 1, 10), run("chronik", 2, 20)])
        self.assertEqual(cell["systems"]["chronik"]["records_per_s"], {"median": 20, "min": 10, "max": 30, "count": 3})

    def test_a_failed_run_is_no_figure_and_is_not_forgotten(self):
        failed = run("kafka", 0, 10, failed="1 acknowledged records are not in the log")
        del failed["result"]
        cell, = summary.cells([run("chronik", 0, 30), failed])
        self.assertNotIn("kafka", cell["systems"])
        self.assertEqual(cell["failed"][0]["system"], "kafka")

    def test_classes_are_not_mixed(self):
        runs = [run("chronik", 0, 100, durability="page-cache"), run("kafka", 0, 10, durability="synced")]
        lines, missing = bounds_of(runs).headlines()
        self.assertEqual(lines, [])
        self.assertTrue(missing)

    def test_the_wait_before_the_cells_is_told(self):
        runs = [run("chronik", number, 1, rest={"seconds": seconds, "settled": seconds < 30})
                for number, seconds in enumerate((1.0, 2.0, 30.0))]
        told = summary.rests(runs)
        self.assertEqual((told["seconds"]["median"], told["seconds"]["max"], told["unsettled"]), (2.0, 30.0, 1))
        self.assertIsNone(summary.rests([run("chronik", 0, 1)]))


class Headlines(unittest.TestCase):
    """Our broker beside Kafka."""

    def throughput(self, ours, theirs, ceiling=None, durability="synced", mock=None):
        runs = [run("chronik", 0, ours, durability=durability), run("kafka", 0, theirs, durability=durability)]
        if ceiling:
            runs.append(run(sink.NAME, 0, ceiling, matrix.LIMIT_CLIENT, durability="page-cache"))
        limits = {"client": {"measured": {"records_per_s": mock}}} if mock else {}
        lines, missing = bounds_of(runs, limits=limits).headlines()
        self.assertTrue(all("processor time" in each["what"] for each in missing), missing)
        line, = lines
        self.assertIn(durability, line["what"])
        return line

    def test_a_bound_is_held_or_missed(self):
        for durability, times in (("synced", 5), ("page-cache", 2)):
            for ours, holds in ((100 * times, True), (100 * times - 1, False)):
                line = self.throughput(ours, 100, durability=durability)
                self.assertEqual((line["ratio"], line["bound"], line["holds"]), (ours / 100, [">=", times], holds))

    def test_what_the_client_cannot_do_is_not_asked_for(self):
        # Kafka takes more than a fifth of the ceiling: the share of the ceiling counts.
        for ours, holds in ((910, True), (890, False)):
            line = self.throughput(ours, 201, ceiling=1000)
            self.assertEqual((line["ratio"], line["bound"], line["holds"]), (ours / 1000, [">=", 0.9], holds))
            self.assertIn("share of the client's ceiling", line["what"])
            self.assertIn("20%", line["note"])
        # A fifth and less: five times Kafka's can be had.
        line = self.throughput(900, 200, ceiling=1000)
        self.assertEqual((line["ratio"], line["bound"], line["holds"]), (4.5, [">=", 5], False))
        self.assertIn("20% of what the client can do (the receive-only server): the bound is 5 times", line["note"])
        # In the other class that begins at a half.
        self.assertEqual(self.throughput(900, 499, ceiling=1000, durability="page-cache")["bound"], [">=", 2])
        self.assertEqual(self.throughput(900, 501, ceiling=1000, durability="page-cache")["bound"], [">=", 0.9])

    def test_who_is_so_many_times_faster_is_so_whatever_the_ceiling_seems_to_be(self):
        line = self.throughput(1200, 240, ceiling=1000)
        self.assertEqual((line["ratio"], line["bound"], line["holds"]), (5, [">=", 5], True))

    def test_the_ceiling_is_the_most_that_the_client_has_done(self):
        self.assertEqual(self.throughput(900, 300, ceiling=1000, mock=1100)["right"], ["client's ceiling", 1100])
        self.assertEqual(self.throughput(900, 300, ceiling=1000, mock=800)["right"], ["client's ceiling", 1000])

    def test_a_cell_that_was_run_without_figures_is_missing_and_one_that_was_not_run_is_not(self):
        failed = run("kafka", 0, 10, failed="lost")
        del failed["result"]
        _, missing = bounds_of([run("chronik", 0, 30), failed]).headlines()
        self.assertIn("no figure of kafka", missing[0]["why"])
        # No record in a window is a figure of ours, but nothing that could be divided by.
        for ours, theirs, lines in ((0, 100, 1), (100, 0, 0)):
            self.assertEqual(len(bounds_of([run("chronik", 0, ours), run("kafka", 0, theirs)]).headlines()[0]), lines)
        self.assertEqual(bounds_of([]).headlines(), ([], []))
        self.assertEqual(bounds_of([run("chronik", 0, 30)], names=("chronik",)).headlines(), ([], []))

    def test_three_nodes_cross_the_classes_and_say_so(self):
        runs = [run("chronik", 0, 150, nodes=3), run("kafka", 0, 40, nodes=3),
                run("chronik", 0, 900, nodes=3, durability="page-cache"),
                run("kafka", 0, 100, nodes=3, durability="page-cache")]
        line, = headlines(runs)
        self.assertEqual((line["ratio"], line["bound"], line["holds"]), (1.5, [">=", 1.5], True))
        self.assertIn("two classes, on purpose", line["what"])

    def test_lifecycle_figures_have_their_bounds(self):
        figures = {measure.OWN_MEMORY.format("1000 partitions"): 10, measure.FIRST_ACK: 20, measure.SILENCE: 3}
        notes = [{"figure": figure, "unit": "s", "system": system, "round": 0, "value": value}
                 for figure, times in figures.items() for system, value in (("chronik", 1.0), ("kafka", float(times)))]
        notes += [{"figure": "resident memory, 1000 partitions", "unit": "MiB", "system": system, "round": 0,
                   "value": 1.0} for system in BOTH]
        lines = headlines([], notes=notes)
        self.assertEqual({line["what"]: line["bound"][1] for line in lines},
                         {figure: 1 / times for figure, times in figures.items()})
        self.assertTrue(all(line["holds"] for line in lines), lines)
        for note in notes:
            note["value"] *= 1.01 if note["system"] == "chronik" else 1
        self.assertFalse(any(line["holds"] for line in headlines([], notes=notes)))

    def test_processor_time_is_compared_within_a_class(self):
        runs = [run("chronik", 0, 500), run("kafka", 0, 100)]
        for each, seconds in zip(runs, (1.0, 3.0)):
            each["result"]["measured"]["broker"] = {"cpu_s_per_million_records": seconds}
        _, line = headlines(runs)
        self.assertEqual((line["ratio"], line["holds"]), (1 / 3, True))

    def test_small_batches_are_beside_our_own_large_ones(self):
        runs = [run("chronik", 0, 50, "producers", 50), run("chronik", 0, 100, "producers", 50)]
        for each, size in zip(runs, ("small", "large")):
            each["cell"] = f"producers 50 {size} batches 1n synced"
        line, = headlines(runs, names=("chronik",))
        self.assertEqual((line["left"], line["right"], line["ratio"], line["holds"]),
                         (["chronik, small", 50], ["chronik, large", 100], 0.5, True))
        self.assertIn("synced", line["what"])

    def test_the_knee_is_the_last_rate_that_was_carried_with_all_below(self):
        def rates(*reached):
            return summary.cells([run("kafka", 0, each, "rate", at) for at, each in reached])
        self.assertEqual(bounds.knee(rates((1000, 1000), (2000, 1990), (4000, 3000), (8000, 8000))), 2000)
        self.assertIsNone(bounds.knee(rates((1000, 100))))

    def test_latency_is_compared_at_half_of_the_knee(self):
        runs = [run(system, 0, at, "rate", at, p99=p99) for system, p99 in (("chronik", 100.0), ("kafka", 400.0))
                for at in (1000, 2000, 4000)]
        line, = headlines(runs)
        self.assertIn("2,000 records/s", line["what"])
        self.assertEqual((line["ratio"], line["holds"]), (0.25, True))
        self.assertIn("may be beyond", line["note"])

    def test_a_knee_without_a_half_is_missing(self):
        for carried, why in ((1000, "half of that was not offered"), (100, "did not carry the lowest rate")):
            runs = [run("kafka", 0, carried, "rate", 1000), run("kafka", 0, 1000, "rate", 2000)]
            lines, missing = bounds_of(runs).headlines()
            self.assertEqual(lines, [])
            self.assertIn(why, missing[0]["why"])


class AgainstLimits(unittest.TestCase):
    """Our broker beside what machine and client can do."""

    def test_throughput_is_beside_the_receive_only_server(self):
        for ours, holds in ((90, True), (89, False)):
            runs = [run("chronik", 0, ours, matrix.LIMIT_THROUGHPUT, durability="page-cache"),
                    run(sink.NAME, 0, 100, matrix.LIMIT_THROUGHPUT, durability="page-cache")]
            (line,), missing = bounds_of(runs, names=("chronik",)).against_limits()
            self.assertEqual((line["ratio"], line["holds"], missing), (ours / 100, holds, []))

    def one_record(self, ours, syncs=(300.0, 310.0, 320.0)):
        runs = [run("chronik", 0, 1, matrix.LIMIT_ONE_RECORD, p50=ours),
                run(sink.NAME, 0, 1, matrix.LIMIT_ONE_RECORD, p50=50.0)]
        return bounds_of(runs, limits={"syncs_us": list(syncs), "loopback": {"round_trip_us": {"p50": 15.0}}},
                         names=("chronik",)).against_limits()

    def test_one_record_takes_the_way_a_sync_and_forty_microseconds(self):
        for ours, holds in ((400.0, True), (401.0, False)):
            (line,), missing = self.one_record(ours)
            self.assertEqual((line["left"][1], line["right"][1], line["holds"], missing),
                             (ours, 50 + 310 + 40, holds, []))
            # What bare sockets take is told and not counted.
            self.assertIn("bare sockets: 15 us", line["note"])

    def test_without_a_bare_sync_there_is_no_bound(self):
        lines, missing = self.one_record(400.0, syncs=())
        self.assertEqual((lines, len(missing)), ([], 1))

    def test_the_share_of_the_clients_ceiling_has_no_bound_of_its_own(self):
        runs = [run("chronik", 0, 300), run(sink.NAME, 0, 400, matrix.LIMIT_CLIENT, durability="page-cache")]
        (line,), _ = bounds_of(runs, names=("chronik",)).against_limits()
        self.assertEqual((line["ratio"], line["bound"], line["holds"]), (0.75, None, None))
        self.assertIn("synced", line["left"][0])


class Settle(unittest.TestCase):
    class Flush:
        def __init__(self, ended=True):
            self.ended, self.killed = ended, False

        def poll(self):
            return 0 if self.ended else None

        def kill(self):
            self.killed = True

    def test_a_cell_begins_when_next_to_nothing_is_unwritten(self):
        left = [400 << 20, 200 << 20, 33 << 20, 5 << 20, 4 << 20]
        told = settle.settle("/", unwritten=lambda: left.pop(0), flush=lambda folder: self.Flush())
        self.assertEqual((told["settled"], told["bytes_before"], told["bytes_after"], left),
                         (True, 400 << 20, 4 << 20, []))

    def test_it_begins_nevertheless_when_others_write_all_the_time(self):
        for unwritten, flush in ((64 << 20, self.Flush()), (0, self.Flush(ended=False))):
            told = settle.settle("/", unwritten=lambda: unwritten, flush=lambda folder: flush, seconds_max=0.01)
            self.assertEqual((told["settled"], flush.killed), (False, True))
            self.assertGreaterEqual(told["seconds"], 0.01)

    def test_dirty_and_on_its_way_are_both_unwritten(self):
        with tempfile.NamedTemporaryFile("w", encoding="ascii") as file:
            file.write("MemFree:  900 kB\nDirty:    3 kB\nWriteback:  4 kB\nWritebackTmp:   8 kB\n")
            file.flush()
            self.assertEqual(settle.unwritten_bytes(file.name), 7 << 10)
        self.assertGreaterEqual(settle.unwritten_bytes(), 0)


TABLE = """% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 62.50    0.005000          12       400           epoll_wait
 20.00    0.001000           2       200        23 futex
 17.50    0.000900           9       100           fdatasync
------ ----------- ----------- --------- --------- ----------------
100.00    0.006900           9       700        23 total
"""


class Calls(unittest.TestCase):
    def test_strace_is_understood(self):
        self.assertEqual(calls.parse(TABLE), {"epoll_wait": 400, "futex": 200, "fdatasync": 100})
        self.assertEqual(calls.parse(""), {})

    def test_calls_and_wake_ups_are_for_each_request_and_each_record(self):
        row = calls.row("a load", "synced", calls.Window(2.0, 1000, 4000), (3000, 500), calls.Window(2.0, 100, 500),
                        calls.parse(TABLE))
        self.assertEqual((row["calls_per_request"], row["calls_per_record"]), (7.0, 1.4))
        self.assertEqual((row["wake_ups_per_request"], row["wake_ups_per_record"]), (3.0, 0.75))
        self.assertEqual((row["involuntary_per_request"], row["requests_per_s"]), (0.5, 500.0))
        self.assertEqual((row["records_per_request"], row["traced_records_per_request"]), (4.0, 5.0))
        self.assertEqual(list(row["each_per_request"].items())[0], ("epoll_wait", 4.0))

    def test_without_strace_they_are_left_out_with_a_sentence(self):
        path, os.environ["PATH"] = os.environ["PATH"], ""
        self.addCleanup(os.environ.__setitem__, "PATH", path)
        with self.assertRaisesRegex(calls.Unable, "strace is not installed"):
            calls.Tracer(os.getpid(), tempfile.gettempdir())
        found = calls.Counter(None, None, lambda line: None, 1, 0)
        found.maker = unittest.mock.Mock(make=unittest.mock.Mock(side_effect=calls.Unable("no strace")))
        self.assertEqual(found.all(), {"seconds": 1, "rows": [], "left_out": "no strace"})

    def test_switches_of_a_process_only_go_up(self):
        before = calls.switches(os.getpid())
        self.assertTrue(all(after >= begun for after, begun in zip(calls.switches(os.getpid()), before)))
        self.assertGreater(sum(before), 0)


class Source(unittest.TestCase):
    """Which state of our programs was measured."""

    def test_a_result_that_was_kept_is_no_change_and_anything_else_is(self):
        with tempfile.TemporaryDirectory() as root:
            def git(*words):
                subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=root, check=True,
                               capture_output=True)

            paths = [os.path.join(root, *names) for names in (("bench", "results", "README.md"), ("bench", "compare"))]
            os.makedirs(os.path.dirname(paths[0]))

            def write(path, words):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(words)

            git("init")
            for path in paths:
                write(path, "before")
            git("add", ".")
            git("commit", "-m", "both")
            self.assertFalse(machine.source(root)["changed"])
            write(paths[0], "one more result")
            self.assertFalse(machine.source(root)["changed"])
            self.assertEqual(len(machine.source(root)["commit"]), 40)
            write(paths[1], "another program")
            self.assertTrue(machine.source(root)["changed"])


def raw_of(ours, theirs=100, **changes):
    """What a run's file says, made up."""
    raw = {"machine": {"processor": "a | b", "cores": 2, "memory_bytes": 8 << 30, "kernel": "6", "system": "Debian",
                       "file_system": "ext4", "time": "2026-11-29T08:00:00+00:00", "compiler": "c++ 12",
                       "java": "openjdk 17", "commit": "0123456789abcdef", "changed": False},
           "matrix": "full", "rounds": 3, "seconds": 10, "systems": list(BOTH), "kafka_version": "4.4.0",
           "librdkafka": "2.0.2", "took_s": 60.0, "others_busy_cores": 0.1, "limits": {}, "calls": None,
           "runs": [run("chronik", 0, ours), run("kafka", 0, theirs)],
           "lifecycle": [{"figure": "idle", "unit": "s", "system": "chronik", "round": 0, "value": ours}], **changes}
    return raw | {"summary": summary.summarize(raw)}


class Page(unittest.TestCase):
    LIMITS = {"disk": {size: {"syncs_per_s": 1.0, "megabytes_per_s": 1.0, "latency_us": {"p50": 310.0, "p99": 900.0}}
                       for size in ("small", "large")},
              "loopback": {"stream": {"megabytes_per_s": 1.0}, "round_trip_us": {"p50": 15.0}},
              "client": {"measured": {"records_per_s": 900.0}}, "syncs_us": [310.0]}

    def test_limits_bounds_and_what_is_missing_are_on_it(self):
        runs = [run("chronik", 0, 950), run("kafka", 0, 300),
                run(sink.NAME, 0, 1000, matrix.LIMIT_CLIENT, durability="page-cache"),
                run("chronik", 0, 1, matrix.LIMIT_ONE_RECORD, p50=500.0),
                run(sink.NAME, 0, 1, matrix.LIMIT_ONE_RECORD, p50=50.0)]
        row = calls.row("a load", "synced", calls.Window(2.0, 10, 40), (30, 5), calls.Window(2.0, 10, 50),
                        calls.parse(TABLE))
        failed = {"load": "another load", "class": "synced", "failed": "nothing < was produced"}
        page = report.page(*self.made(runs, {"seconds": 2, "rows": [row, failed]}))
        for words in ("share of the client&#x27;s ceiling", "times that cannot be had", "Against the limits",
                      "≤ 1: missed", "no figure, because there is no figure of chronik", "epoll_wait 40",
                      "nothing &lt; was produced", "<td>950<br>"):
            self.assertIn(words, page)

    def test_calls_that_were_left_out_are_a_sentence(self):
        page = report.page(*self.made([run("chronik", 0, 1)], {"seconds": 2, "rows": [], "left_out": "no strace"}))
        self.assertIn("Left out: no strace.", page)

    def made(self, runs, counted):
        raw = raw_of(0, runs=runs, limits=self.LIMITS, calls=counted)
        return raw, raw["summary"]


class Several(unittest.TestCase):
    def test_runs_become_the_median_of_their_medians_with_the_spread_of_the_runs(self):
        whole = several.combine([raw_of(500), raw_of(700, calls=None), raw_of(300)])
        self.assertEqual((whole["combined"], whole["took_s"]), (3, 180.0))
        self.assertNotIn("runs", whole)
        told = whole["summary"]
        self.assertEqual(told["cells"][0]["systems"]["chronik"]["records_per_s"],
                         {"median": 500, "min": 300, "max": 700, "count": 3})
        line = told["headlines"][0]
        self.assertEqual((line["ratio"], line["ratios"]["min"], line["ratios"]["max"], line["holds"]),
                         (5.0, 3.0, 7.0, True))
        self.assertEqual(told["lifecycle"][0]["systems"]["chronik"]["median"], 500)
        self.assertIn("3 runs", shelf.lines(whole))

    def test_a_bound_is_held_by_the_median_of_the_ratios(self):
        line = several.combine([raw_of(600), raw_of(490), raw_of(480)])["summary"]["headlines"][0]
        self.assertEqual((line["ratio"], line["holds"]), (4.9, False))

    def test_runs_that_say_another_thing_are_not_thrown_together(self):
        rated = [raw_of(1, runs=[run(system, 0, reached, "rate", at) for system in BOTH
                                 for at, reached in ((1000, 1000), (2000, 2000), (4000, carried))])
                 for carried in (4000, 100)]
        lines = several.combine(rated)["summary"]["headlines"]
        self.assertEqual([line["what"].split(",")[0] + line["what"].split(",")[1] for line in lines],
                         ["p99 at 2000 records/s", "p99 at 1000 records/s"])
        self.assertTrue(all(line["ratios"]["count"] == 1 for line in lines))

    def test_failures_and_what_is_missing_say_in_which_run(self):
        runs = [run("chronik", 0, 500), run("kafka", 0, 100, failed="lost")]
        failed = raw_of(500, runs=runs)
        told = several.combine([raw_of(500), failed])["summary"]
        self.assertEqual(told["cells"][0]["failed"], [{"system": "kafka", "round": 0, "why": "lost", "run": 2}])
        self.assertTrue(any(each["why"].startswith("run 2: ") for each in told["missing"]))

    def test_limits_and_calls_are_medians_too(self):
        row = {"load": "one", "class": "synced", "calls_per_request": 10.0}
        whole = several.combine([raw_of(1, limits={"syncs_us": [each], "disk": {"name": "x", "p50": each}},
                                        calls={"seconds": 1, "rows": [row | {"calls_per_request": each}]})
                                 for each in (10.0, 30.0, 20.0)])
        self.assertEqual(whole["limits"], {"syncs_us": [20.0], "disk": {"name": "x", "p50": 20.0}})
        self.assertEqual(whole["calls"]["rows"], [row | {"calls_per_request": 20.0}])

    def test_other_commits_are_refused(self):
        other = raw_of(500)
        other["machine"]["commit"] = "fedcba"
        with self.assertRaisesRegex(several.Different, "commit"):
            several.combine([raw_of(500), other])


class Shelf(unittest.TestCase):
    def test_the_page_says_what_lies_there(self):
        with tempfile.TemporaryDirectory(prefix="chronik.shelf.") as folder:
            self.assertIn("No result is kept", shelf.page(folder))
            for name, raw in (("a", raw_of(500)), ("b", several.combine([raw_of(500), raw_of(600)]))):
                os.makedirs(os.path.join(folder, name))
                with open(os.path.join(folder, name, "result.json"), "w", encoding="utf-8") as file:
                    json.dump(raw, file)
            os.makedirs(os.path.join(folder, "without"))
            rows = shelf.page(folder).splitlines()[-2:]
        for row, words in zip(rows, ("[a](a/report.html)", "[b](b/report.html)")):
            self.assertEqual(row.count("|"), len(shelf.COLUMNS) + 1, row)
            for each in (words, "0123456789ab", "Kafka 4.4.0 on openjdk 17", "librdkafka 2.0.2", "a / b, 2 cores"):
                self.assertIn(each, row)
        self.assertIn("1 run of 3 rounds", rows[0])
        self.assertIn("2 runs of 3 rounds", rows[1])

    def test_the_committed_page_is_that_of_what_is_committed(self):
        folder = os.path.join(ROOT, "bench", "results")
        with open(os.path.join(folder, shelf.PAGE), encoding="utf-8") as file:
            self.assertEqual(file.read(), shelf.page(folder), "bench/broker/compare --index writes it anew")

    def test_lines_for_the_projects_page_are_ratios(self):
        text = shelf.lines(raw_of(400))
        self.assertIn("| throughput, synced, 1 KiB, 16 partitions, one node: chronik to kafka | 4 | at least 5 | "
                      "missed |", text)
        self.assertIn("no figure:", text)
        self.assertNotIn("400", text)


class Matrices(unittest.TestCase):
    def test_names_are_different_and_rates_double(self):
        for make in matrix.MATRICES.values():
            names = [cell.name for cell in make().cells]
            self.assertEqual(len(names), len(set(names)))
        for rates in (matrix.REDUCED_RATES, matrix.FULL_RATES):
            self.assertTrue(all(after == 2 * before for before, after in zip(rates, rates[1:])))


    def test_small_batches_have_large_ones_beside_them(self):
        for make in (matrix.reduced, matrix.full):
            names = {cell.name for cell in make().cells}
            for durability in systems.CLASSES:
                for size in ("small", "large"):
                    self.assertIn(f"producers 50 {size} batches 1n {durability}", names)

    def test_limits_are_in_every_matrix_and_topics_have_names_that_kafka_takes(self):
        for make in matrix.MATRICES.values():
            cells = make().cells
            self.assertEqual([cell.group for cell in cells if cell.is_limit],
                             [matrix.LIMIT_THROUGHPUT, matrix.LIMIT_CLIENT, matrix.LIMIT_ONE_RECORD])
            for cell in cells:
                self.assertRegex(cell.topic, r"^[A-Za-z0-9._-]+$")


class Turns(unittest.TestCase):
    """In which order the cells are run, without running any."""

    class Recorder(measure.Runner):
        def __init__(self, of, names):
            super().__init__(of, None, None, None, names)
            self.turns = []

        def _group(self, number, name, nodes, durability, cells):
            self.turns.append((number, name, nodes, durability, [cell.group for cell in cells]))

        def _bare_sync(self):
            self.turns.append("sync")

    def test_brokers_go_by_turns_and_limits_come_in_each_round(self):
        made = self.Recorder(dataclasses.replace(matrix.smoke(), rounds=2), BOTH)
        made.all()
        of_round = made.turns[:len(made.turns) // 2]
        self.assertEqual([turn[1:4] if turn != "sync" else turn for turn in of_round],
                         [("chronik", 1, "page-cache"), ("kafka", 1, "page-cache"), ("chronik", 1, "synced"),
                          ("kafka", 1, "synced"), ("chronik", 1, "page-cache"), (sink.NAME, 1, "page-cache"),
                          "sync", ("chronik", 1, "synced"), "sync", (sink.NAME, 1, "synced")])
        # What the client can do is nobody's but the receive-only server's.
        self.assertEqual(of_round[4][4], [matrix.LIMIT_THROUGHPUT])
        self.assertEqual(of_round[5][4], [matrix.LIMIT_THROUGHPUT, matrix.LIMIT_CLIENT])

    def test_kafka_alone_has_no_limits_of_ours(self):
        made = self.Recorder(matrix.smoke(), ("kafka",))
        made.all()
        self.assertEqual({turn[1] for turn in made.turns}, {"kafka"})


class Plot(unittest.TestCase):
    def test_it_is_well_formed_and_inside_its_frame(self):
        spread = {"median": 20.0, "min": 3.0, "max": 3000.0}
        drawn = plot.lines("a < b", "x", "y", {"chronik": [(1, spread), (1000, spread)], "kafka": [(10, spread)]})
        picture = xml.etree.ElementTree.fromstring(drawn)
        places = [(float(each.get("cx")), float(each.get("cy"))) for each in picture.iter("circle")]
        self.assertEqual(len(places), 3 + 2)
        for x, y in places:
            self.assertTrue(0 <= x <= plot.WIDTH and 0 <= y <= plot.HEIGHT, (x, y))
        self.assertEqual(plot.lines("nothing", "x", "y", {}), "")


class Whole(unittest.TestCase):
    def compare(self, *words):
        """The folder that the command has written."""
        folder = tempfile.TemporaryDirectory(prefix="chronik.side_by_side.")
        self.addCleanup(folder.cleanup)
        done = subprocess.run(
            [sys.executable, os.path.join(ROOT, "bench", "broker", "compare"), "--smoke", "--only", "chronik", *words,
             "--out", folder.name, "--broker", os.environ["CHRONIK_BROKER"], "--load", os.environ["CHRONIK_LOAD"],
             "--sink", os.environ["CHRONIK_SINK"]], capture_output=True, text=True, timeout=800, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return folder.name

    def page(self, folder, raw):
        with open(os.path.join(folder, "report.html"), encoding="utf-8") as file:
            page = file.read()
        self.assertEqual(page, report.page(raw, raw["summary"]))
        return page

    def test_several_runs_have_a_page_of_their_own(self):
        folder = self.compare("--runs", "2", "--group", "rate")
        self.assertEqual(sorted(os.listdir(folder)), ["report.html", "result.json", "run-1", "run-2"])
        each = [shelf.read(os.path.join(folder, name)) for name in ("run-1", "run-2")]
        whole = shelf.read(folder)
        self.assertEqual(whole, several.combine(each))
        self.assertIn("2 runs of 1 round", self.page(folder, whole))
        self.page(os.path.join(folder, "run-2"), each[1])

    def test_one_command_measures_and_writes_the_page(self):
        folder = self.compare()
        self.assertEqual(sorted(os.listdir(folder)), ["report.html", "result.json"])
        raw = shelf.read(folder)
        page = self.page(folder, raw)
        for title in ("Against the limits", "System calls and wake-ups", "All figures", "receive-only"):
            self.assertIn(title, page)
        self.assertEqual({each["cell"] for each in raw["runs"] if each["system"] == "chronik"},
                         {each.name for each in matrix.smoke().cells if each.group != matrix.LIMIT_CLIENT})
        self.assertEqual({each["group"] for each in raw["runs"] if each["system"] == sink.NAME}, set(matrix.LIMITS))
        for each in raw["runs"]:
            self.assertGreater(each["result"]["counts"].get("acknowledged", each["result"]["counts"].get("read")), 0)
            self.assertIn("settled", each["rest"])
        told = raw["summary"]
        # Where others take the machine, a window may end without a record: that is no figure, and is said.
        against = [line["what"].split(",")[0] for line in told["against"] + told["missing"]]
        self.assertEqual(sorted(against), ["p50 of one record under way", "throughput"])
        if "left_out" in raw["calls"]:
            self.assertIn("strace", raw["calls"]["left_out"])
            return
        for row in raw["calls"]["rows"]:
            # A request is received and answered, and a synced one waited for.
            self.assertNotIn("failed", row)
            self.assertGreater(row["calls_per_request"], 1)
            self.assertEqual(row["records_per_request"] == 1, row["load"].startswith("one record"))
            if row["load"].startswith("one record") and row["class"] == "synced":
                self.assertGreaterEqual(row["each_per_request"]["fdatasync"], 0.99)


if __name__ == "__main__":
    unittest.main(verbosity=2)
