// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Everything in the consumer groups that grows, and how far.
namespace broker::groups {

/// Groups in one partition of the offsets topic; a further one is answered POLICY_VIOLATION.
inline constexpr std::size_t groups_per_partition_max = 100'000;
/// Topic partitions that one group may have offsets for; further ones are answered POLICY_VIOLATION.
inline constexpr std::size_t offsets_per_group_max = 200'000;
/// A client's words beside a committed offset; more is answered OFFSET_METADATA_TOO_LARGE. Kafka's default.
inline constexpr std::size_t offset_metadata_bytes_max = 4'096;
/// What a member may offer in one JoinGroup; more is answered INVALID_REQUEST.
inline constexpr std::size_t protocols_per_member_max = 32;
inline constexpr std::size_t subscription_bytes_max = std::size_t{512} << 10;
/// Ids that were given to members who have not come back with them yet; more is answered GROUP_MAX_SIZE_REACHED.
inline constexpr std::size_t pending_members_max = 10'000;
/// Records in one batch of deletions.
inline constexpr std::size_t records_per_batch_max = 1'000;

/// A member that waits in its first round cannot send heartbeats; without end it must not wait.
inline constexpr chronik::duration new_member_time_max = std::chrono::minutes{5};

struct group_options {
    chronik::duration session_timeout_min = std::chrono::seconds{6};
    chronik::duration session_timeout_max = std::chrono::minutes{30};
    /// How long the first round of an empty group waits for more members.
    chronik::duration initial_rebalance_delay = std::chrono::seconds{3};
    std::uint32_t members_max = 1'000;
    chronik::duration offsets_retention = std::chrono::hours{24 * 7};
};

}  // namespace broker::groups
