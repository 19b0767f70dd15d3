# SPDX-License-Identifier: Apache-2.0
"""aiokafka: creates a topic, writes, reads by assignment and as a group, compares."""

import asyncio

import check
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic


async def main():
    bootstrap, topic, count = check.arguments()
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, check.PARTITIONS, 1)])
    await admin.close()

    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    told = [await producer.send(topic, check.value(number), check.key(number)) for number in range(count)]
    await asyncio.wait_for(asyncio.gather(*told), 60)
    await producer.stop()

    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=None)
    await consumer.start()
    places = [TopicPartition(topic, each) for each in range(check.PARTITIONS)]
    consumer.assign(places)
    await consumer.seek_to_beginning(*places)

    async def read(source):
        reading = check.Reading(count)
        while reading.missing:
            for place, messages in (await source.getmany(timeout_ms=500)).items():
                for message in messages:
                    reading.take(place.partition, message.offset, message.key, message.value)

    await asyncio.wait_for(read(consumer), 60)
    await consumer.stop()

    member = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=f"{topic}-group",
                              auto_offset_reset="earliest", enable_auto_commit=False)
    await member.start()
    await asyncio.wait_for(read(member), 60)
    await member.commit()
    await member.stop()
    print("ok", count)


asyncio.run(main())
