# SPDX-License-Identifier: Apache-2.0
"""A stream that gets no answer says what its client thinks of it: which broker is asked, and what waits for it."""

from harness import Case, Overdue, clients, suite


class Stream(Case):
    def test_who_waits_in_vain_is_told_what_the_client_knows(self):
        cluster = self.cluster(1)
        cluster.start()
        clients.create_topic(cluster.bootstrap, "t", 2)
        stream = clients.Stream(cluster.bootstrap, "t", 2, config={"message_timeout_ms": 20000}).start()
        stream.wait_more(20)
        cluster[1].freeze()
        with self.assertRaises(Overdue) as seen:
            stream.wait_more(1000, seconds=3.0)
        told = str(seen.exception)
        for expected in ("still missing {0: ", "t-1: leader 1, broker 1", "state UP", "Produce"):
            self.assertIn(expected, told)
        cluster[1].thaw()
        stream.wait_more(20)
        stream.stop()


if __name__ == "__main__":
    suite.main()
