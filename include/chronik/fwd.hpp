// SPDX-License-Identifier: Apache-2.0
#pragma once

// The map of the house, in the order to read it. What each thing is stands in its own header, of the same name.

#include <chronik/machine/concepts.hpp>
#include <chronik/raft/concepts.hpp>
#include <chronik/schema/concepts.hpp>
#include <chronik/wal/concepts.hpp>

#include <cstddef>

namespace chronik {

// base, floor 0: identities, entries, errors, bytes
class byte_reader;
class byte_writer;
class duration_histogram;
class random;
class shared_bytes;
struct entry;

// schema, floor 1: a message described once, and the readings of it
namespace schema {
struct plain_format;
}

// raft, floor 2: messages, time and completions in; effects out
namespace raft {
struct configuration;
struct effects;
struct options;
class stored;
class write;
template <log_view Store>
class core;
}  // namespace raft

// wal, floor 2: one journal for all groups of a shard
namespace wal {
struct options;
struct group_commit_sync;
struct interval_sync;
struct mapped_sink;
struct no_sync;
struct recovery_report;
struct settled_range;
struct staged_sink;
class group_log;
class settled_segment;
template <file File, class Batch>
class flush_job;
template <directory Directory>
class prepare_job;
template <directory Directory, sink Sink, sync_policy Sync>
class journal;
template <directory Directory>
class snapshot_store;
template <class Ready>
class settled_reader;
}  // namespace wal

// machine, floor 2: what the committed entries mean; its concept is state_machine, its helper command_set, and
// sessions<Machine> around any of them
namespace machine {
class session_client;
struct session_limits;
}  // namespace machine

// assign, floor 2: who holds what; sticky, cooperative_sticky, weighted and constrained are made of these
namespace assign {
struct rack_aware;
struct range;
struct round_robin;
}  // namespace assign

// cluster, floor 2: what should move, and how; decided from what is committed, remembered nowhere
namespace cluster {
struct broker_view;
struct group_view;
struct partition_view;
}  // namespace cluster

// transport, floor 2: frames between nodes
namespace transport {
struct frame;
struct frame_header;
class loopback;
class splitter;
}  // namespace transport

// node, floor 3: where the rooms meet
template <class... Uses>
struct policies;
template <class Storage, machine::state_machine Machine, bool Traced>
struct group;
template <class Policies, bool>
class host;
template <class Host>
class group_handle;
template <class Value>
struct verdict;

// testing, floor 3: a world that follows a seed
namespace testing {
class checkers;
template <machine::state_machine Machine>
class cluster;
class digest;
class disk;
class executor;
class network;
class scheduler;
}  // namespace testing

// posix and net, floor 4: the real one
namespace posix {
class directory;
class file;
class io_lanes;
class io_thread;
class loop_lane;
class page_cache;
}  // namespace posix
namespace net {
class listener;
class tcp_transport;
class timer;
template <class Host>
class awaitable_group;
template <class Host>
class host_driver;
}  // namespace net

}  // namespace chronik
