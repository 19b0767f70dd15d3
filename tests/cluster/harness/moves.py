# SPDX-License-Identifier: Apache-2.0
"""The admin calls that move partitions and leaders, which Debian's clients do not have yet."""

import struct

from .wire import Connection

ELECT_LEADERS, ALTER_REASSIGNMENTS, LIST_REASSIGNMENTS = 43, 45, 46
NONE, UNKNOWN_PARTITION, INVALID_REPLICA_ASSIGNMENT, INVALID_REPLICATION_FACTOR = 0, 3, 39, 38
PREFERRED_LEADER_NOT_AVAILABLE, ELECTION_NOT_NEEDED, NO_REASSIGNMENT = 80, 84, 85
PREFERRED, UNCLEAN = 0, 1
_NO_TAGS = b"\0"


def _size(count):
    """A compact length: one more, in groups of seven bits; 0 is null."""
    if count is None:
        return b"\0"
    out, value = bytearray(), count + 1
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def _array(elements):
    return _size(None) if elements is None else _size(len(elements)) + b"".join(elements)


def _text(value):
    return _size(len(value.encode())) + value.encode()


def _int32s(numbers):
    return _array(None if numbers is None else [struct.pack(">i", number) for number in numbers])


class _Answer:
    """What is compact in an answer."""

    def __init__(self, reader):
        self.reader = reader
        self.tags()  # the header's

    def size(self):
        value = shift = 0
        while True:
            byte = self.reader.int8() & 0xFF
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value - 1

    def array(self, read):
        return [read() for _ in range(self.size())]

    def text(self):
        size = self.size()
        if size < 0:
            return None
        self.reader.at += size
        return self.reader.data[self.reader.at - size:self.reader.at].decode()

    def int32s(self):
        return self.array(self.reader.int32)

    def tags(self):
        assert self.reader.int8() == 0, "tagged fields that nobody expects"


def _ask(port, key, version, body, seconds):
    with Connection(port, seconds=seconds + 20) as connection:
        # A flexible header is the other one with tags behind it.
        return _Answer(connection.ask(key, version, _NO_TAGS + body))


def _results(answer):
    """{(topic, partition): (error, message)} from an array of topics."""
    def partition():
        told = answer.reader.int32(), answer.reader.int16(), answer.text()
        answer.tags()
        return told

    def topic():
        name, partitions = answer.text(), answer.array(partition)
        answer.tags()
        return name, partitions

    return {(name, index): (error, message) for name, partitions in answer.array(topic)
            for index, error, message in partitions}


def alter(port, topic, targets, seconds=20.0, version=0, change_factor=True):
    """Sends partitions to other replicas, {partition: [node] or None to cancel}; {partition: (error, message)}."""
    partitions = [struct.pack(">i", index) + _int32s(nodes) + _NO_TAGS for index, nodes in targets.items()]
    body = struct.pack(">i", int(seconds * 1000)) + (struct.pack(">?", change_factor) if version >= 1 else b"")
    body += _array([_text(topic) + _array(partitions) + _NO_TAGS]) + _NO_TAGS
    answer = _ask(port, ALTER_REASSIGNMENTS, version, body, seconds)
    answer.reader.int32()  # throttle time
    if version >= 1:
        assert answer.reader.int8() == change_factor
    error, message = answer.reader.int16(), answer.text()
    assert error == 0, message
    return {index: told for (_, index), told in _results(answer).items()}


def listed(port, topics=None):
    """What moves, as this node tells: {(topic, partition): (replicas, adding, removing)}.

    topics   {topic: [partition]}, or None for everything
    """
    wanted = None if topics is None else [_text(name) + _int32s(indexes) + _NO_TAGS for name, indexes in topics.items()]
    answer = _ask(port, LIST_REASSIGNMENTS, 0, struct.pack(">i", 20000) + _array(wanted) + _NO_TAGS, 20)
    answer.reader.int32()
    error, message = answer.reader.int16(), answer.text()
    assert error == 0, message

    def partition():
        told = answer.reader.int32(), (answer.int32s(), answer.int32s(), answer.int32s())
        answer.tags()
        return told

    def topic():
        name, partitions = answer.text(), answer.array(partition)
        answer.tags()
        return name, partitions

    return {(name, index): told for name, partitions in answer.array(topic) for index, told in partitions}


def elect(port, topics=None, kind=PREFERRED, seconds=20.0):
    """Asks for the preferred leaders of {topic: [partition]}, or of all; {(topic, partition): (error, message)}."""
    wanted = None if topics is None else [_text(name) + _int32s(indexes) + _NO_TAGS for name, indexes in topics.items()]
    body = struct.pack(">b", kind) + _array(wanted) + struct.pack(">i", int(seconds * 1000)) + _NO_TAGS
    answer = _ask(port, ELECT_LEADERS, 2, body, seconds)
    answer.reader.int32()
    assert answer.reader.int16() == 0
    return _results(answer)
