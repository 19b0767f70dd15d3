// SPDX-License-Identifier: Apache-2.0
'use strict'
// @platformatic/kafka: creates a topic, writes, fetches each partition without a group, reads as a group, compares.

const { check, key, run, value, PARTITIONS, Reading } = require('./check')

run(async (bootstrap, topic, count) => {
  const { Admin, Consumer, Producer } = await import('@platformatic/kafka')
  const settings = { clientId: 'chronik-test', bootstrapBrokers: [bootstrap] }
  const admin = new Admin(settings)
  await admin.createTopics({ topics: [topic], partitions: PARTITIONS, replicas: 1 })
  await admin.close()

  const producer = new Producer(settings)
  const messages = Array.from({ length: count }, (_, number) => ({ topic, key: Buffer.from(key(number)), value: value(number) }))
  await producer.send({ messages })
  await producer.close()

  const consumer = new Consumer({ ...settings, groupId: 'never-joined' })
  const known = (await consumer.metadata({ topics: [topic], forceUpdate: true })).topics.get(topic)
  const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic)
  const reading = new Reading(count)
  for (let partition = 0; partition < PARTITIONS; ++partition) {
    while (reading.next[partition] < ends[partition]) {
      const answer = await consumer.fetch({
        node: known.partitions[partition].leader, maxWaitTime: 500, minBytes: 1, maxBytes: 1 << 20, isolationLevel: 0,
        topics: [{ topicId: known.id, partitions: [{ partition, currentLeaderEpoch: known.partitions[partition].leaderEpoch,
          fetchOffset: reading.next[partition], lastFetchedEpoch: -1, partitionMaxBytes: 1 << 20 }] }]
      })
      const before = reading.next[partition]
      for (const batch of answer.responses[0].partitions[0].records ?? []) {
        for (const record of batch.records) {
          const offset = batch.firstOffset + BigInt(record.offsetDelta)
          if (offset >= before) reading.take(partition, offset, record.key, record.value)
        }
      }
      check(reading.next[partition] > before, `no records at ${before} of ${ends[partition]} in partition ${partition}`)
    }
  }
  check(reading.missing.size === 0, `${reading.missing.size} records are missing`)

  const member = new Consumer({ ...settings, groupId: `${topic}-group` })
  const stream = await member.consume({ topics: [topic], mode: 'earliest', autocommit: false, maxWaitTime: 500 })
  const again = new Reading(count)
  for await (const message of stream) {
    again.take(message.partition, message.offset, message.key, message.value)
    if (again.missing.size === 0) break
  }
  await member.commit({
    offsets: again.next.map((offset, partition) => ({ topic, partition, offset, leaderEpoch: 0 }))
  })
  await stream.close()
  await member.close(true)
})
