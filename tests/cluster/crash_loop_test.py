# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments under load, on one node: nothing acknowledged is lost, nothing is invented."""

import random

from harness import Case, Stopwatch, checkers, clients, disks, figures, note, suite, until
from harness.dump import dump_copy

PARTITIONS = 3
ROUNDS_A_TOPIC = 10  # then a new topic, so that reading it whole stays quick
suite.arguments(rounds=(5, "kills; 500 by hand, with --disk"), seed=(1, "of the moments"))


class CrashLoop(Case):
    def check_disk(self, one, stream):
        """What recovery would find, from a copy of what the crash left."""
        acknowledged = list(stream.produced.acknowledged)
        logs = dump_copy(one)
        for partition in range(PARTITIONS):
            read, where = logs.get((stream.topic, partition), []), f"disk: {stream.topic}-{partition}"
            checkers.gapless(read, where=where)
            checkers.exactly_once(read, where)
            checkers.acknowledged_is_present(read, [each for each in acknowledged if each.partition == partition],
                                             where)
            checkers.nothing_invented(read, list(stream.sent[partition]), where)
            checkers.in_order(read, list(stream.sent[partition]), where)

    def one_round(self, one, stream, chance):
        stream.wait_more(chance.randint(1, 400), partitions=[chance.randrange(PARTITIONS)])
        # Between two acknowledgements as well as at one.
        self.pass_time(chance.uniform(0, 0.02))
        one.kill()
        figures.count("kills", 1)
        self.check_disk(one, stream)
        if chance.random() < 0.3:  # and again in the middle of recovery
            one.start()
            self.pass_time(chance.uniform(0, 0.2))
            one.kill()
            figures.count("kills", 1)
            self.check_disk(one, stream)
        one.start()
        figures.add("recovery: start to ready s", one.wait_ready())

    @staticmethod
    def pass_time(seconds):
        clock = Stopwatch()
        until(lambda: clock.seconds() >= seconds, "the moment", seconds + 10, every=0.001)

    def test_acknowledged_records_survive_and_none_are_invented(self):
        chance = random.Random(suite.options.seed)
        # Small segments: the rounds cross many of them.
        one = self.broker(arguments=["--segment-bytes", "4MiB"])
        one.start().wait_ready()
        rounds = suite.options.rounds
        note(f"on {disks.kind_of(suite.folder)}")
        for first in range(0, rounds, ROUNDS_A_TOPIC):
            topic = f"t{first}"
            clients.create_topic(one.address, topic, PARTITIONS)
            stream = clients.Stream(one.address, topic, PARTITIONS, size=chance.choice((64, 512, 4096))).start()
            for number in range(first, min(rounds, first + ROUNDS_A_TOPIC)):
                self.one_round(one, stream, chance)
                note(f"round {number + 1}: {stream.acknowledged()} acknowledged in {topic}")
            stream.wait_more(20)
            produced = stream.stop()
            self.assertEqual((produced.uncertain, produced.refused), ([], []))
            figures.count("acknowledged", len(produced.acknowledged))
            read = clients.consume_all(one.address, topic, PARTITIONS)
            figures.count("recovered", checkers.stream(read, stream))
            # What is looked at after each kill is this topic's alone, and the disk stays as small.
            clients.delete_topic(one.address, topic)
        self.assertEqual(one.terminate()[0], 0, one.tail())


if __name__ == "__main__":
    suite.main()
