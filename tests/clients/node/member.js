// SPDX-License-Identifier: Apache-2.0
'use strict'
// A member of a group by kafkajs that says what it is assigned and reads, as tests/cluster/harness/member_program.py.

const { Kafka, logLevel } = require('kafkajs')

const [bootstrap, groupId, topic] = process.argv.slice(2)
const say = (...words) => console.log(words.join(' '))

async function main() {
  const kafka = new Kafka({
    brokers: bootstrap.split(','),
    logLevel: logLevel.NOTHING,
    // A member that nobody knows any more after its coordinator has moved ends otherwise, and reads nothing.
    retry: { initialRetryTime: 100, retries: 30, restartOnFailure: async () => true }
  })
  const consumer = kafka.consumer({
    groupId, sessionTimeout: 3000, rebalanceTimeout: 10_000, heartbeatInterval: 300, maxWaitTimeInMs: 200,
    metadataMaxAge: 5000
  })
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    say('assigned', (payload.memberAssignment[topic] || []).sort().join(','))
  })
  consumer.on(consumer.events.COMMIT_OFFSETS, () => say('committed'))
  consumer.on(consumer.events.CRASH, ({ payload }) => say('error', payload.error))
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  process.on('SIGTERM', () => consumer.disconnect().then(() => process.exit(0), error => {
    say('error', error)
    process.exit(1)
  }))
  // It commits each batch that has been read, and looks after its membership by itself.
  await consumer.run({
    eachBatch: async ({ batch }) => {
      for (const each of batch.messages) say('read', batch.partition, each.offset)
    }
  })
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
