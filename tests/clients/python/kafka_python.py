# SPDX-License-Identifier: Apache-2.0
"""kafka-python, the newest: creates a topic, writes, reads by assignment and as a group, compares."""

import time

import check
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

bootstrap, topic, count = check.arguments()
admin = KafkaAdminClient(bootstrap_servers=bootstrap)
admin.create_topics([NewTopic(topic, check.PARTITIONS, 1)])
admin.close()

producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")
for future in [producer.send(topic, check.value(each), check.key(each)) for each in range(count)]:
    future.get(60)
producer.close()

consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=None)
places = [TopicPartition(topic, each) for each in range(check.PARTITIONS)]
consumer.assign(places)
consumer.seek_to_beginning(*places)
reading = check.Reading(count)
deadline = time.monotonic() + 120
while reading.missing:
    assert time.monotonic() < deadline, f"{len(reading.missing)} records are missing"
    for place, messages in consumer.poll(timeout_ms=500).items():
        for message in messages:
            reading.take(place.partition, message.offset, message.key, message.value)
consumer.close()

member = KafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=f"{topic}-group", auto_offset_reset="earliest",
                       enable_auto_commit=False)
reading = check.Reading(count)
while reading.missing:
    assert time.monotonic() < deadline, f"{len(reading.missing)} records are missing in the group"
    for place, messages in member.poll(timeout_ms=500).items():
        for message in messages:
            reading.take(place.partition, message.offset, message.key, message.value)
member.commit()
member.close()
print("ok", count)
