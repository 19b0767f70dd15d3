// SPDX-License-Identifier: Apache-2.0
#pragma once

// Floors 0 to 3: everything that is the same in a process and in a simulation. Not here, because they bring the
// world in: testing/ (a simulated one), posix/ and net/ (the real one). Large programs include what they use.

#include <chronik/base/assert.hpp>
#include <chronik/base/bytes.hpp>
#include <chronik/base/crc32c.hpp>
#include <chronik/base/duration_histogram.hpp>
#include <chronik/base/entry.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/fixed_string.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/base/overloaded.hpp>
#include <chronik/base/random.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/base/time.hpp>
#include <chronik/base/varint.hpp>

#include <chronik/schema/concepts.hpp>
#include <chronik/schema/decode.hpp>
#include <chronik/schema/encode.hpp>
#include <chronik/schema/entry.hpp>
#include <chronik/schema/field.hpp>
#include <chronik/schema/layout.hpp>
#include <chronik/schema/plain_format.hpp>
#include <chronik/schema/print.hpp>
#include <chronik/schema/shared_chain.hpp>
#include <chronik/schema/shared_reader.hpp>
#include <chronik/schema/size.hpp>
#include <chronik/schema/uuid.hpp>
#include <chronik/schema/value.hpp>
#include <chronik/schema/versions.hpp>

#include <chronik/raft/acceptance.hpp>
#include <chronik/raft/catch_up.hpp>
#include <chronik/raft/concepts.hpp>
#include <chronik/raft/configuration.hpp>
#include <chronik/raft/configuration_format.hpp>
#include <chronik/raft/core.hpp>
#include <chronik/raft/effects.hpp>
#include <chronik/raft/election.hpp>
#include <chronik/raft/entry_memory.hpp>
#include <chronik/raft/fifo.hpp>
#include <chronik/raft/following.hpp>
#include <chronik/raft/hard_state.hpp>
#include <chronik/raft/lease.hpp>
#include <chronik/raft/log.hpp>
#include <chronik/raft/membership.hpp>
#include <chronik/raft/message.hpp>
#include <chronik/raft/options.hpp>
#include <chronik/raft/outbox.hpp>
#include <chronik/raft/progress.hpp>
#include <chronik/raft/quorum.hpp>
#include <chronik/raft/read_index.hpp>
#include <chronik/raft/replication.hpp>
#include <chronik/raft/sending.hpp>
#include <chronik/raft/snapshot.hpp>
#include <chronik/raft/snapshot_receiver.hpp>
#include <chronik/raft/snapshot_sender.hpp>
#include <chronik/raft/transfer.hpp>
#include <chronik/raft/write.hpp>

#include <chronik/wal/appender.hpp>
#include <chronik/wal/background_job.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/flush_job.hpp>
#include <chronik/wal/group_log.hpp>
#include <chronik/wal/inspect.hpp>
#include <chronik/wal/journal.hpp>
#include <chronik/wal/metrics.hpp>
#include <chronik/wal/options.hpp>
#include <chronik/wal/pending_records.hpp>
#include <chronik/wal/prepare_job.hpp>
#include <chronik/wal/record.hpp>
#include <chronik/wal/recovery.hpp>
#include <chronik/wal/recovery_report.hpp>
#include <chronik/wal/replay.hpp>
#include <chronik/wal/scan.hpp>
#include <chronik/wal/segment.hpp>
#include <chronik/wal/segment_files.hpp>
#include <chronik/wal/segment_header.hpp>
#include <chronik/wal/segment_pool.hpp>
#include <chronik/wal/settle_job.hpp>
#include <chronik/wal/settled_files.hpp>
#include <chronik/wal/settled_format.hpp>
#include <chronik/wal/settled_segment.hpp>
#include <chronik/wal/settler.hpp>
#include <chronik/wal/snapshot_file.hpp>
#include <chronik/wal/snapshot_job.hpp>
#include <chronik/wal/snapshot_store.hpp>
#include <chronik/wal/staging.hpp>
#include <chronik/wal/sync_mark.hpp>
#include <chronik/wal/table.hpp>

#include <chronik/machine/command_set.hpp>
#include <chronik/machine/concepts.hpp>
#include <chronik/machine/described_snapshot.hpp>
#include <chronik/machine/session_client.hpp>
#include <chronik/machine/session_commands.hpp>
#include <chronik/machine/session_table.hpp>
#include <chronik/machine/sessions.hpp>
#include <chronik/machine/snapshot.hpp>

#include <chronik/assign/concepts.hpp>
#include <chronik/assign/constrained.hpp>
#include <chronik/assign/cooperative_sticky.hpp>
#include <chronik/assign/error.hpp>
#include <chronik/assign/group.hpp>
#include <chronik/assign/policies.hpp>
#include <chronik/assign/rack_aware.hpp>
#include <chronik/assign/range.hpp>
#include <chronik/assign/round_robin.hpp>
#include <chronik/assign/sticky.hpp>
#include <chronik/assign/weighted.hpp>

#include <chronik/cluster/broker_state.hpp>
#include <chronik/cluster/coordinator.hpp>
#include <chronik/cluster/movement.hpp>

#include <chronik/transport/concepts.hpp>
#include <chronik/transport/frame.hpp>
#include <chronik/transport/framing.hpp>
#include <chronik/transport/loopback.hpp>

#include <chronik/node/concepts.hpp>
#include <chronik/node/group.hpp>
#include <chronik/node/group_handle.hpp>
#include <chronik/node/group_table.hpp>
#include <chronik/node/host.hpp>
#include <chronik/node/host_options.hpp>
#include <chronik/node/outbox.hpp>
#include <chronik/node/outcome.hpp>
#include <chronik/node/policies.hpp>
#include <chronik/node/proposal.hpp>
#include <chronik/node/raft_frames.hpp>
#include <chronik/node/raft_messages.hpp>
#include <chronik/node/read_queue.hpp>
#include <chronik/node/snapshot_driver.hpp>
#include <chronik/node/storage_jobs.hpp>
#include <chronik/node/waiting_change.hpp>
#include <chronik/node/wake_queue.hpp>
#include <chronik/node/write_stages.hpp>
#include <chronik/node/write_staging.hpp>

#include <chronik/version.hpp>
