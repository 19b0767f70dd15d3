# SPDX-License-Identifier: Apache-2.0
"""Files of a running broker go bad: it says which and where, serves or ends with 3, and makes nothing worse."""

import os
import signal

import confluent_kafka
from harness import Case, clients, figures, suite, until

STORAGE = 3
# Few records in each file, and settling begins when three are in use.
SMALL = ["--segment-bytes", "4MiB", "--journal-bytes-max", "8MiB"]
SIZE = 20_000


class BadBytes(Case):
    def journal(self, one):
        return os.path.join(one.data, "journal")

    def files(self, one, ending):
        return sorted(name for name in os.listdir(self.journal(one)) if name.endswith(ending))

    def content(self, one, name):
        with open(os.path.join(self.journal(one), name), "rb") as file:
            return file.read()

    def started(self):
        one = self.broker(arguments=SMALL)
        # A process that ends in a handler of a signal cannot look for its leaks.
        one.settings["ASAN_OPTIONS"] = "detect_leaks=0"
        one.start().wait_ready()
        clients.create_topic(one.address, "t", config={"segment.bytes": str(1 << 20)})
        return one

    def test_a_record_that_has_changed_in_the_journal_is_not_settled(self):
        one = self.started()
        marked = b"this one changes".ljust(SIZE, b".")
        sent = [(0, b"k", marked), (0, b"k", b"this one does not".ljust(SIZE, b"."))]
        self.assertEqual(len(clients.produce_all(one.address, "t", sent).acknowledged), 2)
        name = next(name for name in self.files(one, ".journal") if marked[:16] in self.content(one, name))
        place = self.content(one, name).index(marked[:16])
        with open(os.path.join(self.journal(one), name), "r+b") as file:
            file.seek(place)
            file.write(bytes([marked[0] ^ 4]))

        stream = clients.Stream(one.address, "t", 1, size=SIZE).start()
        self.assertEqual(one.wait_end(60), STORAGE, one.tail())
        said = one.tail(1000)
        self.assertIn("synced bytes have changed", said)
        self.assertRegex(said, rf"{name} at byte \d+, group \d+, entry \d+: a record has changed since it was written")
        self.assertFalse(any(marked[1:16] in self.content(one, each) for each in self.files(one, ".data")))
        figures.count("acknowledged before", stream.acknowledged())

        # Nothing was removed, so a start finds it at the same place.
        one.start()
        self.assertEqual(one.wait_end(60), STORAGE, one.tail())
        self.assertIn(f"is damaged: {name} at byte ", one.tail())

    def shortened(self, one, name):
        """This file loses all its bytes, and somebody reads the topic from its beginning. returns   the reader"""
        os.truncate(os.path.join(self.journal(one), name), 0)
        reader = clients.consumer(one.address)
        self.addCleanup(reader.close)
        reader.assign([confluent_kafka.TopicPartition("t", 0, 0)])
        return reader

    def test_a_settled_file_that_cannot_be_read_is_named_and_the_rest_is_served(self):
        one = self.started()
        sent = [(0, b"k", (b"%d:" % each).ljust(SIZE, b".")) for each in range(1500)]
        self.assertEqual(len(clients.produce_all(one.address, "t", sent).acknowledged), len(sent))
        # Then the first one is full, and nobody writes to it.
        until(lambda: len(self.files(one, ".data")) > 2, "settled files")
        name = self.files(one, ".data")[0]
        reader = self.shortened(one, name)
        until(lambda: f"cannot read {name}: " in one.tail(1000), "a line that names the file")
        message = reader.poll(1)
        self.assertTrue(message is None or message.error(), "what cannot be read is not answered")
        # Records behind it are, and new ones.
        newest = clients.produce_all(one.address, "t", [(0, b"k", b"after it")])
        self.assertEqual(len(newest.acknowledged), 1)
        reader.assign([confluent_kafka.TopicPartition("t", 0, len(sent) - 1)])
        self.assertEqual([reader.poll(20).value() for _ in range(2)], [sent[-1][2], b"after it"])
        one.terminate()
        # But it does not start like that.
        one.start()
        self.assertEqual(one.wait_end(60), STORAGE, one.tail())
        self.assertIn("settled-", one.tail(1))

    def test_a_journal_file_that_cannot_be_read_is_named_and_ends_it(self):
        one = self.started()
        marked = b"this one is gone".ljust(SIZE, b".")
        # More than fits into the first segment, so that nobody writes to it any more, and too little to be settled.
        sent = [(0, b"k", marked)] + [(0, b"k", (b"%d:" % each).ljust(SIZE, b".")) for each in range(250)]
        self.assertEqual(len(clients.produce_all(one.address, "t", sent).acknowledged), len(sent))
        name = next(name for name in self.files(one, ".journal") if marked in self.content(one, name))
        self.shortened(one, name)
        self.assertEqual(one.wait_end(60), STORAGE, one.tail())
        path = os.path.realpath(os.path.join(self.journal(one), name))
        self.assertRegex(one.tail(), rf"chronik-broker: cannot read {path} at byte \d+: ")

    def test_a_signal_that_somebody_sends_is_none_of_a_disk(self):
        one = self.started()
        one.expected = True
        one.signal(signal.SIGBUS)
        self.assertEqual(one.wait_end(30), -signal.SIGBUS)
        self.assertNotIn("cannot read", one.tail())


if __name__ == "__main__":
    suite.main()
