// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/time.hpp>
#include <chronik/raft/options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace chronik {

/// When a group takes a snapshot: whichever limit is reached first; 0: not by this one.
struct snapshot_options {
    std::uint64_t after_entries = 0;                         ///< applied since the last
    std::uint64_t after_bytes = std::uint64_t{64} << 20;     ///< of their payloads
    /// Left in the log all the same, so that a follower that is a little behind needs no snapshot.
    std::uint64_t keep_entries = 1000;
};

/// Timing and limits of a host; `raft` is for each of its groups.
///
/// One message's entries are one write of a follower: keep raft.append_bytes_max well below what the storage stages.
struct host_options {
    raft::options raft;
    /// No heartbeats for groups with nothing to do: pairs of nodes are watched instead; see pair_watch.hpp. Decides
    /// over raft.rests; a matter of this node and of those that it leads.
    bool idle_groups_rest = true;
    /// Payloads that wait for room in the storage, over all groups; beyond it a group that has some waiting is busy.
    std::size_t unstaged_bytes_max = std::size_t{128} << 20;
    std::size_t apply_entries_max = 1024;  ///< entries one group applies before the others have their turn
    snapshot_options snapshots{};  ///< of groups whose machine has them
    duration prepare_retry_interval = std::chrono::milliseconds{500};  ///< after a shortage
};

/// What a host's options come to for its groups, which share them.
class options_of_groups {
public:
    explicit options_of_groups(host_options const& all) : all_(all.raft) {
        all_.rests = all.idle_groups_rest;
        without_snapshots_ = all_;
        without_snapshots_.snapshot_bytes_max = 0;
    }

    raft::options const& choose(bool takes_snapshots) const { return takes_snapshots ? all_ : without_snapshots_; }

private:
    raft::options all_;
    raft::options without_snapshots_;
};

/// Counters of a host; read them on its thread.
struct host_metrics {
    std::uint64_t turns = 0;
    std::uint64_t messages_received = 0;
    std::uint64_t messages_for_unknown_groups = 0;
    std::uint64_t pair_messages_received = 0;  ///< for all groups that rest between two nodes
    std::uint64_t groups_roused = 0;           ///< because a node was silent, or counted other groups
    std::uint64_t frames_malformed = 0;
    std::uint64_t proposals = 0;
    std::uint64_t proposals_refused = 0;
    std::uint64_t entries_applied = 0;
    std::uint64_t snapshots_taken = 0;
    std::uint64_t snapshots_installed = 0;  ///< sent by a leader
    std::uint64_t snapshots_failed = 0;     ///< could not be written, or not be read
};

}  // namespace chronik
