# SPDX-License-Identifier: Apache-2.0
"""Kafka clients as users have them: librdkafka (confluent_kafka) and kafka-python, both from Debian."""

import dataclasses
import threading
import time

import confluent_kafka
import confluent_kafka.admin

from .producer_view import ProducerView
from .wait import Overdue, until

# What a client reports when it knows that the broker never took the record.
DEFINITE_FAILURES = frozenset({
    confluent_kafka.KafkaError.MSG_SIZE_TOO_LARGE, confluent_kafka.KafkaError.INVALID_MSG,
    confluent_kafka.KafkaError._UNKNOWN_TOPIC, confluent_kafka.KafkaError._UNKNOWN_PARTITION,
    confluent_kafka.KafkaError.TOPIC_AUTHORIZATION_FAILED, confluent_kafka.KafkaError._PURGE_QUEUE})

# Ask again quickly: what is measured is the broker, not the client's patience.
EAGER = {"reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 200,
         "topic.metadata.refresh.fast.interval.ms": 20, "socket.nagle.disable": True}

# For streams that outlive a node that answers and leads no more: they give up on an answer soon.
IMPATIENT = {"socket_timeout_ms": 2000, "request_timeout_ms": 2000}


@dataclasses.dataclass(frozen=True)
class Record:
    partition: int
    offset: int
    key: bytes
    value: bytes


@dataclasses.dataclass
class Produced:
    acknowledged: list = dataclasses.field(default_factory=list)  # Record, in the order of their acknowledgements
    uncertain: list = dataclasses.field(default_factory=list)     # (partition, key, value, error): may be there
    refused: list = dataclasses.field(default_factory=list)       # the same: must not be there
    seconds: float = 0.0

    def take(self, error, message):
        key, value = message.key(), message.value()
        if error is None:
            self.acknowledged.append(Record(message.partition(), message.offset(), key, value))
        else:
            kind = self.refused if error.code() in DEFINITE_FAILURES else self.uncertain
            kind.append((message.partition(), key, value, str(error)))


def rdkafka_producer(bootstrap, **config):
    return confluent_kafka.Producer({"bootstrap.servers": bootstrap, "acks": "all", "retry.backoff.ms": 20, **EAGER,
                                     **{key if key == "stats_cb" else key.replace("_", "."): value
                                        for key, value in config.items()}})


def produce_all(bootstrap, topic, records, seconds=60.0, **config):
    """Records (partition or None, key, value), idempotent and acks=all unless `config` says otherwise."""
    config = {"enable_idempotence": config.get("acks", "all") == "all", **config}
    producer = rdkafka_producer(bootstrap, **config)
    known_topics(producer, topic, seconds)  # so that the time is the records'
    produced = Produced()
    started = time.monotonic()
    for partition, key, value in records:
        where = {} if partition is None else {"partition": partition}
        while True:
            try:
                producer.produce(topic, value, key, on_delivery=produced.take, **where)
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    left = producer.flush(seconds)
    if left:
        raise Overdue(f"{left} of {len(records)} records to {topic} have no answer after {seconds:g} s")
    produced.seconds = time.monotonic() - started
    return produced


def produce_kafka_python(bootstrap, topic, records, seconds=60.0, **config):
    """The same with kafka-python; its futures fail or succeed one by one."""
    import kafka
    import kafka.errors

    producer = kafka.KafkaProducer(bootstrap_servers=bootstrap.split(","), **{"acks": "all", "retries": 10, **config})
    produced = Produced()
    started = time.monotonic()
    futures = [(partition, key, value, producer.send(topic, value, key, partition=partition))
               for partition, key, value in records]
    producer.flush(seconds)
    for partition, key, value, future in futures:
        try:
            told = future.get(seconds)
            produced.acknowledged.append(Record(told.partition, told.offset, key, value))
        except kafka.errors.MessageSizeTooLargeError as error:
            produced.refused.append((partition, key, value, repr(error)))
        except kafka.errors.KafkaError as error:
            produced.uncertain.append((partition, key, value, repr(error)))
    produced.seconds = time.monotonic() - started
    producer.close(5)
    return produced


def consumer(bootstrap, **config):
    # librdkafka's Python consumer asks for a group's name; without subscribe() and commits no group comes of it.
    return confluent_kafka.Consumer({
        "bootstrap.servers": bootstrap, "group.id": "harness", "enable.auto.commit": False, "check.crcs": True,
        "enable.partition.eof": True, "auto.offset.reset": "error", **EAGER,
        **{key.replace("_", "."): value for key, value in config.items()}})


def known_topics(client, topic, seconds=20.0):
    """The topic's metadata, once the client has it."""

    def ask():
        try:
            return client.list_topics(topic, timeout=2.0)
        except confluent_kafka.KafkaException:
            return None

    return until(ask, f"metadata of {topic}", seconds)


def watermarks(bootstrap, topic, partitions, seconds=20.0):
    """{partition: (log start offset, high watermark)}"""
    reader = consumer(bootstrap)

    def ask(partition):
        try:
            return reader.get_watermark_offsets(confluent_kafka.TopicPartition(topic, partition), timeout=2.0)
        except confluent_kafka.KafkaException:
            # librdkafka keeps what it heard while nobody led, and looks for the leader only when it is asked anew.
            known_topics(reader, topic, seconds)
            return None

    try:
        return {partition: until(lambda: ask(partition), f"offsets of {topic}-{partition}", seconds)
                for partition in range(partitions)}
    finally:
        reader.close()


def consume_each(bootstrap, topic, partitions, take, seconds=60.0, **config):
    """take(message) for each record from the log's start to its end, by assignment; none is kept.

    returns   how many there were: {partition: count}. Retriable errors are waited out
    """
    reader = consumer(bootstrap, **config)
    taken = {partition: 0 for partition in range(partitions)}
    open_ones = set(taken)
    # Asked for before there is a connection, librdkafka would ask again only after a second.
    known_topics(reader, topic, seconds)
    reader.assign([confluent_kafka.TopicPartition(topic, partition, confluent_kafka.OFFSET_BEGINNING)
                   for partition in taken])
    deadline = time.monotonic() + seconds
    last_error = None
    try:
        while open_ones:
            if time.monotonic() > deadline:
                raise Overdue(f"{topic}: partitions {sorted(open_ones)} have no end after {seconds:g} s; "
                              f"read {list(taken.values())}; last error: {last_error}")
            for message in reader.consume(1000, 0.2):
                error = message.error()
                if error is None:
                    taken[message.partition()] += 1
                    take(message)
                elif error.code() == confluent_kafka.KafkaError._PARTITION_EOF:
                    open_ones.discard(message.partition())
                elif error.code() in (confluent_kafka.KafkaError._AUTO_OFFSET_RESET,
                                      confluent_kafka.KafkaError.OFFSET_OUT_OF_RANGE):
                    raise AssertionError(f"{topic}: {error}")
                else:
                    last_error = str(error)
    finally:
        reader.close()
    return taken


def consume_all(bootstrap, topic, partitions, seconds=60.0, **config):
    """{partition: [Record]} of the same."""
    read = {partition: [] for partition in range(partitions)}

    def take(message):
        read[message.partition()].append(
            Record(message.partition(), message.offset(), message.key(), message.value()))

    consume_each(bootstrap, topic, partitions, take, seconds, **config)
    return read


def consume_kafka_python(bootstrap, topic, partitions, seconds=60.0):
    import kafka

    reader = kafka.KafkaConsumer(bootstrap_servers=bootstrap.split(","), auto_offset_reset="none", check_crcs=True,
                                 enable_auto_commit=False, group_id=None)
    try:
        places = [kafka.TopicPartition(topic, partition) for partition in range(partitions)]
        reader.assign(places)
        ends = reader.end_offsets(places)
        reader.seek_to_beginning(*places)
        read = {partition: [] for partition in range(partitions)}
        deadline = time.monotonic() + seconds
        while any(reader.position(place) < ends[place] for place in places):
            if time.monotonic() > deadline:
                raise Overdue(f"{topic}: read {[len(each) for each in read.values()]} of {ends}")
            for place, messages in reader.poll(timeout_ms=200, max_records=5000).items():
                read[place.partition] += [Record(place.partition, each.offset, each.key, each.value)
                                          for each in messages]
        return read
    finally:
        reader.close()


def admin(bootstrap):
    return confluent_kafka.admin.AdminClient({"bootstrap.servers": bootstrap, **EAGER})


def create_topic(bootstrap, topic, partitions=1, replicas=1, config=None, seconds=15.0):
    """Seconds until the broker said that it exists; what it refuses is a KafkaException."""
    started = time.monotonic()
    wanted = confluent_kafka.admin.NewTopic(topic, partitions, replicas, config=config or {})
    asker = admin(bootstrap)  # the answer is lost with it
    asker.create_topics([wanted], operation_timeout=seconds, request_timeout=seconds)[topic].result(seconds)
    return time.monotonic() - started


def delete_topic(bootstrap, topic, seconds=15.0):
    asker = admin(bootstrap)
    asker.delete_topics([topic], operation_timeout=seconds, request_timeout=seconds)[topic].result(seconds)


class Stream:
    """Idempotent acks=all production that goes on until stop(): key k of n keys gets the values k:0, k:1, ...

    Each partition gets its records from one producer in one order, so that what is read must be that order, once.
    At most `ahead` records wait for their acknowledgement, so that a gap between acknowledgements is the broker's.
    """

    def __init__(self, bootstrap, topic, partitions, ahead=64, size=128, config=None):
        self.topic = topic
        self.partitions = partitions
        self.sent = {partition: [] for partition in range(partitions)}  # (key, value) in the order given to the client
        self.produced = Produced()
        self.times = {partition: [] for partition in range(partitions)}  # of the acknowledgements, monotonic
        self.fatal = None
        self._size = size
        self._ahead = ahead
        self._waiting = 0
        self._stop = threading.Event()
        self._view = ProducerView()
        self._producer = rdkafka_producer(bootstrap, **{"enable_idempotence": True, "linger_ms": 1,
                                                        "message_timeout_ms": 120000, "request_timeout_ms": 5000,
                                                        **self._view.config, **(config or {})})
        self._thread = threading.Thread(target=self._run, name="stream")

    def start(self):
        self._thread.start()
        return self

    def _told(self, error, message):
        self._waiting -= 1
        self.produced.take(error, message)
        if error is None:
            self.times[message.partition()].append(time.monotonic())
        elif self.fatal is None:
            self.fatal = str(error)

    def _run(self):
        number = 0
        try:
            while not self._stop.is_set() and self.fatal is None:
                if self._waiting >= self._ahead:
                    self._producer.poll(0.05)
                    continue
                partition, turn = number % self.partitions, number // self.partitions
                key = f"{partition}/{turn % 7}".encode()
                value = f"{partition}:{turn}:".encode().ljust(self._size, b".")
                self.sent[partition].append((key, value))
                self._waiting += 1
                self._producer.produce(self.topic, value, key, partition=partition, on_delivery=self._told)
                self._producer.poll(0)
                number += 1
        except confluent_kafka.KafkaException as error:
            self.fatal = str(error)

    def acknowledged(self, partition=None):
        if partition is not None:
            return len(self.times[partition])
        return len(self.produced.acknowledged)

    def wait_more(self, count=20, partitions=None, seconds=30.0):
        """Until each of these partitions has this many more acknowledgements."""
        of = range(self.partitions) if partitions is None else partitions
        goals = {partition: self.acknowledged(partition) + count for partition in of}

        def reached():
            if self.fatal:
                raise AssertionError(f"the producer gave up: {self.fatal}")
            return all(self.acknowledged(partition) >= goal for partition, goal in goals.items())

        try:
            until(reached, f"{count} more acknowledgements in {sorted(goals)}", seconds)
        except Overdue as overdue:
            missing = {partition: goal - self.acknowledged(partition) for partition, goal in goals.items()}
            stuck = [partition for partition, count in missing.items() if count > 0]
            told = "\n".join(self._view.tell(self.topic, stuck))
            raise Overdue(f"{overdue}; still missing {missing}\n{told}") from None

    def longest_gap(self, partition, since):
        """Seconds of the longest silence of a partition that ended after `since`."""
        times = list(self.times[partition])
        gaps = [later - earlier for earlier, later in zip(times, times[1:]) if later > since]
        return max(gaps, default=0.0)

    def stop(self, seconds=60.0):
        """Ends the stream and waits for the answer to everything that was sent; the Produced."""
        self._stop.set()
        self._thread.join()
        left = self._producer.flush(seconds)
        if left:
            raise Overdue(f"{left} records of the stream have no answer after {seconds:g} s")
        return self.produced
