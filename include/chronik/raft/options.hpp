// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace chronik::raft {

/// How a leader knows that nobody has taken over before it answers a read.
///
/// quorum   it asks: one heartbeat round for all reads that wait
/// lease    it looks at its clock; see lease.hpp for what that takes
enum class read_mode { quorum, lease };

/// When a leader makes voters of newcomers.
///
/// when_caught_up   they learn first, and vote once nobody would wait for them
/// at_once          they count for every commit from the start, also while they have nothing of the log
/// Witnesses have little to catch up with, and come at once in any case.
enum class promotion { when_caught_up, at_once };

/// Timing and limits of one group. Sizes are payload bytes plus entry_overhead_bytes for each entry.
struct options {
    /// A follower waits a random time in [min, max] without a leader before it asks for votes.
    duration election_timeout_min = std::chrono::milliseconds{1000};
    duration election_timeout_max = std::chrono::milliseconds{2000};
    duration heartbeat_interval = std::chrono::milliseconds{150};
    /// Who stands first when the leader is gone: rank 0, and each rank after the one before has had its time. Of this
    /// member alone; whoever is asked for a vote, or to take over, does not look at it.
    std::uint32_t election_rank = 0;
    /// An idle group sends no heartbeats; its driver watches over the pair of nodes instead, and calls core::rouse().
    bool rests = false;
    /// Candidates ask again those who have not answered: a new group's peers may not know the group yet.
    duration vote_retry_interval = std::chrono::milliseconds{100};

    /// One message carries this much, or one entry if that alone is larger.
    std::size_t append_bytes_max = std::size_t{1} << 20;
    /// Sent to one follower and not yet durable there; also what a follower offers to its leader.
    std::size_t inflight_bytes_max = std::size_t{8} << 20;
    std::size_t inflight_messages_max = 256;
    /// Proposed by this leader and not yet committed; at the limit, propose() says busy.
    std::size_t uncommitted_bytes_max = std::size_t{64} << 20;
    /// In the log and not yet durable here; at the limit a follower drops appends, and the leader sends again; a leader
    /// is busy.
    std::size_t unstable_bytes_max = std::size_t{64} << 20;
    /// Replies that wait for a term or vote to be durable; at the limit, further ones are dropped.
    std::size_t gated_messages_max = 1024;

    /// The same for all members of a group; to change it, restart all of them with quorum first.
    read_mode reads = read_mode::quorum;
    /// After an election nothing is committed for up to so long, and somewhat more for the clocks' error.
    duration lease_duration = std::chrono::milliseconds{1000};
    /// No clock of a member runs faster or slower than time by more than this.
    std::uint32_t clock_error_ppm = 1000;
    /// Reads that wait for a round or for the leader; at the limit, read() says busy.
    std::size_t reads_pending_max = 4096;

    promotion new_voters = promotion::when_caught_up;
    /// Who lacks more than this of the log has not caught up, however fast it is.
    std::size_t promotion_lag_bytes_max = std::size_t{1} << 20;

    /// One message of a snapshot carries this much of it; one is on its way to each follower.
    std::size_t snapshot_chunk_bytes = std::size_t{256} << 10;
    /// What this leader sends to those who catch up, all snapshots and all entries for learners together, takes no
    /// more than this; 0: no limit. A learner of a log that grows faster never catches up.
    std::uint64_t catch_up_bytes_per_second = std::uint64_t{64} << 20;
    /// A follower that has not answered for so long is asked how far it is.
    duration snapshot_retry_interval = std::chrono::milliseconds{500};
    /// A larger snapshot is refused by a follower.
    std::uint64_t snapshot_bytes_max = std::uint64_t{16} << 30;
};

/// Beyond it a member would wait for minutes.
inline constexpr std::uint32_t election_rank_max = 16;

/// What an entry costs beyond its payload, so that empty entries have limits too.
inline constexpr std::size_t entry_overhead_bytes = 64;

inline void check(options const& settings) {
    CHRONIK_ASSERT(settings.heartbeat_interval > duration::zero());
    CHRONIK_ASSERT(settings.vote_retry_interval > duration::zero());
    CHRONIK_ASSERT(settings.heartbeat_interval < settings.election_timeout_min);
    CHRONIK_ASSERT(settings.election_timeout_min <= settings.election_timeout_max);
    CHRONIK_ASSERT(settings.election_rank <= election_rank_max);
    CHRONIK_ASSERT(settings.inflight_messages_max > 0);
    CHRONIK_ASSERT(settings.lease_duration > duration::zero());
    CHRONIK_ASSERT(settings.clock_error_ppm < 500'000);
    CHRONIK_ASSERT(settings.snapshot_chunk_bytes > 0);
    CHRONIK_ASSERT(settings.snapshot_retry_interval > duration::zero());
}

}  // namespace chronik::raft
