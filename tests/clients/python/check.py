# SPDX-License-Identifier: Apache-2.0
"""What every Python client's program compares with."""

import sys

PARTITIONS = 3


def arguments():
    bootstrap, topic, count = sys.argv[1:]
    return bootstrap, topic, int(count)


def key(number):
    return b"key-%d" % number


def value(number):
    return bytes((31 * number + 7 * at) & 0xff for at in range(100 + number % 50))


class Reading:
    """Is told of each record once and in the order of its partition."""

    def __init__(self, count):
        self.missing = {key(number): number for number in range(count)}
        self.next = [0] * PARTITIONS

    def take(self, partition, offset, its_key, its_value):
        assert offset == self.next[partition], f"partition {partition} has {offset} instead of {self.next[partition]}"
        self.next[partition] += 1
        number = self.missing.pop(its_key, None)
        assert number is not None, f"unexpected or doubled key {its_key}"
        assert its_value == value(number), f"another value for {its_key}"
