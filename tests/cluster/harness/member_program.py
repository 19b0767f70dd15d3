# SPDX-License-Identifier: Apache-2.0
"""One member of a consumer group, a process of its own so that it can be killed: says what it is assigned and reads.

    member_program.py CLIENT BOOTSTRAP GROUP TOPIC [NAME=VALUE ...]

Lines: `assigned P,P,...` when that changes, `read P O` for each record, `committed` after each commit, `error TEXT`.
It commits what it has read, never more, and leaves the group on SIGTERM.
"""

import signal
import sys
import threading

stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())


def say(*words):
    print(*words, flush=True)


def rdkafka(bootstrap, group, topic, config):
    import confluent_kafka

    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest",
        "enable.auto.commit": False, "session.timeout.ms": 3000, "heartbeat.interval.ms": 300,
        "topic.metadata.refresh.fast.interval.ms": 50, "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 200,
        "coordinator.query.interval.ms": 500, **config})

    def show(*_):
        say("assigned", ",".join(str(each.partition) for each in consumer.assignment()))

    cooperative = config.get("partition.assignment.strategy") == "cooperative-sticky"

    def assigned(_, partitions):
        consumer.incremental_assign(partitions) if cooperative else consumer.assign(partitions)
        show()

    def revoked(_, partitions):
        consumer.incremental_unassign(partitions) if cooperative else consumer.unassign()
        if not stop.is_set():  # a consumer that is being closed does not say what it has
            show()

    consumer.subscribe([topic], on_assign=assigned, on_revoke=revoked, on_lost=revoked)
    while not stop.is_set():
        messages = consumer.consume(200, 0.1)
        for message in messages:
            if message.error() is not None:
                say("error", message.error())
            else:
                say("read", message.partition(), message.offset())
        if messages:
            try:
                consumer.commit(asynchronous=False)
                say("committed")
            except confluent_kafka.KafkaException as error:
                say("error", error)
    consumer.close()


def kafka_python(bootstrap, group, topic, config):
    import kafka
    import kafka.errors

    consumer = kafka.KafkaConsumer(topic, bootstrap_servers=bootstrap.split(","), group_id=group,
                                   auto_offset_reset="earliest", enable_auto_commit=False, session_timeout_ms=3000,
                                   heartbeat_interval_ms=300, **config)
    # Version 3 (3.0.12) may forget that it is joining: a member that learns of the topic's partitions between its first
    # round and the next, and leads that one, polls for ever without an assignment and without heartbeats once a poll
    # times out between JoinGroup and SyncGroup. It cannot if it knows them before it joins.
    consumer.partitions_for_topic(topic)
    known = None
    while not stop.is_set():
        polled = consumer.poll(timeout_ms=100, max_records=200)
        now = sorted(each.partition for each in consumer.assignment())
        if now != known:
            known = now
            say("assigned", ",".join(map(str, now)))
        for messages in polled.values():
            for message in messages:
                say("read", message.partition, message.offset)
        if polled:
            try:
                consumer.commit()
                say("committed")
            except kafka.errors.KafkaError as error:
                say("error", repr(error))
    consumer.close(autocommit=False)


client, where, name, what, *rest = sys.argv[1:]
{"rdkafka": rdkafka, "kafka_python": kafka_python}[client](where, name, what, dict(each.split("=", 1) for each in rest))
