# SPDX-License-Identifier: Apache-2.0
"""The hot path has not become longer: instructions of each step, counted by valgrind, beside those of steps.txt.

    /usr/bin/python3 tests/steps/steps_test.py PROGRAM [--write]

Instructions are the same on a busy machine and on an idle one, which no time is. They depend on the compiler, so only
Debian 12's release build is compared. --write makes what was counted the new steps.txt.
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest

KEPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "steps.txt")
STEPS = ("commit-1", "commit-64", "append")
GROWTH_MAX = 1.2
FEW, MANY = 12_800, 38_400  # the difference between both is without what a start costs
PROGRAM = sys.argv[1]


def instructions(step, count):
    with tempfile.TemporaryDirectory() as folder:
        ended = subprocess.run(["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null",
                                PROGRAM, step, str(count), folder], capture_output=True, text=True, check=False)
    found = re.search(r"I\s+refs:\s+([\d,]+)", ended.stderr)
    assert ended.returncode == 0 and found, ended.stderr
    return int(found.group(1).replace(",", ""))


def counted():
    return {step: (instructions(step, MANY) - instructions(step, FEW)) / (MANY - FEW) for step in STEPS}


def kept():
    with open(KEPT, encoding="ascii") as lines:
        return {name: float(value) for name, value in (line.split() for line in lines if not line.startswith("#"))}


class Steps(unittest.TestCase):
    def test_no_step_of_the_hot_path_has_become_a_fifth_longer(self):
        now, before = counted(), kept()
        for step in STEPS:
            print(f"{step}: {now[step]:.0f} instructions, {before[step]:.0f} kept", flush=True)
        self.assertEqual(sorted(before), sorted(STEPS))
        for step in STEPS:
            self.assertLess(now[step], before[step] * GROWTH_MAX, f"{step}: if it has to be, --write")
            # A baseline that is far above hides what comes next.
            self.assertGreater(now[step], before[step] / GROWTH_MAX, f"{step} is much shorter: --write")


if __name__ == "__main__":
    if "--write" in sys.argv:
        with open(KEPT, "w", encoding="ascii") as out:
            out.write("# Instructions of one step, by g++ 12 in a release build; made by steps_test.py --write.\n")
            out.writelines(f"{step} {value:.0f}\n" for step, value in counted().items())
    else:
        unittest.main(argv=sys.argv[:1], verbosity=2)
