// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// ListOffsets, key 2, versions 1 to 10: the offset of a time, of the beginning, of the end.
namespace broker::wire::list_offsets {

/// Timestamps with a meaning of their own. An answer's timestamp is -1 where there is none.
inline constexpr std::int64_t latest_timestamp = -1;
inline constexpr std::int64_t earliest_timestamp = -2;
/// The record with the largest timestamp; from version 7 on.
inline constexpr std::int64_t max_timestamp = -3;
/// The first offset that is still on this broker's own disk; from version 8 on.
inline constexpr std::int64_t earliest_local_timestamp = -4;
/// The last offset in tiered storage; from version 9 on.
inline constexpr std::int64_t latest_tiered_timestamp = -5;

struct partition_request {
    std::int32_t partition_index = 0;
    std::int32_t current_leader_epoch = -1;
    std::int64_t timestamp = 0;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"partition_index", &partition_request::partition_index>{},
        field<"current_leader_epoch", &partition_request::current_leader_epoch, since(4), ignorable>{},
        field<"timestamp", &partition_request::timestamp>{});
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
    std::int32_t replica_id = 0;
    std::int8_t isolation_level = 0;
    std::vector<topic_request> topics;
    std::int32_t timeout_ms = 0;

    static constexpr std::int16_t key = 2;
    static constexpr schema::versions described_versions{1, 10};
    static constexpr schema::version flexible_since = 6;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"replica_id", &request::replica_id>{},
        field<"isolation_level", &request::isolation_level, since(2)>{},
        field<"topics", &request::topics>{},
        field<"timeout_ms", &request::timeout_ms, since(10), ignorable>{});
    bool operator==(request const&) const = default;
};

struct partition_response {
    std::int32_t partition_index = 0;
    error_code error = error_code::none;
    std::int64_t timestamp = -1;
    std::int64_t offset = -1;
    std::int32_t leader_epoch = -1;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"partition_index", &partition_response::partition_index>{},
        field<"error_code", &partition_response::error>{},
        field<"timestamp", &partition_response::timestamp>{},
        field<"offset", &partition_response::offset>{},
        // Kafka's schema does not let this one be dropped; every broker drops it for the clients that predate epochs.
        field<"leader_epoch", &partition_response::leader_epoch, since(4), ignorable>{});
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

    static constexpr schema::versions described_versions{1, 10};
    static constexpr schema::version flexible_since = 6;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms, since(2), ignorable>{},
        field<"topics", &response::topics>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::list_offsets
