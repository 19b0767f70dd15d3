// SPDX-License-Identifier: Apache-2.0

// franz-go: creates a topic, writes, reads by assignment and as a group, compares.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"chronik/clients/check"
)

func main() {
	bootstrap, topic, count := check.Arguments()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	client, err := kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.DefaultProduceTopic(topic))
	check.Must(err)
	made, err := kadm.NewClient(client).CreateTopic(ctx, check.Partitions, 1, nil, topic)
	check.Must(err)
	check.Must(made.Err)
	records := make([]*kgo.Record, count)
	for number := range records {
		records[number] = &kgo.Record{Key: check.Key(number), Value: check.Value(number)}
	}
	check.Must(client.ProduceSync(ctx, records...).FirstErr())
	client.Close()

	start := map[int32]kgo.Offset{}
	for partition := range int32(check.Partitions) {
		start[partition] = kgo.NewOffset().AtStart()
	}
	reader, err := kgo.NewClient(kgo.SeedBrokers(bootstrap),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: start}))
	check.Must(err)
	defer reader.Close()
	reading := check.NewReading(count)
	for !reading.Done() {
		fetches := reader.PollFetches(ctx)
		for _, each := range fetches.Errors() {
			check.Must(each.Err)
		}
		fetches.EachRecord(func(r *kgo.Record) { reading.Take(r.Partition, r.Offset, r.Key, r.Value) })
	}

	member, err := kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.ConsumerGroup(topic+"-group"), kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit())
	check.Must(err)
	defer member.Close()
	again := check.NewReading(count)
	for !again.Done() {
		fetches := member.PollFetches(ctx)
		for _, each := range fetches.Errors() {
			check.Must(each.Err)
		}
		fetches.EachRecord(func(r *kgo.Record) { again.Take(r.Partition, r.Offset, r.Key, r.Value) })
	}
	check.Must(member.CommitUncommittedOffsets(ctx))
	fmt.Println("ok", count)
}
