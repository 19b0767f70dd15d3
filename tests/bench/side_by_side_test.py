# SPDX-License-Identifier: Apache-2.0
"""What compare makes of runs: medians, ratios, the knee, a page; and the whole once, against our broker alone."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "bench", "broker"), os.path.join(ROOT, "tests", "cluster")]

from side_by_side import matrix, plot, report, summary  # noqa: E402


def run(system, number, records_per_s, group="partitions", at=16, p99=1000.0, durability="synced", nodes=1, **others):
    told = {"measured": {"records_per_s": records_per_s, "others_busy_cores": 0.0}, "latency_us": {"p99": p99}}
    return {"cell": f"{group} {at} {nodes}n {durability}", "group": group, "at": at, "nodes": nodes,
            "class": durability, "mode": "produce", "system": system, "round": number, "result": told, **others}


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
        self.assertEqual(summary.headlines(summary.cells(runs), []), [])

    def test_a_bound_is_held_or_missed(self):
        for ours, holds in ((500, True), (499, False)):
            line, = summary.headlines(summary.cells([run("chronik", 0, ours), run("kafka", 0, 100)]), [])
            self.assertEqual((line["ratio"], line["holds"]), (ours / 100, holds))

    def test_the_knee_is_the_last_rate_that_was_carried_with_all_below(self):
        def rates(*reached):
            return summary.cells([run("kafka", 0, each, "rate", at) for at, each in reached])
        self.assertEqual(summary.knee(rates((1000, 1000), (2000, 1990), (4000, 3000), (8000, 8000))), 2000)
        self.assertIsNone(summary.knee(rates((1000, 100))))

    def test_latency_is_compared_at_half_of_the_knee(self):
        runs = [run(system, 0, at, "rate", at, p99=p99) for system, p99 in (("chronik", 100.0), ("kafka", 400.0))
                for at in (1000, 2000, 4000)]
        line, = summary.headlines(summary.cells(runs), [])
        self.assertIn("2,000 records/s", line["what"])
        self.assertEqual((line["ratio"], line["holds"]), (0.25, True))


class Matrices(unittest.TestCase):
    def test_names_are_different_and_rates_double(self):
        for make in matrix.MATRICES.values():
            names = [cell.name for cell in make().cells]
            self.assertEqual(len(names), len(set(names)))
        for rates in (matrix.REDUCED_RATES, matrix.FULL_RATES):
            self.assertTrue(all(after == 2 * before for before, after in zip(rates, rates[1:])))


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
    def test_one_command_measures_and_writes_the_page(self):
        with tempfile.TemporaryDirectory(prefix="chronik.side_by_side.") as folder:
            done = subprocess.run(
                [sys.executable, os.path.join(ROOT, "bench", "broker", "compare"), "--smoke", "--only", "chronik",
                 "--out", folder, "--broker", os.environ["CHRONIK_BROKER"], "--load", os.environ["CHRONIK_LOAD"]],
                capture_output=True, text=True, timeout=800, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(os.path.join(folder, "result.json"), encoding="utf-8") as file:
                raw = json.load(file)
            self.assertEqual([each["cell"] for each in raw["runs"]],
                             sorted((each.name for each in matrix.smoke().cells), key=lambda name: "synced" in name))
            for each in raw["runs"]:
                self.assertGreater(each["result"]["measured"]["records"], 0)
            with open(os.path.join(folder, "report.html"), encoding="utf-8") as file:
                page = file.read()
            self.assertIn("All figures", page)
            self.assertEqual(page, report.page(raw, raw["summary"]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
