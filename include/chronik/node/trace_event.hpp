// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>
#include <chronik/raft/configuration.hpp>

#include <cstdint>

namespace chronik {

/// What can happen to a group on a node. When each is told, and what its fields mean: docs/formats/raft_trace.md.
enum class trace_kind : std::uint8_t {
    open,
    close,
    follower,
    pre_candidate,
    candidate,
    leader,
    vote,
    commit,
    truncate,
    members,
    settled,
    snapshot_taken,
    snapshot_installed,
    transfer_begun,
    transfer_ended,
    doubt_begun,
    doubt_ended,
};

/// One step of one group on one node: what a tracing_observer is told. It ends with the call.
///
/// at        of the host's latest input, on the node's own clock
/// term      of the group on this node, after the step
/// index     commit: the commit index; truncate: the first entry that is gone; members, settled: the entry that carries
///           them; snapshots: the last entry that is in it; else the end of the log, durable or not
/// peer      open, vote: for whom this node has voted in the term; follower: the leader; transfers: to whom; no_node:
///           nobody, or not known
/// members   of kind members: who takes part from now on, committed or not; else null
struct trace_event {
    time_point at{};
    node_id node{};
    group_id group{};
    log_term term{};
    log_index index{};
    trace_kind kind = trace_kind::open;
    node_id peer{};
    raft::configuration const* members = nullptr;
};

}  // namespace chronik
