# SPDX-License-Identifier: Apache-2.0
"""The table of mistakes is that of what was measured, and says what was not."""

import unittest

import table

KNOWN = {"votes_twice": "a vote is given to everybody", "torn_tail_is_left": "recovery leaves a tail"}
HEAD = "# What it is.\n\n"
PAGE = f"before\n\n{table.BEGIN}\n{table.END}\n\nafter\n"


def measured(*lines):
    return table.split(HEAD + "".join(f"{line}\n" for line in lines))[1]


class Table(unittest.TestCase):
    def test_lines_come_back_in_order_with_what_stands_above_them(self):
        world = "votes_twice | world | 20 of 20 | 1 | group 1: two leaders in term 3"
        model = "votes_twice | model | 0 of 5 | more than 60 |"
        head, lines = table.split(HEAD + f"{model}\n{world}\n")
        self.assertEqual(table.joined(head, lines), HEAD + f"{world}\n{model}\n")

    def test_of_what_the_model_says_its_own_words_are_kept(self):
        said = "group 1: node 2: the model does not allow that it votes twice"
        self.assertEqual(measured(f"a | model | 5 of 5 | 1 | {said}"), {("a", "model"): ("5 of 5", "1", "votes twice")})
        self.assertEqual(measured(f"a | world | 5 of 5 | 1 | {said}"), {("a", "world"): ("5 of 5", "1", said)})

    def test_a_line_that_is_none_is_refused(self):
        for wrong in ("a | world | 20 of 20 |", "a | nobody | 20 of 20 | 1 | x", "a | world | all | 1 | x"):
            with self.assertRaises(SystemExit, msg=wrong):
                measured(wrong)

    def test_what_has_no_line_or_too_few_searches_is_missing(self):
        lines = measured("votes_twice | world | 6 of 6 | 36 | x", "votes_twice | model | of 3 | 1 | x",
                         "torn_tail_is_left | world | 11 of 20 | 300 | x")
        self.assertEqual(list(table.missing(KNOWN, lines)), ["votes_twice | world", "torn_tail_is_left | model"])

    def test_the_page_has_every_mistake_and_keeps_what_stands_around_it(self):
        told = table.page(PAGE, KNOWN, measured("votes_twice | world | 19 of 20 | 4 | x"))
        self.assertTrue(told.startswith("before\n") and told.endswith("\nafter\n"))
        self.assertIn("| votes_twice | a vote is given to everybody | 4 (19 of 20) | x | not measured |  |", told)
        self.assertIn("| torn_tail_is_left | recovery leaves a tail | not measured |  | not measured |  |", told)
        self.assertEqual(table.page(told, KNOWN, measured("votes_twice | world | 19 of 20 | 4 | x")), told)

    def test_an_old_table_and_a_line_without_a_patch_are_problems(self):
        lines = measured("votes_twice | world | 19 of 20 | 4 | x")
        self.assertEqual(len(list(table.problems(PAGE, KNOWN, lines))), 1)
        new = table.page(PAGE, KNOWN, lines)
        self.assertEqual(list(table.problems(new, KNOWN, lines)), [])
        gone = lines | measured("gone | world | 20 of 20 | 1 | x")
        said = "measured.txt has gone | world, and there is no such patch"
        self.assertEqual(list(table.problems(new, KNOWN, gone)), [said])


if __name__ == "__main__":
    unittest.main()
