// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// DescribeTopicPartitions, key 75, version 0: topics page by page (KIP-966).
namespace broker::wire::describe_topic_partitions {

struct topic_request {
    std::string name;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &topic_request::name>{});
    bool operator==(topic_request const&) const = default;
};

/// The first partition of a page.
struct cursor {
    std::string topic_name;
    std::int32_t partition_index = 0;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"topic_name", &cursor::topic_name>{},
        field<"partition_index", &cursor::partition_index>{});
    bool operator==(cursor const&) const = default;
};

/// topics   empty: all of them
struct request {
    std::vector<topic_request> topics;
    std::int32_t response_partition_limit = 2'000;
    std::optional<describe_topic_partitions::cursor> cursor;

    static constexpr std::int16_t key = 75;
    static constexpr schema::versions described_versions{0, 0};
    static constexpr schema::version flexible_since = 0;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"topics", &request::topics>{},
        field<"response_partition_limit", &request::response_partition_limit>{},
        field<"cursor", &request::cursor>{});
    bool operator==(request const&) const = default;
};

struct partition {
    error_code error = error_code::none;
    std::int32_t partition_index = 0;
    std::int32_t leader_id = 0;
    std::int32_t leader_epoch = -1;
    std::vector<std::int32_t> replica_nodes;
    std::vector<std::int32_t> isr_nodes;
    std::optional<std::vector<std::int32_t>> eligible_leader_replicas;
    std::optional<std::vector<std::int32_t>> last_known_elr;
    std::vector<std::int32_t> offline_replicas;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"error_code", &partition::error>{},
        field<"partition_index", &partition::partition_index>{},
        field<"leader_id", &partition::leader_id>{},
        field<"leader_epoch", &partition::leader_epoch>{},
        field<"replica_nodes", &partition::replica_nodes>{},
        field<"isr_nodes", &partition::isr_nodes>{},
        field<"eligible_leader_replicas", &partition::eligible_leader_replicas>{},
        field<"last_known_elr", &partition::last_known_elr>{},
        field<"offline_replicas", &partition::offline_replicas>{});
    bool operator==(partition const&) const = default;
};

struct topic {
    error_code error = error_code::none;
    std::optional<std::string> name;
    topic_id id;
    bool is_internal = false;
    std::vector<partition> partitions;
    std::int32_t topic_authorized_operations = operations_not_requested;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"error_code", &topic::error>{},
        field<"name", &topic::name>{},
        field<"topic_id", &topic::id>{},
        field<"is_internal", &topic::is_internal>{},
        field<"partitions", &topic::partitions>{},
        field<"topic_authorized_operations", &topic::topic_authorized_operations>{});
    bool operator==(topic const&) const = default;
};

/// next_cursor   null: this was the last page
struct response {
    std::int32_t throttle_time_ms = 0;
    std::vector<topic> topics;
    std::optional<cursor> next_cursor;

    static constexpr schema::versions described_versions{0, 0};
    static constexpr schema::version flexible_since = 0;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms>{},
        field<"topics", &response::topics>{},
        field<"next_cursor", &response::next_cursor>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::describe_topic_partitions
