# SPDX-License-Identifier: Apache-2.0
"""What librdkafka says of itself, for the day on which it gets no answer: statistics are free, and a debug log changes
what it looks at."""

import collections
import json

SECONDS_KEPT = 30


class ProducerView:
    """The last statistics of one producer; give `config` to it."""

    def __init__(self):
        self._kept = collections.deque(maxlen=SECONDS_KEPT)
        self.config = {"statistics_interval_ms": 1000, "stats_cb": self._kept.append}

    def tell(self, topic, partitions):
        """Lines about these partitions and about the brokers that lead them, as of the newest statistics."""
        if not self._kept:
            return ["librdkafka has told no statistics"]
        first, last = json.loads(self._kept[0]), json.loads(self._kept[-1])
        lines = [f"librdkafka: {last['msg_cnt']} messages, {last.get('eos', {}).get('idemp_state')}"]
        for partition in partitions:
            known = last["topics"].get(topic, {}).get("partitions", {}).get(str(partition), {})
            lines.append(f"{topic}-{partition}: " + self._words(known, (
                "leader", "broker", "msgq_cnt", "xmit_msgq_cnt", "msgs_inflight", "acked_msgid", "next_ack_seq",
                "next_err_seq")))
        seconds = (last["ts"] - first["ts"]) / 1e6
        for name, known in last["brokers"].items():
            before = first["brokers"].get(name, {}).get("req", {})
            asked = {kind: known["req"][kind] - before.get(kind, 0) for kind in ("Produce", "Metadata")
                     if kind in known["req"]}
            lines.append(f"{name}: " + self._words(known, ("state", "outbuf_cnt", "waitresp_cnt", "txerrs",
                                                           "req_timeouts")) + f", in {seconds:.0f} s {asked}")
        return lines

    @staticmethod
    def _words(known, names):
        return ", ".join(f"{name} {known.get(name)}" for name in names)
