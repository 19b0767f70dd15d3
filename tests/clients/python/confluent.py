# SPDX-License-Identifier: Apache-2.0
"""confluent-kafka, the newest: creates a topic, writes, reads by assignment and as a group, compares."""

import time

import check
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap, topic, count = check.arguments()
admin = AdminClient({"bootstrap.servers": bootstrap})
admin.create_topics([NewTopic(topic, check.PARTITIONS, 1)])[topic].result(30)

producer = Producer({"bootstrap.servers": bootstrap})
told = []
for number in range(count):
    producer.produce(topic, check.value(number), check.key(number), on_delivery=lambda error, _: told.append(error))
    producer.poll(0)
assert producer.flush(60) == 0 and told == [None] * count, [each for each in told if each]

consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "never-joined", "enable.auto.commit": False})
consumer.assign([TopicPartition(topic, each, OFFSET_BEGINNING) for each in range(check.PARTITIONS)])
reading = check.Reading(count)
deadline = time.monotonic() + 120
while reading.missing:
    assert time.monotonic() < deadline, f"{len(reading.missing)} records are missing"
    for message in consumer.consume(500, 0.5):
        assert message.error() is None, message.error()
        reading.take(message.partition(), message.offset(), message.key(), message.value())
consumer.close()

member = Consumer({"bootstrap.servers": bootstrap, "group.id": f"{topic}-group", "auto.offset.reset": "earliest",
                   "enable.auto.commit": False})
member.subscribe([topic])
reading = check.Reading(count)
while reading.missing:
    assert time.monotonic() < deadline, f"{len(reading.missing)} records are missing in the group"
    for message in member.consume(500, 0.5):
        assert message.error() is None, message.error()
        reading.take(message.partition(), message.offset(), message.key(), message.value())
member.commit(asynchronous=False)
member.close()
print("ok", count)
