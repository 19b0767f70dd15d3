// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// AlterPartitionReassignments, key 45, versions 0 to 1: partitions move to other replicas (KIP-455, KIP-860).
namespace broker::wire::alter_partition_reassignments {

/// replicas   the first is the preferred leader; null: a move is cancelled
struct partition {
    std::int32_t partition_index = 0;
    std::optional<std::vector<std::int32_t>> replicas;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"partition_index", &partition::partition_index>{},
        field<"replicas", &partition::replicas>{});
    bool operator==(partition const&) const = default;
};

struct topic {
    std::string name;
    std::vector<partition> partitions;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &topic::name>{},
        field<"partitions", &topic::partitions>{});
    bool operator==(topic const&) const = default;
};

struct request {
    std::int32_t timeout_ms = 60000;
    bool allow_replication_factor_change = true;
    std::vector<topic> topics;

    static constexpr std::int16_t key = 45;
    static constexpr schema::versions described_versions{0, 1};
    static constexpr schema::version flexible_since = 0;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"timeout_ms", &request::timeout_ms>{},
        field<"allow_replication_factor_change", &request::allow_replication_factor_change, since(1)>{},
        field<"topics", &request::topics>{});
    bool operator==(request const&) const = default;
};

struct partition_result {
    std::int32_t partition_index = 0;
    error_code error = error_code::none;
    std::optional<std::string> error_message;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"partition_index", &partition_result::partition_index>{},
        field<"error_code", &partition_result::error>{},
        field<"error_message", &partition_result::error_message>{});
    bool operator==(partition_result const&) const = default;
};

struct topic_result {
    std::string name;
    std::vector<partition_result> partitions;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &topic_result::name>{},
        field<"partitions", &topic_result::partitions>{});
    bool operator==(topic_result const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    bool allow_replication_factor_change = true;
    error_code error = error_code::none;
    std::optional<std::string> error_message;
    std::vector<topic_result> responses;

    static constexpr schema::versions described_versions{0, 1};
    static constexpr schema::version flexible_since = 0;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms>{},
        field<"allow_replication_factor_change", &response::allow_replication_factor_change, since(1), ignorable>{},
        field<"error_code", &response::error>{},
        field<"error_message", &response::error_message>{},
        field<"responses", &response::responses>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::alter_partition_reassignments
