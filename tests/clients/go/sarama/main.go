// SPDX-License-Identifier: Apache-2.0

// sarama: creates a topic, writes, reads by assignment and as a group, compares.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/IBM/sarama"

	"chronik/clients/check"
)

// member reads its share of the group and commits all of it at the end.
type member struct {
	read chan *sarama.ConsumerMessage
	done chan struct{}
}

func (m member) Setup(sarama.ConsumerGroupSession) error { return nil }

func (m member) Cleanup(session sarama.ConsumerGroupSession) error {
	session.Commit()
	return nil
}

func (m member) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case message := <-claim.Messages():
			session.MarkMessage(message, "")
			m.read <- message
		case <-m.done:
			return nil
		case <-session.Context().Done():
			return nil
		}
	}
}

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
	deadline := time.After(120 * time.Second)
	for !reading.Done() {
		select {
		case m := <-read:
			reading.Take(m.Partition, m.Offset, m.Key, m.Value)
		case <-deadline:
			check.Must(fmt.Errorf("not everything was read in time"))
		}
	}

	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Offsets.AutoCommit.Enable = false
	group, err := sarama.NewConsumerGroup([]string{bootstrap}, topic+"-group", config)
	check.Must(err)
	one := member{make(chan *sarama.ConsumerMessage), make(chan struct{})}
	ended := make(chan error, 1)
	go func() { ended <- group.Consume(context.Background(), []string{topic}, one) }()
	again := check.NewReading(count)
	for !again.Done() {
		select {
		case m := <-one.read:
			again.Take(m.Partition, m.Offset, m.Key, m.Value)
		case err := <-ended:
			check.Must(fmt.Errorf("the group ended early: %v", err))
		case <-deadline:
			check.Must(fmt.Errorf("not everything was read in time by the group"))
		}
	}
	close(one.done)
	check.Must(<-ended)
	check.Must(group.Close())
	fmt.Println("ok", count)
}
