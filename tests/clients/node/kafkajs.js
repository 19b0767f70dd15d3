// SPDX-License-Identifier: Apache-2.0
'use strict'
// kafkajs: creates a topic, writes, asks for offsets, reads as a group, compares. It reads in no other way.

const { Kafka, logLevel } = require('kafkajs')
const { PARTITIONS, Reading, check, key, run, value } = require('./check')

run(async (bootstrap, topic, count) => {
  const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.WARN })
  const admin = kafka.admin()
  await admin.connect()
  check(await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS, replicationFactor: 1 }] }), 'not created')
  const producer = kafka.producer()
  await producer.connect()
  const messages = Array.from({ length: count }, (_, number) => ({ key: key(number), value: value(number) }))
  for (const each of await producer.send({ topic, messages })) check(each.errorCode === 0, `error ${each.errorCode}`)
  await producer.disconnect()
  const ends = await admin.fetchTopicOffsets(topic)
  check(ends.reduce((sum, each) => sum + Number(each.high), 0) === count, JSON.stringify(ends))
  await admin.disconnect()

  const consumer = kafka.consumer({ groupId: `${topic}-group` })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const reading = new Reading(count)
  await new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`${reading.missing.size} records are missing`)), 60_000).unref()
    consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        reading.take(partition, BigInt(message.offset), message.key, message.value)
        if (reading.missing.size === 0) resolve()
      }
    }).catch(reject)
  })
  await consumer.commitOffsets(reading.next.map((offset, partition) => ({ topic, partition, offset: `${offset}` })))
  await consumer.disconnect()
})
