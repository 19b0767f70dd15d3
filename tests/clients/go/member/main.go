// SPDX-License-Identifier: Apache-2.0

// A member of a group by franz-go that says what it is assigned and reads, as tests/cluster/harness/member_program.py.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"chronik/clients/check"
)

type assignment struct {
	lock       sync.Mutex
	partitions []int32
}

func (a *assignment) say() {
	slices.Sort(a.partitions)
	fmt.Println("assigned", strings.Trim(strings.ReplaceAll(fmt.Sprint(a.partitions), " ", ","), "[]"))
}

func (a *assignment) add(_ context.Context, _ *kgo.Client, fresh map[string][]int32) {
	a.lock.Lock()
	defer a.lock.Unlock()
	for _, each := range fresh {
		a.partitions = append(a.partitions, each...)
	}
	a.say()
}

func (a *assignment) remove(_ context.Context, _ *kgo.Client, gone map[string][]int32) {
	a.lock.Lock()
	defer a.lock.Unlock()
	for _, each := range gone {
		a.partitions = slices.DeleteFunc(a.partitions, func(one int32) bool { return slices.Contains(each, one) })
	}
	a.say()
}

func main() {
	if len(os.Args) < 4 {
		check.Must(errors.New("arguments are BOOTSTRAP GROUP TOPIC"))
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var own assignment
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(os.Args[1], ",")...),
		kgo.ConsumerGroup(os.Args[2]), kgo.ConsumeTopics(os.Args[3]), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll(), kgo.SessionTimeout(3*time.Second),
		kgo.HeartbeatInterval(300*time.Millisecond),
		kgo.OnPartitionsAssigned(own.add), kgo.OnPartitionsRevoked(own.remove), kgo.OnPartitionsLost(own.remove))
	check.Must(err)
	for ctx.Err() == nil {
		fetches := client.PollRecords(ctx, 200)
		for _, each := range fetches.Errors() {
			if !errors.Is(each.Err, context.Canceled) {
				fmt.Println("error", each.Err)
			}
		}
		fetches.EachRecord(func(r *kgo.Record) { fmt.Println("read", r.Partition, r.Offset) })
		if records := fetches.Records(); len(records) > 0 {
			if err := client.CommitRecords(context.Background(), records...); err != nil {
				fmt.Println("error", err)
			} else {
				fmt.Println("committed")
			}
		}
		client.AllowRebalance()
	}
	client.CloseAllowingRebalance()
}
