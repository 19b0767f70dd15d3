// SPDX-License-Identifier: Apache-2.0

// sarama: creates a topic, writes, reads by assignment, compares.
package main

import (
	"fmt"
	"time"

	"github.com/IBM/sarama"

	"chronik/clients/check"
)

func main() {
	bootstrap, topic, count := check.Arguments()
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Return.Successes = true // a synchronous producer asks for it
	admin, err := sarama.NewClusterAdmin([]string{bootstrap}, config)
	check.Must(err)
	check.Must(admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: check.Partitions, ReplicationFactor: 1}, false))
	check.Must(admin.Close())

	producer, err := sarama.NewSyncProducer([]string{bootstrap}, config)
	check.Must(err)
	messages := make([]*sarama.ProducerMessage, count)
	for number := range messages {
		messages[number] = &sarama.ProducerMessage{Topic: topic, Key: sarama.ByteEncoder(check.Key(number)),
			Value: sarama.ByteEncoder(check.Value(number))}
	}
	check.Must(producer.SendMessages(messages))
	check.Must(producer.Close())

	consumer, err := sarama.NewConsumer([]string{bootstrap}, config)
	check.Must(err)
	read := make(chan *sarama.ConsumerMessage)
	for partition := range int32(check.Partitions) {
		one, err := consumer.ConsumePartition(topic, partition, sarama.OffsetOldest)
		check.Must(err)
		go func() {
			for message := range one.Messages() {
				read <- message
			}
		}()
	}
	reading := check.NewReading(count)
	deadline := time.After(60 * time.Second)
	for !reading.Done() {
		select {
		case m := <-read:
			reading.Take(m.Partition, m.Offset, m.Key, m.Value)
		case <-deadline:
			check.Must(fmt.Errorf("not everything was read in time"))
		}
	}
	fmt.Println("ok", count)
}
