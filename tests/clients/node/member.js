// SPDX-License-Identifier: Apache-2.0
'use strict'
// A member of a group by kafkajs that says what it is assigned and reads, as tests/cluster/harness/member_program.py.

const { Kafka, logLevel } = require('kafkajs')

const [bootstrap, groupId, topic] = process.argv.slice(2)
const say = (...words) => console.log(words.join(' '))

async function main() {
  const kafka = new Kafka({
    brokers: bootstrap.split(','), logLevel: logLevel.NOTHING, retry: { initialRetryTime: 100, retries: 30 }
  })
  const consumer = kafka.consumer({
    groupId, sessionTimeout: 3000, rebalanceTimeout: 10_000, heartbeatInterval: 300, maxWaitTimeInMs: 200,
    metadataMaxAge: 5000
  })
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    say('assigned', (payload.memberAssignment[topic] || []).sort().join(','))
  })
  consumer.on(consumer.events.CRASH, ({ payload }) => say('error', payload.error))
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  process.on('SIGTERM', () => consumer.disconnect().then(() => process.exit(0), error => {
    say('error', error)
    process.exit(1)
  }))
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: true,
    eachBatch: async ({ batch }) => {
      for (const each of batch.messages) say('read', batch.partition, each.offset)
      const offset = String(BigInt(batch.lastOffset()) + 1n)
      try {
        await consumer.commitOffsets([{ topic, partition: batch.partition, offset }])
        say('committed')
      } catch (error) {
        say('error', error)
        throw error
      }
    }
  })
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
