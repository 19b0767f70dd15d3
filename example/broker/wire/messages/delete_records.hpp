// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// DeleteRecords, key 21, versions 0 to 2: the partition begins later.
namespace broker::wire::delete_records {

/// Up to the high watermark.
inline constexpr std::int64_t all_records = -1;

/// offset   the first one that stays
struct partition_request {
    std::int32_t partition_index = 0;
    std::int64_t offset = 0;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"partition_index", &partition_request::partition_index>{},
        field<"offset", &partition_request::offset>{});
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
    std::vector<topic_request> topics;
    std::int32_t timeout_ms = 0;

    static constexpr std::int16_t key = 21;
    static constexpr schema::versions described_versions{0, 2};
    static constexpr schema::version flexible_since = 2;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"topics", &request::topics>{},
        field<"timeout_ms", &request::timeout_ms>{});
    bool operator==(request const&) const = default;
};

/// low_watermark   where the partition begins now; -1 with an error
struct partition_response {
    std::int32_t partition_index = 0;
    std::int64_t low_watermark = 0;
    error_code error = error_code::none;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"partition_index", &partition_response::partition_index>{},
        field<"low_watermark", &partition_response::low_watermark>{},
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
    std::int32_t throttle_time_ms = 0;
    std::vector<topic_response> topics;

    static constexpr schema::versions described_versions{0, 2};
    static constexpr schema::version flexible_since = 2;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms>{},
        field<"topics", &response::topics>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::delete_records
