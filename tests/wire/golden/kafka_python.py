#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes kafka_python.txt: requests and record batches as the kafka-python library encodes them.

    /usr/bin/python3 kafka_python.py > kafka_python.txt      (Debian: python3-kafka)

Lines: `request api key version bytes`, the whole request with its header, and `batch codec records bytes`.
The result is committed; nobody needs kafka-python to run the tests.
"""
import kafka
from kafka.codec import has_gzip, has_lz4, has_snappy, has_zstd
from kafka.protocol.admin import (AlterConfigsRequest, ApiVersionRequest, CreatePartitionsRequest, CreateTopicsRequest,
                                  DeleteGroupsRequest, DeleteTopicsRequest, DescribeConfigsRequest,
                                  DescribeGroupsRequest, ListGroupsRequest)
from kafka.protocol.api import RequestHeader
from kafka.protocol.commit import GroupCoordinatorRequest, OffsetCommitRequest, OffsetFetchRequest
from kafka.protocol.fetch import FetchRequest
from kafka.protocol.group import HeartbeatRequest, JoinGroupRequest, LeaveGroupRequest, SyncGroupRequest
from kafka.protocol.metadata import MetadataRequest
from kafka.protocol.offset import OffsetRequest
from kafka.protocol.produce import ProduceRequest
from kafka.record import MemoryRecordsBuilder

CODECS = [
    ("none", 0, True),
    ("gzip", 1, has_gzip()),
    ("snappy", 2, has_snappy()),
    ("lz4", 3, has_lz4()),
    ("zstd", 4, has_zstd()),
]


def batch(codec, records=3):
    builder = MemoryRecordsBuilder(magic=2, compression_type=codec, batch_size=1 << 20)
    for at in range(records):
        key = None if at == 1 else b"key-%d" % at
        value = b"value " * 50 + b"%d" % at
        builder.append(timestamp=1_700_000_000_000 + at, key=key, value=value, headers=[("h", b"x")])
    builder.close()
    return builder.buffer()


def emit(name, request):
    header = RequestHeader(request, correlation_id=77, client_id="kafka-python")
    print("request", name, request.API_KEY, request.API_VERSION, (header.encode() + request.encode()).hex())


def emit_groups():
    for version in range(0, 2):
        kind = [0] if version >= 1 else []
        emit("FindCoordinator", GroupCoordinatorRequest[version]("group", *kind))
    for version in range(0, 3):
        rebalance = [60000] if version >= 1 else []
        emit("JoinGroup", JoinGroupRequest[version]("group", 10000, *rebalance, "", "consumer",
                                                    [("range", b"subscription"), ("roundrobin", b"other")]))
    for version in range(0, 2):
        emit("SyncGroup", SyncGroupRequest[version]("group", 7, "member", [("member", b"all"), ("other", b"")]))
        emit("Heartbeat", HeartbeatRequest[version]("group", 7, "member"))
        emit("LeaveGroup", LeaveGroupRequest[version]("group", "member"))
    for version in range(2, 4):
        emit("OffsetCommit", OffsetCommitRequest[version]("group", 7, "member", -1,
                                                          [("topic", [(0, 17, "words"), (1, 4, "")])]))
    for version in range(1, 4):
        emit("OffsetFetch", OffsetFetchRequest[version]("group", [("topic", [0, 1])]))
    for version in range(0, 3):
        emit("DescribeGroups", DescribeGroupsRequest[version](["group", "other"]))
    for version in range(0, 3):
        emit("ListGroups", ListGroupsRequest[version]())
    for version in range(0, 2):
        emit("DeleteGroups", DeleteGroupsRequest[version](["group", "other"]))


def emit_configs():
    for version in range(1, 3):
        emit("DescribeConfigs", DescribeConfigsRequest[version]([(2, "topic", None), (4, "1", ["listeners"])], True))
    for version in range(0, 2):
        emit("AlterConfigs", AlterConfigsRequest[version]([(2, "topic", [("retention.ms", "1000")])], False))
    for version in range(0, 2):
        grown = [("topic", (3, None)), ("placed", (2, [[1], [2]]))]
        emit("CreatePartitions", CreatePartitionsRequest[version](grown, 5000, False))


def main():
    print("# Made by kafka_python.py with kafka-python", kafka.__version__)
    records = batch(0)
    for version in range(3, 9):
        emit("Produce", ProduceRequest[version](transactional_id=None, required_acks=-1, timeout=1000,
                                                topics=[("topic", [(0, records), (1, records)])]))
    for version in range(4, 12):
        partition = [3, 500] + ([100] if version >= 5 else []) + [65536]
        if version >= 9:
            partition.insert(1, 5)
        arguments = [-1, 500, 1, 1 << 20, 0]
        if version >= 7:
            arguments += [11, 12]
        arguments.append([("topic", [tuple(partition)])])
        if version >= 7:
            arguments.append([])  # the library cannot encode a forgotten topic
        if version >= 11:
            arguments.append("rack")
        emit("Fetch", FetchRequest[version](*arguments))
    # From version 4 on the library writes the leader epoch in 64 bits; it is 32. It never sends those versions.
    for version in range(1, 4):
        partition = (0, -1)
        isolation = [0] if version >= 2 else []
        emit("ListOffsets", OffsetRequest[version](-1, *isolation, [("topic", [partition])]))
    for version in range(0, 6):
        auto = [True] if version >= 4 else []
        emit("Metadata", MetadataRequest[version](["one", "two"], *auto))
        if version >= 1:
            emit("Metadata", MetadataRequest[version](None, *auto))
    for version in range(0, 3):
        emit("ApiVersions", ApiVersionRequest[version]())
    for version in range(0, 4):
        validate = [False] if version >= 1 else []
        topics = [("topic", 3, 1, [], [("retention.ms", "1000")]), ("placed", -1, -1, [(0, [1, 2])], [])]
        emit("CreateTopics", CreateTopicsRequest[version](topics, 5000, *validate))
    for version in range(0, 4):
        emit("DeleteTopics", DeleteTopicsRequest[version](["one", "two"], 5000))
    emit_groups()
    emit_configs()
    for name, codec, present in CODECS:
        if present:
            print("batch", name, 3, bytes(batch(codec)).hex())


main()
