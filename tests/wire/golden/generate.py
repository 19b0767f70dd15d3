#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes messages.txt: bytes and meaning of sample messages, encoded from Apache Kafka's own JSON schemas.

    generate.py <folder of Kafka's message schemas> > messages.txt

It shares no code and no description with the broker, so a mistake has to be made twice to go unseen.
The schemas are in Kafka's tree under clients/src/main/resources/common/message. The result is committed;
nobody needs the schemas to run the tests.

Each line: api version direction variant bytes meaning. Variants: `full` has a value in every field, two
elements in every array; `bare` has null, default or nothing wherever the version allows it.
The meaning is what schema::print writes: every field the broker describes, absent ones with their default.
"""
import json
import re
import struct
import sys
from pathlib import Path

# API, versions described in example/broker/wire/messages.
APIS = [
    ("Produce", 3, 13),
    ("Fetch", 4, 17),
    ("ListOffsets", 1, 10),
    ("Metadata", 0, 13),
    ("ApiVersions", 0, 4),
    ("CreateTopics", 0, 7),
    ("DeleteTopics", 0, 6),
    ("InitProducerId", 0, 5),
    ("OffsetCommit", 2, 9),
    ("OffsetFetch", 1, 9),
    ("FindCoordinator", 0, 5),
    ("JoinGroup", 0, 9),
    ("Heartbeat", 0, 4),
    ("LeaveGroup", 0, 5),
    ("SyncGroup", 0, 5),
    ("DescribeGroups", 0, 6),
    ("ListGroups", 0, 5),
    ("DeleteGroups", 0, 2),
    ("OffsetDelete", 0, 0),
    ("DeleteRecords", 0, 2),
    ("OffsetForLeaderEpoch", 2, 4),
    ("DescribeConfigs", 1, 4),
    ("AlterConfigs", 0, 2),
    ("IncrementalAlterConfigs", 0, 1),
    ("DescribeLogDirs", 0, 5),
    ("CreatePartitions", 0, 3),
    ("DescribeCluster", 0, 2),
    ("DescribeTopicPartitions", 0, 0),
    ("ElectLeaders", 0, 2),
    ("AlterPartitionReassignments", 0, 1),
    ("ListPartitionReassignments", 0, 0),
]
INTEGERS = {"int8": ">b", "int16": ">h", "int32": ">i", "int64": ">q", "uint16": ">H", "uint32": ">I"}
SCALARS = {*INTEGERS, "bool", "uuid", "string", "bytes", "records"}
# What follows the running number in an integer of each size.
LOW_BITS = {1: (0, 0), 2: (8, 0x5A), 4: (16, 0x1234), 8: (40, 0x1122334455)}
NEVER = (1, 0)


def load(path):
    text = "\n".join(re.sub(r"(^|\s)//.*", "", line) for line in path.read_text().splitlines())
    return json.loads(text)


def span(text):
    if text is None or text == "none":
        return NEVER
    if text.endswith("+"):
        return int(text[:-1]), 32767
    first, _, last = text.partition("-")
    return int(first), int(last or first)


def within(versions, version):
    return versions[0] <= version <= versions[1]


def snake(name):
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def uvarint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


class Sample:
    """One message of one version; `encode` gives (bytes, meaning)."""

    def __init__(self, schema, version, last_described, full):
        self.version = version
        self.last_described = last_described
        self.full = full
        self.flexible = within(span(schema["flexibleVersions"]), version)
        self.structs = {each["name"]: each["fields"] for each in schema.get("commonStructs", [])}
        self.fields = schema["fields"]
        self.count = 0

    def encode(self):
        return self.struct(self.fields)

    def number(self):
        self.count += 1
        return self.count

    def struct(self, fields):
        plain, tagged, meaning = b"", [], []
        for field in fields:
            if span(field["versions"])[0] > self.last_described:
                continue
            if not within(span(field["versions"]), self.version):
                meaning.append((field, self.default_meaning(field)))
                continue
            is_tagged = within(span(field.get("taggedVersions")), self.version)
            if is_tagged and not self.full:
                meaning.append((field, self.default_meaning(field)))
                continue
            data, text = self.field(field)
            meaning.append((field, text))
            if is_tagged:
                tagged.append((field["tag"], data))
            else:
                plain += data
        if self.flexible:
            plain += uvarint(len(tagged))
            for tag, data in sorted(tagged):
                plain += uvarint(tag) + uvarint(len(data)) + data
        return plain, "{" + ", ".join(f"{snake(each['name'])}: {text}" for each, text in meaning) + "}"

    def members(self, field, kind):
        return field["fields"] if "fields" in field else self.structs[kind]

    def default_meaning(self, field):
        kind = field["type"]
        default = field.get("default")
        if default == "null" or (default is None and "nullableVersions" in field):
            return "null"
        if kind.startswith("[]"):
            return "[]"
        if kind == "string":
            return f'"{default or ""}"'
        if kind == "bool":
            return str(default or "false").lower()
        if kind == "uuid":
            return "0" * 32
        if kind in INTEGERS:
            return str(int(str(default or 0), 0))
        members = (f"{snake(each['name'])}: {self.default_meaning(each)}" for each in self.members(field, kind))
        return "{" + ", ".join(members) + "}"

    def field(self, field):
        kind = field["type"]
        nullable = within(span(field.get("nullableVersions")), self.version)
        is_struct = not kind.startswith("[]") and kind not in SCALARS
        if nullable and not self.full:
            return (b"\xff" if is_struct else self.length(None, kind)), "null"
        if kind.startswith("[]"):
            element = kind[2:]
            count = 2 if self.full else 0
            pairs = [self.value(field, element) for _ in range(count)]
            return (self.length(count, kind) + b"".join(data for data, _ in pairs),
                    "[" + ", ".join(text for _, text in pairs) + "]")
        data, text = self.value(field, kind)
        # A structure that may be null says first that it is there (KIP-893).
        return (b"\x01" + data if nullable and is_struct else data), text

    def length(self, size, kind):
        if self.flexible:
            return uvarint(0 if size is None else size + 1)
        return struct.pack(">h" if kind == "string" else ">i", -1 if size is None else size)

    def value(self, field, kind):
        if kind in INTEGERS:
            size = struct.calcsize(INTEGERS[kind])
            # Every byte of a wide number differs from its neighbours, so that a swapped byte shows.
            value = self.number() if self.full else int(str(field.get("default") or 0), 0)
            if self.full:
                value = value << LOW_BITS[size][0] | LOW_BITS[size][1]
            return struct.pack(INTEGERS[kind], value), str(value)
        if kind == "bool":
            value = self.full
            return struct.pack(">b", value), str(value).lower()
        if kind == "uuid":
            data = bytes((self.number() + at) & 0xFF for at in range(16)) if self.full else bytes(16)
            return data, data.hex()
        if kind in ("string", "bytes", "records"):
            text = f"{snake(field['name'])}-{self.number()}" if self.full else ""
            data = self.length(len(text), kind) + text.encode()
            return data, f'"{text}"' if kind == "string" else f"<{len(text)} bytes>"
        return self.struct(self.members(field, kind))


def main():
    folder = Path(sys.argv[1])
    print("# Made by generate.py from Apache Kafka's message schemas; do not edit.")
    print("# api version direction variant bytes meaning")
    for api, first, last in APIS:
        for direction in ("Request", "Response"):
            schema = load(folder / f"{api}{direction}.json")
            for version in range(first, last + 1):
                for variant in ("full", "bare"):
                    data, meaning = Sample(schema, version, last, variant == "full").encode()
                    print(api, version, direction.lower(), variant, data.hex() or "-", meaning)


main()
