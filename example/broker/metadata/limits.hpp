// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>

#include <cstddef>
#include <cstdint>

/// Everything in the metadata that grows, and how far. Part of the commands' meaning: all nodes must refuse alike, so
/// a change needs a new feature level.
namespace broker::metadata {

inline constexpr std::size_t brokers_max = 1'000;
inline constexpr std::size_t topics_max = 100'000;
inline constexpr std::size_t partitions_max = 1'000'000;
inline constexpr std::size_t partitions_per_topic_max = 10'000;
inline constexpr std::size_t replicas_per_partition_max = 32;
/// What one broker's journal has logs for, with room for those that are not partitions; the planner refuses more.
inline constexpr std::size_t replicas_per_broker_max = 16'000;
/// Different policies of topics at the same time; each costs a rebalance a look at every broker. The planner refuses
/// more.
inline constexpr std::size_t placement_policies_max = 100;
inline constexpr std::size_t topic_name_bytes_max = 249;
inline constexpr std::size_t configs_per_topic_max = 64;
inline constexpr std::size_t config_name_bytes_max = 255;
inline constexpr std::size_t config_value_bytes_max = 4'096;
inline constexpr std::size_t cluster_id_bytes_max = 64;
inline constexpr std::size_t host_bytes_max = 255;
inline constexpr std::size_t rack_bytes_max = 255;
inline constexpr std::size_t items_per_command_max = 10'000;
inline constexpr std::uint32_t producer_ids_per_command_max = 1'000'000;

/// Below are the groups that are not partitions; group 1 is the metadata itself.
inline constexpr chronik::group_id first_partition_group{1'000};

}  // namespace broker::metadata
