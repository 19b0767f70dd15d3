// SPDX-License-Identifier: Apache-2.0
'use strict'
// kafkajs: creates a topic, writes, asks for offsets. It reads only as a member of a group, so others read for it.

const { Kafka, logLevel } = require('kafkajs')
const { PARTITIONS, check, key, run, value } = require('./check')

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
})
