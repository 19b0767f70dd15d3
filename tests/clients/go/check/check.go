// SPDX-License-Identifier: Apache-2.0

// Package check has what every Go client's program compares with.
package check

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

const Partitions = 3

// Arguments of every program: BOOTSTRAP TOPIC COUNT.
func Arguments() (bootstrap, topic string, count int) {
	if len(os.Args) != 4 {
		Must(fmt.Errorf("arguments are BOOTSTRAP TOPIC COUNT"))
	}
	count, err := strconv.Atoi(os.Args[3])
	Must(err)
	return os.Args[1], os.Args[2], count
}

func Must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func Key(number int) []byte { return []byte("key-" + strconv.Itoa(number)) }

func Value(number int) []byte {
	value := make([]byte, 100+number%50)
	for at := range value {
		value[at] = byte(31*number + 7*at)
	}
	return value
}

// Reading is told of each record once and in the order of its partition.
type Reading struct {
	missing map[string]int
	next    map[int32]int64
}

func NewReading(count int) *Reading {
	reading := &Reading{map[string]int{}, map[int32]int64{}}
	for number := range count {
		reading.missing[string(Key(number))] = number
	}
	return reading
}

func (r *Reading) Take(partition int32, offset int64, key, value []byte) {
	if offset != r.next[partition] {
		Must(fmt.Errorf("partition %d has offset %d instead of %d", partition, offset, r.next[partition]))
	}
	r.next[partition]++
	number, known := r.missing[string(key)]
	if !known {
		Must(fmt.Errorf("unexpected or doubled key %q", key))
	}
	delete(r.missing, string(key))
	if !bytes.Equal(value, Value(number)) {
		Must(fmt.Errorf("another value for %q", key))
	}
}

func (r *Reading) Done() bool { return len(r.missing) == 0 }
