# SPDX-License-Identifier: Apache-2.0
"""Nonsense for a running broker, while a well-behaved client must not notice. The same nonsense for the same seed.

    CHRONIK_BROKER=build/asan/example/broker/chronik-broker /usr/bin/python3 tests/fuzz/broker_fuzz.py --seconds 600
"""

import pathlib
import random
import socket
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))

from harness import Case, Stopwatch, checkers, clients, figures, note, suite, until, wire

suite.arguments(seconds=(10.0, "how long; 600 by hand"), seed=(1, "of the nonsense"),
                growth=(256, "MiB that the broker may grow by; more under a sanitizer"))
TOPIC = "nonsense"


class Compact:
    """The flexible half of Kafka's encoding."""

    @staticmethod
    def count(number):
        out = bytearray()
        number += 1
        while number >= 0x80:
            out.append(number & 0x7f | 0x80)
            number >>= 7
        out.append(number)
        return bytes(out)

    @classmethod
    def text(cls, value):
        return b"\x00" if value is None else cls.count(len(value)) + value.encode()

    @classmethod
    def array(cls, items):
        return cls.count(len(items)) + b"".join(items)


def batch(records=3, codec=0):
    """A record batch of version 2 with a checksum that is right, from kafka-python's writer."""
    from kafka.record.memory_records import MemoryRecordsBuilder
    builder = MemoryRecordsBuilder(magic=2, compression_type=codec, batch_size=1 << 16)
    for number in range(records):
        builder.append(timestamp=1_700_000_000_000 + number, key=b"k%d" % number, value=b"v" * 50)
    builder.close()
    return bytes(builder.buffer())


def plain_requests():
    """(key, version, body) as clients send them, before the versions turned flexible."""
    text, i32, i64 = wire.text, lambda n: struct.pack(">i", n), lambda n: struct.pack(">q", n)
    one = i32(1)
    yield wire.API_VERSIONS, 0, b""
    yield wire.METADATA, 1, one + text(TOPIC)
    yield wire.METADATA, 7, one + text(TOPIC) + b"\x00"
    for codec in range(4):
        records = batch(codec=codec)
        partition = one + i32(0) + i32(len(records)) + records
        yield wire.PRODUCE, 3, text(None) + struct.pack(">hi", -1, 1000) + one + text(TOPIC) + partition
        yield wire.PRODUCE, 7, text(None) + struct.pack(">hi", 1, 1000) + one + text(TOPIC) + partition
        yield wire.PRODUCE, 8, text(None) + struct.pack(">hi", 0, 1000) + one + text(TOPIC) + partition
    limits = i32(-1) + i32(10) + i32(1) + i32(1 << 20) + b"\x00"
    yield wire.FETCH, 4, limits + one + text(TOPIC) + one + i32(0) + i64(0) + i32(1 << 20)
    yield wire.FETCH, 11, (limits + i32(0) + i32(-1) + one + text(TOPIC) + one
                           + i32(0) + i32(-1) + i64(0) + i64(-1) + i32(1 << 20) + i32(0) + text(""))
    yield wire.LIST_OFFSETS, 1, i32(-1) + one + text(TOPIC) + one + i32(0) + i64(-1)
    yield wire.LIST_OFFSETS, 4, i32(-1) + b"\x00" + one + text(TOPIC) + one + i32(0) + i32(-1) + i64(1_700_000_000_001)
    # validate_only, so that what survives the mutation makes no topics without end
    yield wire.CREATE_TOPICS, 4, (one + text("made") + i32(1) + struct.pack(">h", 1) + i32(0) + i32(0) + i32(1000)
                                  + b"\x01")
    yield 20, 3, one + text("not-there") + i32(1000)
    yield 22, 1, text(None) + i32(1000)


def flexible_requests():
    c, i32, i64, tags = Compact, lambda n: struct.pack(">i", n), lambda n: struct.pack(">q", n), b"\x00"
    yield wire.API_VERSIONS, 3, c.text("fuzz") + c.text("1") + tags
    yield wire.METADATA, 9, c.array([c.text(TOPIC) + tags]) + b"\x00\x00\x00" + tags
    yield wire.METADATA, 12, c.array([bytes(16) + c.text(TOPIC) + tags]) + b"\x00\x00" + tags
    records = batch()
    produced = c.array([c.text(TOPIC) + c.array([i32(0) + c.count(len(records)) + records + tags]) + tags])
    yield wire.PRODUCE, 9, c.text(None) + struct.pack(">hi", -1, 1000) + produced + tags
    yield wire.PRODUCE, 12, c.text(None) + struct.pack(">hi", 1, 1000) + produced + tags
    partition = i32(0) + i32(-1) + i64(0) + i32(-1) + i64(-1) + i32(1 << 20) + tags
    yield wire.FETCH, 12, (i32(-1) + i32(10) + i32(1) + i32(1 << 20) + b"\x00" + i32(0) + i32(-1)
                           + c.array([c.text(TOPIC) + c.array([partition]) + tags]) + c.array([]) + c.text("") + tags)
    partition = i32(0) + i32(-1) + i64(-1) + tags
    yield wire.LIST_OFFSETS, 7, i32(-1) + b"\x00" + c.array([c.text(TOPIC) + c.array([partition]) + tags]) + tags
    made = c.text("made") + i32(1) + struct.pack(">h", 1) + c.array([]) + c.array([]) + tags
    yield wire.CREATE_TOPICS, 7, c.array([made]) + i32(1000) + b"\x01" + tags
    yield 20, 6, c.array([c.text("not-there") + bytes(16) + tags]) + i32(1000) + tags
    yield 22, 4, c.text(None) + i32(1000) + i64(-1) + struct.pack(">h", -1) + tags


def real_requests():
    """Whole requests without their length."""
    found = []
    for key, version, body in plain_requests():
        found.append((wire.request(key, version, 1, body)[4:], key, version))
    for key, version, body in flexible_requests():
        header = struct.pack(">hhi", key, version, 1) + wire.text("fuzz") + b"\x00"
        found.append((header + body, key, version))
    return found


def flipped(chance, data):
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def spliced(chance, data):
    """A number somewhere becomes an extreme one: lengths, counts, offsets."""
    data = bytearray(data)
    at = chance.randrange(len(data))
    extreme = chance.choice((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"\x00\x00\x00\x00",
                             b"\xff\xff", b"\x7f\xff", b"\xff\xff\xff\xff\x0f", b"\xff\xff\xff\xff\xff\xff\xff\xff"))
    data[at:at + len(extreme)] = extreme
    return bytes(data)


def framed(body):
    return struct.pack(">i", len(body)) + body


def nonsense(chance, requests):
    """One piece of nonsense, and its kind."""
    request, key, version = chance.choice(requests)
    kind = chance.choice(("garbage", "truncated", "cut", "oversized", "flipped", "flipped", "spliced", "spliced",
                          "unknown", "versions", "random body", "longer"))
    if kind == "garbage":
        return kind, chance.randbytes(chance.randint(1, 2000))
    if kind == "truncated":  # the length says more than comes; the connection ends in between
        return kind, framed(request)[:chance.randint(1, len(request) + 3)]
    if kind == "cut":  # the length is right, the request is not whole
        return kind, framed(request[:chance.randint(0, len(request) - 1)])
    if kind == "oversized":
        return kind, struct.pack(">i", chance.choice((0x7fffffff, 1 << 30, 5 << 20, -1, -0x80000000))) + request
    if kind == "flipped":
        return kind, framed(flipped(chance, request))
    if kind == "spliced":
        return kind, framed(spliced(chance, request))
    if kind == "unknown":
        return kind, framed(struct.pack(">hh", chance.randint(-300, 300), chance.randint(-3, 20)) + request[4:])
    if kind == "versions":
        return kind, framed(request[:2] + struct.pack(">h", chance.randint(-1, 20)) + request[4:])
    if kind == "random body":
        return kind, framed(request[:8] + chance.randbytes(chance.randint(0, 300)))
    return kind, framed(request + chance.randbytes(chance.randint(1, 100)))


class Nonsense(Case):
    def throw(self, one, chance, requests):
        kind, data = nonsense(chance, requests)
        try:
            with wire.Connection(one.port, seconds=1.0) as connection:
                connection.send(data)
                if chance.random() < 0.3:  # sometimes look at the answer, or let the broker close
                    connection.socket.settimeout(0.05)
                    connection.socket.recv(4096)
                elif chance.random() < 0.2:  # sometimes end without a word
                    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
        return kind

    def test_nonsense_harms_nobody(self):
        one = self.broker(arguments=["--request-bytes-max", "4MiB", "--inflight-bytes-max", "32MiB",
                                     "--auto-create-topics", "false"])
        one.start().wait_ready()
        clients.create_topic(one.address, TOPIC)
        clients.create_topic(one.address, "calm", 2)
        # Paced by the clients' own pipe: 16 at a time.
        stream = clients.Stream(one.address, "calm", 2, ahead=16).start()
        stream.wait_more(50)
        requests = real_requests()
        for whole, key, version in requests:  # the broker takes each of them, so that a mutation is one step from sense
            with wire.Connection(one.port) as connection:
                connection.send(framed(whole))
                if not (key == wire.PRODUCE and version == 8):  # acks=0 has no answer
                    answer = wire.Reader(connection.receive())
                    self.assertEqual(answer.int32(), 1, f"API {key} version {version}")
        before = one.own_bytes()
        largest = before
        chance = random.Random(suite.options.seed)
        stalled = [wire.Connection(one.port) for _ in range(50)]  # half a request each, for as long as it takes
        for each in stalled:
            each.send(framed(requests[0][0])[:7])
        clock = Stopwatch()
        counts = {}
        acknowledged = stream.acknowledged()
        while clock.seconds() < suite.options.seconds:
            for _ in range(100):
                kind = self.throw(one, chance, requests)
                counts[kind] = counts.get(kind, 0) + 1
            one.check()
            self.assertIsNone(stream.fatal)
            largest = max(largest, one.own_bytes())
        for each in stalled:
            each.close()
        self.assertGreater(stream.acknowledged(), acknowledged + 100, "the well-behaved producer came to a halt")
        stream.wait_more(50)
        produced = stream.stop()
        self.assertEqual((produced.uncertain, produced.refused), ([], []))
        checkers.stream(clients.consume_all(one.address, "calm", 2, seconds=600), stream)
        note(f"{sum(counts.values())} pieces of nonsense: {counts}")
        figures.add("pieces of nonsense", sum(counts.values()))
        figures.add("own memory MiB before", before >> 20)
        figures.add("own memory MiB at most", largest >> 20)
        self.assertLess(largest - before, suite.options.growth << 20)
        until(lambda: one.metric("chronik_broker_inflight_bytes") == 0, "nothing is in flight afterwards")
        code, _ = one.terminate()
        self.assertEqual(code, 0, one.tail())
        one.start().wait_ready()  # what was accepted is readable again
        checkers.stream(clients.consume_all(one.address, "calm", 2, seconds=600), stream)


if __name__ == "__main__":
    suite.main()
