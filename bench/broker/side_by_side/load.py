# SPDX-License-Identifier: Apache-2.0
"""The load generator: one run, one answer."""

import json
import os
import subprocess


class Failed(Exception):
    """A run whose figures are worthless: records were lost, or nothing was measured."""


class Load:
    """program   build/.../broker-load"""

    def __init__(self, program):
        self.program = program

    def words(self, mode, **options):
        """The command line; True is a flag, a list repeats its option."""
        words = [self.program, mode]
        for name, value in options.items():
            option = "--" + name.replace("_", "-")
            for each in value if isinstance(value, (list, tuple)) else [value]:
                words += [option] if each is True else [option, str(each)]
        return words

    def start(self, mode, **options):
        """Runs beside whatever the caller does; finish() takes its answer."""
        return subprocess.Popen(self.words(mode, **options), stdout=subprocess.PIPE, text=True)

    def finish(self, process, within_s=600):
        try:
            text, _ = process.communicate(timeout=within_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Failed(f"broker-load did not end within {within_s} s") from None
        try:
            told = json.loads(text)
        except ValueError:
            raise Failed(f"broker-load ended with {process.returncode} and said nothing") from None
        if process.returncode != 0 or told["failures"]:
            raise Failed("; ".join(told["failures"]) or f"broker-load ended with {process.returncode}")
        return told

    def run(self, mode, within_s=600, **options):
        return self.finish(self.start(mode, **options), within_s)


def is_there(program):
    return os.access(program, os.X_OK)
