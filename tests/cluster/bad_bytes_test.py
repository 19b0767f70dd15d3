# SPDX-License-Identifier: Apache-2.0
"""Files of a running broker go bad: it ends with 3, says which and where, and makes nothing worse."""

import os

from harness import Case, clients, figures, suite

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
        clients.create_topic(one.address, "t")
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


if __name__ == "__main__":
    suite.main()
