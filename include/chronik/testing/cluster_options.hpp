// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/node/host_options.hpp>
#include <chronik/raft/configuration.hpp>
#include <chronik/testing/network.hpp>
#include <chronik/wal/options.hpp>

#include <chrono>
#include <cstdint>
#include <vector>

namespace chronik::testing {

/// What a simulated cluster is made of; everything else follows from the seed. The defaults make a run of some virtual
/// seconds see many elections and several segments.
///
/// first              who takes part in each group from its beginning; the others are newcomers, which wait for a
///                    leader. Blank: all nodes vote
/// witnesses          these nodes are witnesses wherever they vote, and never anything else
/// skew_ppm_max       nodes' clocks run up to this many millionths too fast or too slow
/// frames_per_node_max   what a node may say within one election_timeout_max that is no news; more is a storm, a
///                       violation: storm_check.hpp
struct cluster_options {
    std::uint32_t nodes = 3;
    raft::configuration first{};
    std::vector<node_id> witnesses{};
    host_options host{.raft = {.election_timeout_min = std::chrono::milliseconds{150},
                               .election_timeout_max = std::chrono::milliseconds{300},
                               .heartbeat_interval = std::chrono::milliseconds{40},
                               .vote_retry_interval = std::chrono::milliseconds{40},
                               .append_bytes_max = 4096,
                               .inflight_bytes_max = 16384,
                               .inflight_messages_max = 8,
                               .uncommitted_bytes_max = 65536,
                               .unstable_bytes_max = 65536}};
    wal::options journal{.segment_bytes = 65536,
                         .staged_bytes_max = 49152,
                         .spare_segments = 1,
                         .idle_segments_max = 1,
                         .segments_max = 256,
                         .groups_max = 32};
    network_faults network;
    duration sync_time_min = std::chrono::microseconds{100};
    duration sync_time_max = std::chrono::milliseconds{3};
    std::uint32_t skew_ppm_max = 0;
    std::uint64_t frames_per_node_max = 5'000;
};

}  // namespace chronik::testing
