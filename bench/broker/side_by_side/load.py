# SPDX-License-Identifier: Apache-2.0
"""The load generator: one run, one answer."""

import json
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



def describe(result):
    """One line of one answer."""
    measured = result["measured"]
    line = f"{measured['records_per_s']:>10,.0f} records/s {measured['megabytes_per_s']:>8.1f} MB/s"
    if "latency_us" in result:
        line += f"  p50 {result['latency_us']['p50'] / 1e3:.2f} p99 {result['latency_us']['p99'] / 1e3:.2f} ms"
    if "broker" in measured:
        line += f"  {measured['broker'].get('cpu_s_per_million_records', 0):.2f} CPU s/M"
    return line
