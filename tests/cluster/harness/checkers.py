# SPDX-License-Identifier: Apache-2.0
"""What must hold of a log, whoever wrote it and whatever was killed meanwhile. Each raises Broken at the first breach.

The invariants are those of the Jepsen test for Kafka, read on one log: one value an offset, one offset a value,
nothing acknowledged is missing, nothing refused is there, the order of a producer stays.
"""

import collections


class Broken(AssertionError):
    """The log does not hold what it promised."""


def gapless(read, start=0, where=""):
    """Offsets begin at `start` and rise by one."""
    for place, record in enumerate(read):
        if record.offset != start + place:
            raise Broken(f"{where}: record {place} has offset {record.offset} instead of {start + place}")


def exactly_once(read, where=""):
    """No value is there twice. The values of the tests are unique."""
    times = collections.Counter(record.value for record in read)
    value, count = times.most_common(1)[0] if times else (b"", 0)
    if count > 1:
        places = [record.offset for record in read if record.value == value]
        raise Broken(f"{where}: {value[:40]!r} is there {count} times, at offsets {places[:10]}")


def acknowledged_is_present(read, acknowledged, where=""):
    """Every acknowledged record is at the offset that its acknowledgement named, with its key and value.

    A client that hears of a later record of the same producer takes the earlier ones for acknowledged, and knows no
    offset of them: those are somewhere.
    """
    at = {record.offset: record for record in read}
    somewhere = {(record.key, record.value): record for record in read}
    for promised in acknowledged:
        implied = promised.offset is None
        found = somewhere.get((promised.key, promised.value)) if implied else at.get(promised.offset)
        if found is None:
            raise Broken(f"{where}: the acknowledged record at {promised.offset}, {promised.value[:40]!r}, is lost; "
                         f"the log has {len(read)} records")
        if (found.key, found.value) != (promised.key, promised.value):
            raise Broken(f"{where}: offset {promised.offset} was acknowledged for {promised.value[:40]!r} "
                         f"and holds {found.value[:40]!r}")


def nothing_invented(read, sent, where=""):
    """Every record is one that was sent, key and value."""
    known = set(sent)
    for record in read:
        if (record.key, record.value) not in known:
            raise Broken(f"{where}: offset {record.offset} holds {record.value[:40]!r}, which nobody sent")


def refused_is_absent(read, refused, where=""):
    """What definitely failed is never read."""
    values = {value for _, _, value, _ in refused}
    for record in read:
        if record.value in values:
            raise Broken(f"{where}: {record.value[:40]!r} at {record.offset} was refused to its producer")


def in_order(read, sent, where=""):
    """The log is a subsequence of what one producer sent to this partition, in that order."""
    place = {pair: number for number, pair in enumerate(sent)}
    last = -1
    for record in read:
        number = place.get((record.key, record.value))
        if number is None:
            continue  # another producer's, or invented: nothing_invented() tells
        if number <= last:
            raise Broken(f"{where}: offset {record.offset} holds number {number} after number {last}")
        last = number


def per_key_order(read, sequence, where=""):
    """Within a key, sequence(value) only rises."""
    last = {}
    for record in read:
        number = sequence(record.value)
        if number <= last.get(record.key, -1):
            raise Broken(f"{where}: key {record.key!r} has {number} at offset {record.offset} after {last[record.key]}")
        last[record.key] = number


def replicas_agree(replicas, quiescent=True, where=""):
    """Logs of the replicas, {node: [Record]}: equal up to the shortest; after quiescence equal in length as well."""
    (first_node, first), *others = replicas.items()
    for node, log in others:
        for mine, theirs in zip(first, log):
            if mine != theirs:
                raise Broken(f"{where}: offset {mine.offset} on node {first_node} is {mine.value[:40]!r}, "
                             f"on node {node} it is {theirs.offset}: {theirs.value[:40]!r}")
    lengths = {node: len(log) for node, log in replicas.items()}
    if quiescent and len(set(lengths.values())) != 1:
        raise Broken(f"{where}: the replicas have different lengths: {lengths}")


def stream(read, stream, where="", everything_acknowledged=True):
    """All of the above for a harness Stream and {partition: [Record]} read after it; records that were recovered."""
    for partition, records in read.items():
        at = f"{where}{stream.topic}-{partition}"
        gapless(records, where=at)
        exactly_once(records, at)
        acknowledged = [each for each in stream.produced.acknowledged if each.partition == partition]
        acknowledged_is_present(records, acknowledged, at)
        nothing_invented(records, stream.sent[partition], at)
        refused_is_absent(records, stream.produced.refused, at)
        in_order(records, stream.sent[partition], at)
        if everything_acknowledged and [(each.key, each.value) for each in records] != stream.sent[partition]:
            raise Broken(f"{at}: {len(records)} records read, {len(stream.sent[partition])} sent and acknowledged")
    return sum(map(len, read.values()))
