# SPDX-License-Identifier: Apache-2.0
"""What tests of clusters that grow and shrink share: a topic under load, and what every node tells of the brokers."""

from . import admin, checkers, clients
from .report import figures
from .suite import Case
from .wait import bound, until

PARTITIONS = 12
SECONDS_MAX = bound(60.0)


class MembershipCase(Case):
    def told_by_all(self, cluster, what, condition):
        """Until the rows of brokers that each node which runs tells meet the condition."""
        for broker in cluster.running():
            until(lambda: condition(admin.brokers(broker.http_port)), f"{what}, by node {broker.node}", SECONDS_MAX)

    def finish(self, cluster, stream):
        """Ends the stream to "t"; what is read back, which is what was acknowledged, once and in order."""
        produced = stream.stop()
        self.assertEqual((produced.uncertain, produced.refused), ([], []))
        figures.count("acknowledged", len(produced.acknowledged))
        read = clients.consume_all(cluster.bootstrap, "t", PARTITIONS, seconds=120)
        figures.count("recovered", checkers.stream(read, stream))
        return read
