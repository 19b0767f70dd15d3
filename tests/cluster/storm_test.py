# SPDX-License-Identifier: Apache-2.0
"""A thousand clients that ask again and again for what there is not yet: the broker bears it and forgets nothing."""

import collections
import os
import selectors
import socket
import struct
import time

from harness import Case, Stopwatch, bound, clients, figures, suite, until, wire

CLIENTS = 1000
BACKOFF_SECONDS = 0.1  # retry.backoff.ms of librdkafka and Java
CPU_SHARE_MAX = bound(0.5)
GROWTH_BYTES_MAX = 8 << 20
LEADER_NOT_AVAILABLE = 5
suite.arguments(answers=(30_000, "answers to wait for"))


def metadata_request(topic, correlation):
    """Metadata version 7 that makes the topic if it can."""
    return wire.request(wire.METADATA, 7, correlation, struct.pack(">i", 1) + wire.text(topic) + b"\1")


class Storm:
    """Clients that each have one request on the way, or wait for the next try."""

    def __init__(self, port, count):
        self.selector = selectors.DefaultSelector()
        self.due = collections.deque()  # (when, socket), soonest first: everyone waits equally long
        self.errors = collections.Counter()
        self.answers = 0
        self.buffers = {}
        for number in range(count):
            each = socket.create_connection(("127.0.0.1", port), timeout=10)
            each.setblocking(False)
            self.selector.register(each, selectors.EVENT_READ, f"wanted-{number}")
            self.buffers[each] = bytearray()
            self.due.append((0.0, each))

    def close(self):
        for each in self.buffers:
            each.close()
        self.selector.close()

    def run(self, answers):
        """Until so many more have been answered."""
        goal = self.answers + answers
        while self.answers < goal:
            now = time.monotonic()
            while self.due and self.due[0][0] <= now:
                _, each = self.due.popleft()
                each.send(metadata_request(self.selector.get_key(each).data, self.answers & 0x7fffffff))
            for key, _ in self.selector.select(max(0.0, self.due[0][0] - now) if self.due else 10.0):
                self._take(key.fileobj)

    def _take(self, each):
        part = each.recv(65536)
        assert part, "the broker closed the connection of a client that only asked again"
        buffer = self.buffers[each]
        buffer += part
        while len(buffer) >= 4 and len(buffer) >= 4 + (size := struct.unpack_from(">i", buffer)[0]):
            answer = wire.Reader(bytes(buffer[4:4 + size]))
            del buffer[:4 + size]
            self.answers += 1
            self.errors[topic_error(answer)] += 1
            self.due.append((time.monotonic() + BACKOFF_SECONDS, each))


def topic_error(answer):
    """The error of the one topic that was asked for."""
    answer.int32(), answer.int32()  # correlation, throttle time
    answer.array(lambda: (answer.int32(), answer.text(), answer.int32(), answer.text()))
    answer.text(), answer.int32()  # cluster, controller
    assert answer.int32() == 1, "one topic was asked for"
    return answer.int16()


def processor_seconds(broker):
    with open(f"/proc/{broker.pid}/stat", encoding="ascii") as file:
        user, system = file.read().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class Retries(Case):
    def test_a_thousand_clients_that_try_again_are_borne_until_there_is_what_they_want(self):
        # One of three nodes is no quorum: no topic can be made, and every client hears that it should come again.
        cluster = self.cluster()
        alone = cluster[1]
        alone.start()
        until(lambda: wire.metadata(alone.port) is not None, "the lonely node answers")
        storm = Storm(alone.port, CLIENTS)
        self.addCleanup(storm.close)
        storm.run(5 * CLIENTS)
        memory, spent, clock = alone.own_bytes(), processor_seconds(alone), Stopwatch()
        storm.run(suite.options.answers)
        share = (processor_seconds(alone) - spent) / clock.seconds()
        grown = alone.own_bytes() - memory
        self.assertEqual(set(storm.errors), {LEADER_NOT_AVAILABLE})
        figures.add("answers per s", suite.options.answers / clock.seconds())
        figures.add("share of one core", share)
        figures.add("memory grown MiB", grown / (1 << 20))
        self.assertLess(share, CPU_SHARE_MAX)
        self.assertLess(grown, GROWTH_BYTES_MAX)

        storm.close()
        for node in (2, 3):
            cluster[node].start()
        cluster.wait_ready()
        produced = clients.produce_all(cluster.bootstrap, "wanted-0", [(None, b"k", b"v")], seconds=60)
        self.assertEqual(len(produced.acknowledged), 1)


if __name__ == "__main__":
    suite.main()
