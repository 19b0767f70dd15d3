# SPDX-License-Identifier: Apache-2.0
"""A producer without any patience: what it waits for is the cluster, and no timer of a client library."""

import struct
import threading
import time

import kafka.record.default_records as records

from . import wire

RETRY_SECONDS = 0.005
ANSWER_SECONDS = 0.5  # a frozen leader keeps its connections


def batch_of(value):
    """One record as a whole record batch, of no producer in particular."""
    builder = records.DefaultRecordBatchBuilder(magic=2, compression_type=0, is_transactional=0, producer_id=-1,
                                                producer_epoch=-1, base_sequence=-1, batch_size=1 << 20)
    builder.append(0, timestamp=int(time.time() * 1000), key=b"", value=value, headers=[])
    return bytes(builder.build())


class Prober:
    """Writes to partition 0 of a topic, one acks=all record after the other, to whoever says that it leads.

    A record whose answer did not come is written again, as any other: only times and what was acknowledged count.
    """

    def __init__(self, ports, topic):
        self.times = []         # of the acknowledgements, monotonic
        self.acknowledged = []  # values, in order
        self.fatal = None
        self._ports = list(ports)
        self._topic = topic
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prober")

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        self._stop.set()
        self._thread.join()
        if self.fatal is not None:
            raise AssertionError(f"the prober gave up: {self.fatal!r}")

    def longest_gap(self, since):
        times = list(self.times)
        return max((later - earlier for earlier, later in zip(times, times[1:]) if later > since), default=0.0)

    def _leader(self):
        """A connection to whoever leads, by the word of any node that answers; None: nobody says so."""
        for port in self._ports:
            try:
                view = wire.metadata(port, [self._topic])
                node = view.leader(self._topic, 0)
                if node in view.brokers:
                    return wire.Connection(view.brokers[node][1], seconds=ANSWER_SECONDS)
            except (OSError, struct.error):
                continue
        return None

    def _run(self):
        connection = None
        number = 0
        try:
            while not self._stop.is_set():
                if connection is None and (connection := self._leader()) is None:
                    self._stop.wait(RETRY_SECONDS)
                    continue
                value = b"probe %d" % number
                try:
                    error, _ = wire.produce_on(connection, self._topic, 0, batch_of(value), timeout_ms=1000)
                except (OSError, struct.error):
                    error = None
                if error == 0:
                    self.times.append(time.monotonic())
                    self.acknowledged.append(value)
                    number += 1
                else:
                    connection.close()
                    connection = None
                    self._stop.wait(RETRY_SECONDS)
        except Exception as error:  # told by stop(): a thread has nobody else to tell
            self.fatal = error
        finally:
            if connection is not None:
                connection.close()
