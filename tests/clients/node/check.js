// SPDX-License-Identifier: Apache-2.0
'use strict'
// What both Node programs compare with.

const PARTITIONS = 3

const key = number => `key-${number}`

function value(number) {
  const bytes = Buffer.alloc(100 + (number % 50))
  for (let at = 0; at < bytes.length; ++at) bytes[at] = (31 * number + 7 * at) & 0xff
  return bytes
}

function check(holds, what) {
  if (!holds) throw new Error(what)
}

// Is told of each record once and in the order of its partition.
class Reading {
  constructor(count) {
    this.missing = new Map(Array.from({ length: count }, (_, number) => [key(number), number]))
    this.next = new Array(PARTITIONS).fill(0n)
  }

  take(partition, offset, theKey, theValue) {
    check(offset === this.next[partition], `partition ${partition} has offset ${offset} instead of ${this.next[partition]}`)
    this.next[partition] += 1n
    const number = this.missing.get(theKey.toString())
    check(number !== undefined, `unexpected or doubled key ${theKey}`)
    this.missing.delete(theKey.toString())
    check(value(number).equals(theValue), `another value for ${theKey}`)
  }
}

function run(main) {
  const [bootstrap, topic, count] = process.argv.slice(2)
  main(bootstrap, topic, Number(count)).then(
    () => { console.log('ok', count); process.exit(0) },
    error => { console.error(error); process.exit(1) })
}

module.exports = { PARTITIONS, Reading, check, key, run, value }
