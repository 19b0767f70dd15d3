# SPDX-License-Identifier: Apache-2.0
"""The receive-only server counts what it received: only so is it a limit of anything."""

import json
import os
import struct
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "bench", "broker"), os.path.join(ROOT, "tests", "cluster")]

from harness import Case, suite, wire  # noqa: E402
from side_by_side.sink import Node  # noqa: E402

LOAD, SINK = os.environ["CHRONIK_LOAD"], os.environ["CHRONIK_SINK"]


class Sink(Case):
    def started(self):
        one = Node(SINK, self.folder_of(self._testMethodName))
        self.addCleanup(one.put_away)
        one.start().wait_ready()
        return one

    def load(self, one, topic, *words, code=0):
        done = subprocess.run([LOAD, "produce", "--bootstrap", one.address, "--topic", topic, *words],
                              capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def test_every_record_is_counted_in_its_partition(self):
        one = self.started()
        told = self.load(one, "t", "--create", "--partitions", "3", "--producers", "2", "--keys", "50", "--records",
                         "3001", "--record-bytes", "200")
        # The generator has compared the partitions' ends with what was acknowledged.
        self.assertEqual(told["counts"], {"sent": 3001, "acknowledged": 3001, "refused": 0})
        received = one.end()
        self.assertEqual((received["records"], sum(received["topics"]["t"])), (3001, 3001))
        self.assertTrue(all(received["topics"]["t"]), received)
        # Whole requests came: values, the headers of records and batches, and what stands around them.
        self.assertGreater(received["batch_bytes"], 3001 * 200)
        self.assertGreater(received["received_bytes"], received["batch_bytes"])
        self.assertLessEqual(received["produce_requests"], received["batches"])

    def test_records_of_another_client_are_counted_one_by_one(self):
        one = self.started()
        wire.create_topic(one.port, "t", 1, 1)
        for words, lines in (((), 3), (("-X", "acks=1"), 4), (("-z", "lz4"), 100)):
            subprocess.run(["kcat", "-P", "-b", one.address, "-t", "t", *words], input=b"hello\n" * lines, check=True,
                           timeout=60)
        self.assertEqual(one.end()["topics"], {"t": [107]})

    def test_one_record_after_the_other_is_a_request_each(self):
        one = self.started()
        self.load(one, "t", "--create", "--partitions", "1", "--depth", "1", "--linger-ms", "0", "--records", "50")
        received = one.end()
        self.assertEqual((received["records"], received["batches"], received["produce_requests"]), (50, 50, 50))

    def test_a_request_of_many_megabytes_is_read_whole(self):
        one = self.started()
        self.load(one, "t", "--create", "--partitions", "1", "--records", "3", "--record-bytes", "3000000",
                  "--batch-bytes", "9000000", "--client-setting", "message.max.bytes=10000000")
        received = one.end()
        self.assertEqual(received["records"], 3)
        self.assertGreater(received["batch_bytes"], 9_000_000)

    def test_nothing_is_acknowledged_that_did_not_come(self):
        one = self.started()
        wire.create_topic(one.port, "t", 1, 1)
        # A batch whose header says that it is longer than what there is of it.
        torn = struct.pack(">qiib", 0, 5000, 0, 2) + bytes(44)
        self.assertNotEqual(wire.produce(one.port, "t", 0, torn)[0], 0)
        # And the first half of a request.
        whole = wire.request(0, 3, 1, bytes(100))
        with wire.Connection(one.port) as half:
            half.send(whole[:50])
        received = one.end()
        self.assertEqual((received["records"], received["batches"], received["produce_requests"]), (0, 0, 1))

    def test_what_makes_no_sense_closes_the_connection_and_others_go_on(self):
        one = self.started()
        for sent in (struct.pack(">i", -1), struct.pack(">i", 2**31 - 1), struct.pack(">ihh", 30, 9999, 0) + bytes(26),
                     struct.pack(">ihhih", 10, 0, 9, 1, -1), struct.pack(">ihhih", 10, 1, 4, 1, -1)):
            with wire.Connection(one.port) as broken:
                broken.send(sent)
                self.assertTrue(broken.is_closed(), sent)
        self.load(one, "t", "--create", "--partitions", "1", "--records", "10")
        self.assertEqual(one.end()["records"], 10)

    def test_a_topic_is_created_once_and_as_it_can_be(self):
        one = self.started()
        self.load(one, "t", "--create", "--partitions", "2", "--records", "1")
        for topic, words, why in (("t", (), "already exists"), ("u", ("--replicas", "2"), "eplication factor"),
                                  ("u", ("--topic-setting", "retention.ms=1"), "nvalid request")):
            told = self.load(one, topic, "--create", "--records", "1", *words, code=1)
            self.assertIn(why, told["failures"][0])
        self.assertEqual(list(one.end()["topics"]), ["t"])


if __name__ == "__main__":
    suite.main()
