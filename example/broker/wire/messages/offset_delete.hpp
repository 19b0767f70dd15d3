// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// OffsetDelete, key 47, version 0: forgets committed offsets, one by one.
namespace broker::wire::offset_delete {

struct partition_request {
    std::int32_t partition_index = 0;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"partition_index", &partition_request::partition_index>{});
    bool operator==(partition_request const&) const = default;
};

struct topic_request {
    std::string name;
    std::vector<partition_request> partitions;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &topic_request::name>{},
        field<"partitions", &topic_request::partitions>{});
    bool operator==(topic_request const&) const = default;
};

struct request {
    std::string group_id;
    std::vector<topic_request> topics;

    static constexpr std::int16_t key = 47;
    static constexpr schema::versions described_versions{0, 0};
    static constexpr schema::version flexible_since = schema::version_max;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"group_id", &request::group_id>{},
        field<"topics", &request::topics>{});
    bool operator==(request const&) const = default;
};

struct partition_response {
    std::int32_t partition_index = 0;
    error_code error = error_code::none;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"partition_index", &partition_response::partition_index>{},
        field<"error_code", &partition_response::error>{});
    bool operator==(partition_response const&) const = default;
};

struct topic_response {
    std::string name;
    std::vector<partition_response> partitions;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &topic_response::name>{},
        field<"partitions", &topic_response::partitions>{});
    bool operator==(topic_response const&) const = default;
};

struct response {
    error_code error = error_code::none;
    std::int32_t throttle_time_ms = 0;
    std::vector<topic_response> topics;

    static constexpr schema::versions described_versions{0, 0};
    static constexpr schema::version flexible_since = schema::version_max;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"error_code", &response::error>{},
        field<"throttle_time_ms", &response::throttle_time_ms>{},
        field<"topics", &response::topics>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::offset_delete
