# SPDX-License-Identifier: Apache-2.0
"""What bench/held makes of Google Benchmark's JSON: the medians, and which of them hold."""

import importlib.machinery
import importlib.util
import json
import os
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
PATH = os.path.join(os.path.dirname(os.path.dirname(HERE)), "bench", "held")
LOADER = importlib.machinery.SourceFileLoader("held", PATH)
held = importlib.util.module_from_spec(importlib.util.spec_from_loader("held", LOADER))
LOADER.exec_module(held)


def single(name, **figures):
    return {"name": name, "run_name": name, "run_type": "iteration", "real_time": 1.0, **figures}


def aggregate(name, kind, **figures):
    return {"name": f"{name}_{kind}", "run_name": name, "run_type": "aggregate", "aggregate_name": kind, **figures}


def rows(*benchmarks):
    return list(held.rows({"benchmarks": list(benchmarks)}))


class Held(unittest.TestCase):
    def test_a_figure_stands_beside_its_bound(self):
        self.assertEqual(rows(single("a", times=2.0, times_max=2.7, speed=5.0, speed_min=6.0)),
                         [("a", "times", 2.0, "at most", 2.7, True), ("a", "speed", 5.0, "at least", 6.0, False)])

    def test_a_figure_at_its_bound_holds(self):
        self.assertEqual([row[5] for row in rows(single("a", p=3.0, p_max=3.0, q=4.0, q_min=4.0))], [True, True])

    def test_of_several_runs_the_median_counts(self):
        found = rows(single("a", times=9.0, times_max=2.7), single("a", times=1.0, times_max=2.7),
                     aggregate("a", "mean", times=5.0, times_max=2.7),
                     aggregate("a", "median", times=2.0, times_max=2.7),
                     aggregate("a", "cv", times=0.5, times_max=0.0))
        self.assertEqual(found, [("a", "times", 2.0, "at most", 2.7, True)])

    def test_what_has_no_bound_is_not_listed(self):
        self.assertEqual(rows(single("a", p50_us=3.0), single("BM_Roofline_Flush", ns=80.0)), [])

    def test_a_benchmark_that_failed_is_missed(self):
        found = rows({**single("a", times=1.0, times_max=2.0), "error_occurred": True,
                      "error_message": "storage failed"})
        self.assertEqual(found, [("a", "error", "storage failed", "", "", False)])
        self.assertIn("| a | error | storage failed |", held.table(found))

    def test_the_table_says_held_and_missed(self):
        lines = held.table(rows(single("a", times=2.0, times_max=1.0), single("b", times=2.0, times_max=4.0)))
        self.assertEqual(lines.split("\n")[2:], ["| a | times | 2 | at most 1 | missed |",
                                                 "| b | times | 2 | at most 4 | held |"])

    def test_a_program_is_run_and_what_it_wrote_is_read(self):
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "bench_x")
            out = os.path.join(folder, "x.json")
            with open(program, "w", encoding="ascii") as script:
                script.write("#!/bin/sh\nfor word; do case $word in --benchmark_out=*) out=${word#*=};; esac; done\n"
                             "echo \"$*\" >&2\nprintf '%s' '" + json.dumps({"benchmarks": [single("a", p=1.0)]}) +
                             "' > \"$out\"\n")
            os.chmod(program, 0o755)
            self.assertEqual(held.run(program, 3, "a", out)["benchmarks"][0]["p"], 1.0)

    def test_a_filter_that_nothing_matches_finds_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "bench_x")
            out = os.path.join(folder, "x.json")
            with open(program, "w", encoding="ascii") as script:
                script.write("#!/bin/sh\n: > \"" + out + "\"\n")
            os.chmod(program, 0o755)
            self.assertEqual(held.run(program, 1, "nothing", out), {"benchmarks": []})


if __name__ == "__main__":
    unittest.main(verbosity=2)
