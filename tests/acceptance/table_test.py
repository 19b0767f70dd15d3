# SPDX-License-Identifier: Apache-2.0
"""The table finds rows that promise tests which are not there."""

import unittest

import table


class Table(unittest.TestCase):
    def row(self, tests, name="S0-1", figures=""):
        return list(table.rows(f"{name} | it holds | {tests} | {figures}\n"))

    def test_a_test_that_is_there_is_found_in_every_kind_of_file(self):
        listed = self.row("unit/base/time_test.cpp never_is_after_everything; tidy/tidy.py floors; "
                          "cluster/formation_test.py any_start_order_forms_one_cluster; unit/base/time_test.cpp")
        self.assertEqual(list(table.missing(listed)), [])

    def test_a_test_that_is_not_there_is_named(self):
        for wrong in ("unit/base/time_test.cpp never", "cluster/formation_test.py start", "unit/base/nothing_test.cpp"):
            self.assertEqual(len(list(table.missing(self.row(wrong)))), 1, wrong)

    def test_a_row_that_is_there_twice_is_named(self):
        self.assertEqual(list(table.missing(self.row("") + self.row(""))), ["S0-1 is there twice"])

    def test_a_line_that_is_no_row_is_refused(self):
        for wrong in ("S0-1 | it holds | \n", "S9-1 | it holds | | \n"):
            with self.assertRaises(SystemExit):
                list(table.rows(wrong))

    def test_the_page_tells_open_rows_and_figures(self):
        listed = self.row("", "S0-2") + self.row("tidy/tidy.py floors", figures="p: time s; p: count; p: cost")
        seen = {"p": {"time s": {"count": 3, "p50": 0.5, "p99": 2.0, "max": 2.25}, "count": 12345, "cost": "2 in 3 s"}}
        told = "\n".join(table.page(listed, seen, "now"))
        self.assertIn("1 of 2 rows have a test; open: S0-2.", told)
        self.assertIn("| S0-2 | it holds | **open** |  |", told)
        self.assertIn("time s: p50 0.5, p99 2, max 2.25 of 3; count: 12 345; cost: 2 in 3 s", told)

    def test_figures_of_several_programs_say_whose_they_are(self):
        listed = self.row("tidy/tidy.py floors", figures="p: whole run s; q: whole run s")
        told = "\n".join(table.page(listed, {"p": {"whole run s": 1.5}, "q": {"whole run s": 20.25}}, "now"))
        self.assertIn("p: whole run s: 1.5; q: whole run s: 20.2", told)


if __name__ == "__main__":
    unittest.main()
