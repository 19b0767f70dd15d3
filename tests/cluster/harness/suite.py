# SPDX-License-Identifier: Apache-2.0
"""The frame of a test program: a working folder that stays when something failed, and no broker that outlives it."""

import argparse
import os
import shutil
import sys
import tempfile
import unittest

from . import broker, disks, report
from .broker import Broker
from .cluster import Cluster
from .disks import Disk
from .wait import Stopwatch

folder = None
options = argparse.Namespace()


class Case(unittest.TestCase):
    """A test that starts brokers. Those it started in setUp or in the test end with it; unasked ends fail it."""

    longMessage = True

    @classmethod
    def folder_of(cls, name):
        path = os.path.join(folder, f"{cls.__name__}.{name}")
        os.makedirs(path, exist_ok=True)
        return path

    def broker(self, name="node-1", **how):
        made = Broker(self.folder_of(self._testMethodName), name, **how)
        self.addCleanup(made.put_away)
        return made

    def cluster(self, count=3, name="", **how):
        """`name` tells the clusters of one test apart: each is new."""
        made = Cluster(self.folder_of(self._testMethodName + name), count, **how)
        self.addCleanup(made.put_away)
        for each in made:
            self.addCleanup(each.put_away)
        return made

    def disk(self, name="disk", **how):
        """A file system of its own, for brokers that are made after it; the program called disks.own_mounts()."""
        made = Disk(self.folder_of(self._testMethodName), name, **how)
        self.addCleanup(made.put_away)
        return made

    def joining(self, cluster, node, **how):
        """One more node for a cluster, as Cluster.add makes it."""
        made = cluster.add(node, **how)
        self.addCleanup(made.put_away)
        return made


class _Result(unittest.TextTestResult):
    def startTest(self, test):
        super().startTest(test)
        self._clock = Stopwatch()

    def stopTest(self, test):
        super().stopTest(test)
        # A failed part of a test (subTest) is listed as a test of its own that knows its whole.
        failed = any(test in (each, getattr(each, "test_case", None)) for each, _ in self.failures + self.errors)
        report.figures.scenario(test.id().removeprefix("__main__."), not failed, self._clock.seconds())

    def addSkip(self, test, reason):
        self.addFailure(test, (AssertionError, AssertionError(f"nothing is skipped here: {reason}"), None))


def arguments(**defaults):
    """Declares --name VALUE options of this program before main(); harness.suite.options has them, and --disk."""
    parser = argparse.ArgumentParser(add_help=True)
    for name, (value, meaning) in {"disk": ("", "a folder on the disk to use, instead of that of temporary files"),
                                   **defaults}.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value,
                            help=f"{meaning} [{value}]")
    known, rest = parser.parse_known_args()
    options.__dict__.update(vars(known))
    sys.argv[1:] = rest


def main():
    """Runs the tests of the program; ends the process."""
    global folder
    program = os.path.splitext(os.path.basename(sys.argv[0]))[0]
    broker.program()
    chosen = getattr(options, "disk", "")
    if chosen and disks.kind_of(chosen) in disks.IN_MEMORY:
        raise SystemExit(f"refused: {chosen} is {disks.kind_of(chosen)}, which is no disk")
    folder = tempfile.mkdtemp(prefix=f"chronik.{program}.", dir=chosen or None)
    done = unittest.main(module="__main__", exit=False, verbosity=2, catchbreak=False,
                         testRunner=unittest.TextTestRunner(resultclass=_Result, verbosity=2))
    passed = done.result.wasSuccessful() and done.result.testsRun > 0
    for each in broker.started:
        try:
            each.put_away()
        except broker.Ended as error:
            passed = False
            print(error, file=sys.stderr)
    report.show(program)
    if passed:
        shutil.rmtree(folder)
    else:
        print(f"the brokers' logs and data are in {folder}", file=sys.stderr)
    sys.stdout.flush()
    # Not sys.exit: a client's thread that hangs must not turn the answer into a time-out.
    os._exit(0 if passed else 1)
