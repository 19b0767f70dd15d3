// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace chronik::raft {

/// Timing and limits of one group. Sizes are payload bytes plus entry_overhead_bytes for each entry.
struct options {
    /// A follower waits a random time in [min, max] without a leader before it asks for votes.
    duration election_timeout_min = std::chrono::milliseconds{1000};
    duration election_timeout_max = std::chrono::milliseconds{2000};
    duration heartbeat_interval = std::chrono::milliseconds{150};
    /// Candidates ask again those who have not answered: a new group's peers may not know the group yet.
    duration vote_retry_interval = std::chrono::milliseconds{100};

    /// One message carries this much, or one entry if that alone is larger.
    std::size_t append_bytes_max = std::size_t{1} << 20;
    /// Sent to one follower and not yet durable there; also what a follower offers to its leader.
    std::size_t inflight_bytes_max = std::size_t{8} << 20;
    std::size_t inflight_messages_max = 256;
    /// Proposed by this leader and not yet committed; at the limit, propose() says busy.
    std::size_t uncommitted_bytes_max = std::size_t{64} << 20;
    /// Received and not yet durable here; at the limit, appends are dropped and the leader sends again.
    std::size_t unstable_bytes_max = std::size_t{64} << 20;
    /// Replies that wait for a term or vote to be durable; at the limit, further ones are dropped.
    std::size_t gated_messages_max = 1024;

    /// One message of a snapshot carries this much of it; one is on its way to each follower.
    std::size_t snapshot_chunk_bytes = std::size_t{256} << 10;
    /// All snapshots that this leader sends take no more than this; 0: no limit.
    std::uint64_t snapshot_bytes_per_second = std::uint64_t{64} << 20;
    /// A follower that has not answered for so long is asked how far it is.
    duration snapshot_retry_interval = std::chrono::milliseconds{500};
    /// A larger snapshot is refused by a follower.
    std::uint64_t snapshot_bytes_max = std::uint64_t{16} << 30;
};

/// What an entry costs beyond its payload, so that empty entries have limits too.
inline constexpr std::size_t entry_overhead_bytes = 64;

inline void check(options const& settings) {
    CHRONIK_ASSERT(settings.heartbeat_interval > duration::zero());
    CHRONIK_ASSERT(settings.vote_retry_interval > duration::zero());
    CHRONIK_ASSERT(settings.heartbeat_interval < settings.election_timeout_min);
    CHRONIK_ASSERT(settings.election_timeout_min <= settings.election_timeout_max);
    CHRONIK_ASSERT(settings.inflight_messages_max > 0);
    CHRONIK_ASSERT(settings.snapshot_chunk_bytes > 0);
    CHRONIK_ASSERT(settings.snapshot_retry_interval > duration::zero());
}

}  // namespace chronik::raft
