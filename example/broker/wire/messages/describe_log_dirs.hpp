// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// DescribeLogDirs, key 35, versions 0 to 5: what this broker's partitions take on its disk.
namespace broker::wire::describe_log_dirs {

struct topic_request {
    std::string name;
    std::vector<std::int32_t> partitions;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"topic", &topic_request::name>{},
        field<"partitions", &topic_request::partitions>{});
    bool operator==(topic_request const&) const = default;
};

/// topics   null: all of them
struct request {
    std::optional<std::vector<topic_request>> topics;

    static constexpr std::int16_t key = 35;
    static constexpr schema::versions described_versions{0, 5};
    static constexpr schema::version flexible_since = 2;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"topics", &request::topics>{});
    bool operator==(request const&) const = default;
};

/// offset_lag   records in the log that are not yet committed
struct partition {
    std::int32_t partition_index = 0;
    std::int64_t partition_size = 0;
    std::int64_t offset_lag = 0;
    bool is_future_key = false;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"partition_index", &partition::partition_index>{},
        field<"partition_size", &partition::partition_size>{},
        field<"offset_lag", &partition::offset_lag>{},
        field<"is_future_key", &partition::is_future_key>{});
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

/// total_bytes, usable_bytes   of the volume; -1: not known
struct result {
    error_code error = error_code::none;
    std::string log_dir;
    std::vector<topic> topics;
    std::int64_t total_bytes = -1;
    std::int64_t usable_bytes = -1;
    bool is_cordoned = false;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"error_code", &result::error>{},
        field<"log_dir", &result::log_dir>{},
        field<"topics", &result::topics>{},
        field<"total_bytes", &result::total_bytes, since(4), ignorable>{},
        field<"usable_bytes", &result::usable_bytes, since(4), ignorable>{},
        field<"is_cordoned", &result::is_cordoned, since(5), ignorable>{});
    bool operator==(result const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    error_code error = error_code::none;
    std::vector<result> results;

    static constexpr schema::versions described_versions{0, 5};
    static constexpr schema::version flexible_since = 2;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms>{},
        field<"error_code", &response::error, since(3), ignorable>{},
        field<"results", &response::results>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::describe_log_dirs
