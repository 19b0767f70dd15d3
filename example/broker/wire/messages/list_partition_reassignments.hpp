// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// ListPartitionReassignments, key 46, version 0: what moves (KIP-455).
namespace broker::wire::list_partition_reassignments {

struct topic {
    std::string name;
    std::vector<std::int32_t> partition_indexes;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &topic::name>{},
        field<"partition_indexes", &topic::partition_indexes>{});
    bool operator==(topic const&) const = default;
};

/// topics   null: everything that moves
struct request {
    std::int32_t timeout_ms = 60000;
    std::optional<std::vector<topic>> topics;

    static constexpr std::int16_t key = 46;
    static constexpr schema::versions described_versions{0, 0};
    static constexpr schema::version flexible_since = 0;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"timeout_ms", &request::timeout_ms>{},
        field<"topics", &request::topics>{});
    bool operator==(request const&) const = default;
};

/// replicas   all that have a copy or are getting one
struct partition_move {
    std::int32_t partition_index = 0;
    std::vector<std::int32_t> replicas;
    std::vector<std::int32_t> adding_replicas;
    std::vector<std::int32_t> removing_replicas;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"partition_index", &partition_move::partition_index>{},
        field<"replicas", &partition_move::replicas>{},
        field<"adding_replicas", &partition_move::adding_replicas>{},
        field<"removing_replicas", &partition_move::removing_replicas>{});
    bool operator==(partition_move const&) const = default;
};

struct topic_moves {
    std::string name;
    std::vector<partition_move> partitions;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &topic_moves::name>{},
        field<"partitions", &topic_moves::partitions>{});
    bool operator==(topic_moves const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    error_code error = error_code::none;
    std::optional<std::string> error_message;
    std::vector<topic_moves> topics;

    static constexpr schema::versions described_versions{0, 0};
    static constexpr schema::version flexible_since = 0;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms>{},
        field<"error_code", &response::error>{},
        field<"error_message", &response::error_message>{},
        field<"topics", &response::topics>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::list_partition_reassignments
