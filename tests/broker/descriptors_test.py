# SPDX-License-Identifier: Apache-2.0
"""A broker with few file descriptors: clients do not get those of the storage, and without any it waits and goes on."""

import os
import pathlib
import resource
import socket
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))

from harness import Case, Stopwatch, admin, checkers, clients, dump, figures, suite, until, wire
from harness.broker import environment, program
from harness.prober import batch_of

LIMIT = 512
CONNECTIONS = 1000
PARTITIONS = 3
RECORD_BYTES = 8192
# The smallest journal: files are made and settled all the time.
SMALL = {"CHRONIK_SEGMENT_BYTES": "4MiB", "CHRONIK_JOURNAL_BYTES_MAX": "8MiB"}
STILL_SECONDS = 2.0
NOT_ENOUGH_REPLICAS, REQUEST_TIMED_OUT = 19, 7


def fetched(connection, topic, partition, offset):
    """(error code, bytes of records) of Fetch version 4."""
    body = struct.pack(">iiiib", -1, 100, 1, 1 << 20, 0) + struct.pack(">i", 1) + wire.text(topic)
    answer = connection.ask(wire.FETCH, 4, body + struct.pack(">iiqi", 1, partition, offset, 1 << 20))
    answer.int32()  # throttle time
    assert (answer.int32(), answer.text(), answer.int32(), answer.int32()) == (1, topic, 1, partition)
    error = answer.int16()
    answer.int64(), answer.int64()  # high watermark, last stable offset
    assert answer.int32() <= 0, "aborted transactions"
    return error, answer.int32()


def limited(one, soft, hard):
    one.wrapper = ["prlimit", f"--nofile={soft}:{hard}"]
    return one


class Descriptors(Case):
    @classmethod
    def setUpClass(cls):
        # The other ends of the connections are here.
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def started(self, soft, hard):
        """A broker, and a producer that keeps it making files."""
        one = limited(self.broker(settings=SMALL), soft, hard)
        one.start().wait_ready()
        clients.create_topic(one.address, "t", PARTITIONS)
        stream = clients.Stream(one.address, "t", PARTITIONS, size=RECORD_BYTES,
                                config={"message_timeout_ms": 600000}).start()
        stream.wait_more(200)
        return one, stream

    def finish(self, one, stream):
        """Everything that was sent is acknowledged, once, in its order, and on the disk."""
        stream.wait_more(500, seconds=60)
        produced = stream.stop()
        self.assertEqual((produced.uncertain, produced.refused), ([], []))
        read = clients.consume_all(one.address, "t", PARTITIONS)
        figures.count("acknowledged", len(produced.acknowledged))
        figures.count("read back", checkers.stream(read, stream))
        self.assertEqual(one.terminate()[0], 0, one.tail())
        stored = dump.dump_log(one)
        for partition in range(PARTITIONS):
            self.assertEqual(list(stored["t", partition]), read[partition], f"the log of t-{partition} on the disk")

    def test_clients_that_take_all_they_can_get_leave_the_storage_what_it_needs(self):
        one, stream = self.started(64, LIMIT)
        self.assertIn(f"{LIMIT} files may be open", one.tail(200))
        self.assertIn("instead of 10000", one.tail(200))
        self.assertEqual(one.metric("process_max_fds"), LIMIT)

        crowd = [socket.create_connection(("127.0.0.1", one.port)) for _ in range(CONNECTIONS)]
        until(lambda: one.metric("chronik_broker_connections")
              + one.metric("chronik_broker_connections_refused_total", reason="limit") >= CONNECTIONS,
              "an answer to each of them", 60)
        stayed = one.metric("chronik_broker_connections")
        figures.add("clients that fit", stayed)
        self.assertGreater(stayed, 100)
        settled = one.metric("chronik_journal_settled_bytes_total")
        stream.wait_more(1500, seconds=60)
        until(lambda: one.metric("chronik_journal_settled_bytes_total") > settled, "records that settle meanwhile")
        figures.add("open files", len(os.listdir(f"/proc/{one.pid}/fd")))
        for name in ("chronik_journal_no_descriptors_total", "chronik_broker_accepts_failed_total"):
            self.assertEqual(one.metric(name), 0, name)

        for each in crowd:
            each.close()
        until(lambda: one.metric("chronik_broker_connections") < 20, "clients that have left", 60)
        self.finish(one, stream)

    def test_more_clients_than_a_descriptor_set_has_room_for_do_not_hide_the_broker_from_who_watches_it(self):
        one = limited(self.broker(settings=SMALL), 64, 4096)
        one.start().wait_ready()
        crowd = [socket.create_connection(("127.0.0.1", one.port)) for _ in range(2000)]
        until(lambda: one.metric("chronik_broker_connections") >= len(crowd), "all of them", 60)
        self.assertGreater(one.metric("process_open_fds"), len(crowd))
        self.assertEqual(admin.get(one.http_port, "/health")[0], 200)
        for each in crowd:
            each.close()
        self.assertEqual(one.terminate()[0], 0)

    def test_without_any_producers_are_told_to_try_again_readers_go_on_and_with_some_again_writing_does(self):
        one, stream = self.started(64, 4096)
        clients.create_topic(one.address, "probes", 1)
        process = one.pid
        with wire.Connection(one.port) as there:
            self.assertEqual(wire.produce_on(there, "probes", 0, batch_of(b"before"))[0], 0)
            # None of these numbers is free, so nothing is opened any more; what is open stays.
            resource.prlimit(process, resource.RLIMIT_NOFILE, (3, 4096))
            until(lambda: "too many open files" in one.tail(50), "a word about it in the log", 60)
            self.wait_still(one, stream)

            acknowledged = stream.acknowledged()
            code = wire.produce_on(there, "probes", 0, batch_of(b"p" * 900_000), timeout_ms=500)[0]
            self.assertIn(code, (NOT_ENOUGH_REPLICAS, REQUEST_TIMED_OUT))
            for partition in range(PARTITIONS):
                error, size = fetched(there, "t", partition, 0)
                self.assertEqual(error, 0)
                self.assertGreater(size, RECORD_BYTES)
            with socket.create_connection(("127.0.0.1", one.port)) as waiting:
                until(lambda: "clients that connect have to wait" in one.tail(50), "a word about clients", 60)
                # So all of that was while there were none.
                self.assertEqual(stream.acknowledged(), acknowledged)
                one.check()
                resource.prlimit(process, resource.RLIMIT_NOFILE, (4096, 4096))
                clock = Stopwatch()
                waiting.sendall(wire.request(wire.API_VERSIONS, 0, 1, b""))
                self.assertGreater(len(waiting.recv(4)), 0, "who had to wait is served")
                stream.wait_more(1, seconds=60)
                figures.add("descriptors again, next acknowledgement s", clock.seconds())

        until(lambda: one.metric("chronik_journal_no_descriptors_total"), "counted")
        self.assertEqual(one.metric("chronik_journal_no_space_total"), 0)
        self.assertEqual(one.metric("chronik_journal_failed"), 0)
        self.assertEqual(one.pid, process)
        self.finish(one, stream)

    def wait_still(self, one, stream):
        """Until nothing has been acknowledged for a while: what had been made ready is used up as well."""
        still, seen = Stopwatch(), -1

        def quiet():
            nonlocal still, seen
            one.check()
            if (now := stream.acknowledged()) != seen:
                still, seen = Stopwatch(), now
            return still.seconds() > STILL_SECONDS

        until(quiet, "a producer that has to wait", 60)

    def test_a_limit_that_leaves_clients_nothing_is_refused_with_what_is_needed(self):
        done = subprocess.run(["prlimit", "--nofile=200:200", program(), "--data-dir",
                               os.path.join(self.folder_of(self._testMethodName), "data")],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment(), timeout=20,
                              check=False)
        self.assertEqual(done.returncode, 2, done.stderr)
        line, = done.stderr.splitlines()
        for text in ("at most 200 files", "ulimit -n", "LimitNOFILE", "connections_max"):
            self.assertIn(text, line)


if __name__ == "__main__":
    suite.main()
