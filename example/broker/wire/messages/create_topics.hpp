// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// CreateTopics, key 19, versions 0 to 7.
namespace broker::wire::create_topics {

struct replica_assignment {
    std::int32_t partition_index = 0;
    std::vector<std::int32_t> broker_ids;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"partition_index", &replica_assignment::partition_index>{},
        field<"broker_ids", &replica_assignment::broker_ids>{});
    bool operator==(replica_assignment const&) const = default;
};

struct topic_config {
    std::string name;
    std::optional<std::string> value;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &topic_config::name>{},
        field<"value", &topic_config::value>{});
    bool operator==(topic_config const&) const = default;
};

/// num_partitions and replication_factor are -1 for the broker's default, or when assignments say it.
struct topic_request {
    std::string name;
    std::int32_t num_partitions = 0;
    std::int16_t replication_factor = 0;
    std::vector<replica_assignment> assignments;
    std::vector<topic_config> configs;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &topic_request::name>{},
        field<"num_partitions", &topic_request::num_partitions>{},
        field<"replication_factor", &topic_request::replication_factor>{},
        field<"assignments", &topic_request::assignments>{},
        field<"configs", &topic_request::configs>{});
    bool operator==(topic_request const&) const = default;
};

struct request {
    std::vector<topic_request> topics;
    std::int32_t timeout_ms = 60'000;
    bool validate_only = false;

    static constexpr std::int16_t key = 19;
    static constexpr schema::versions described_versions{0, 7};
    static constexpr schema::version flexible_since = 5;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"topics", &request::topics>{},
        field<"timeout_ms", &request::timeout_ms>{},
        field<"validate_only", &request::validate_only, since(1)>{});
    bool operator==(request const&) const = default;
};

/// config_source: 1 dynamic topic, 4 static broker, 5 default; -1 unknown.
struct config_response {
    std::string name;
    std::optional<std::string> value;
    bool read_only = false;
    std::int8_t config_source = -1;
    bool is_sensitive = false;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &config_response::name>{},
        field<"value", &config_response::value>{},
        field<"read_only", &config_response::read_only>{},
        field<"config_source", &config_response::config_source>{},
        field<"is_sensitive", &config_response::is_sensitive>{});
    bool operator==(config_response const&) const = default;
};

struct topic_response {
    std::string name;
    topic_id id;
    error_code error = error_code::none;
    std::optional<std::string> error_message;
    error_code topic_config_error = error_code::none;
    std::int32_t num_partitions = -1;
    std::int16_t replication_factor = -1;
    std::optional<std::vector<config_response>> configs;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &topic_response::name>{},
        field<"topic_id", &topic_response::id, since(7), ignorable>{},
        field<"error_code", &topic_response::error>{},
        field<"error_message", &topic_response::error_message, since(1), ignorable>{},
        field<"topic_config_error_code", &topic_response::topic_config_error, tagged<0>(5), ignorable>{},
        field<"num_partitions", &topic_response::num_partitions, since(5), ignorable>{},
        field<"replication_factor", &topic_response::replication_factor, since(5), ignorable>{},
        field<"configs", &topic_response::configs, since(5), ignorable>{});
    bool operator==(topic_response const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    std::vector<topic_response> topics;

    static constexpr schema::versions described_versions{0, 7};
    static constexpr schema::version flexible_since = 5;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms, since(2), ignorable>{},
        field<"topics", &response::topics>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::create_topics
