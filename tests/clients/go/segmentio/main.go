// SPDX-License-Identifier: Apache-2.0

// kafka-go by segmentio: creates a topic, writes, reads by assignment and as a group, compares.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"

	"chronik/clients/check"
)

func main() {
	bootstrap, topic, count := check.Arguments()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	client := &kafka.Client{Addr: kafka.TCP(bootstrap), Timeout: 20 * time.Second}
	made, err := client.CreateTopics(ctx, &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: check.Partitions, ReplicationFactor: 1}}})
	check.Must(err)
	check.Must(made.Errors[topic])

	writer := &kafka.Writer{Addr: kafka.TCP(bootstrap), Topic: topic, Balancer: &kafka.Hash{}, RequiredAcks: kafka.RequireAll}
	messages := make([]kafka.Message, count)
	for number := range messages {
		messages[number] = kafka.Message{Key: check.Key(number), Value: check.Value(number)}
	}
	check.Must(writer.WriteMessages(ctx, messages...))
	check.Must(writer.Close())

	reading := check.NewReading(count)
	for partition := range check.Partitions {
		place, err := kafka.DialLeader(ctx, "tcp", bootstrap, topic, partition)
		check.Must(err)
		first, last, err := place.ReadOffsets()
		check.Must(err)
		check.Must(place.Close())
		// Never closed: that would wait for the fetch that it has already sent for what comes next.
		reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{bootstrap}, Topic: topic, Partition: partition})
		for offset := first; offset < last; offset++ {
			m, err := reader.ReadMessage(ctx)
			check.Must(err)
			reading.Take(int32(m.Partition), m.Offset, m.Key, m.Value)
		}
	}
	if !reading.Done() {
		check.Must(fmt.Errorf("records are missing"))
	}

	member := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{bootstrap}, Topic: topic, GroupID: topic + "-group",
		StartOffset: kafka.FirstOffset, MaxWait: 500 * time.Millisecond})
	again := check.NewReading(count)
	var taken []kafka.Message
	for !again.Done() {
		m, err := member.FetchMessage(ctx)
		check.Must(err)
		again.Take(int32(m.Partition), m.Offset, m.Key, m.Value)
		taken = append(taken, m)
	}
	check.Must(member.CommitMessages(ctx, taken...))
	fmt.Println("ok", count)
}
