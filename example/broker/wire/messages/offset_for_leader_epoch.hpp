// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// OffsetForLeaderEpoch, key 23, versions 2 to 4: where the records of a leader's time end, so that a consumer notices
/// that what it read is gone (KIP-320).
namespace broker::wire::offset_for_leader_epoch {

struct partition_request {
    std::int32_t partition = 0;
    std::int32_t current_leader_epoch = -1;
    std::int32_t leader_epoch = 0;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"partition", &partition_request::partition>{},
        field<"current_leader_epoch", &partition_request::current_leader_epoch>{},
        field<"leader_epoch", &partition_request::leader_epoch>{});
    bool operator==(partition_request const&) const = default;
};

struct topic_request {
    std::string name;
    std::vector<partition_request> partitions;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"topic", &topic_request::name>{},
        field<"partitions", &topic_request::partitions>{});
    bool operator==(topic_request const&) const = default;
};

/// replica_id   -1: a consumer, -2: a tool
struct request {
    std::int32_t replica_id = -2;
    std::vector<topic_request> topics;

    static constexpr std::int16_t key = 23;
    static constexpr schema::versions described_versions{2, 4};
    static constexpr schema::version flexible_since = 4;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"replica_id", &request::replica_id, since(3), ignorable>{},
        field<"topics", &request::topics>{});
    bool operator==(request const&) const = default;
};

/// leader_epoch, end_offset   -1: that epoch is not known here
struct partition_response {
    error_code error = error_code::none;
    std::int32_t partition = 0;
    std::int32_t leader_epoch = -1;
    std::int64_t end_offset = -1;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"error_code", &partition_response::error>{},
        field<"partition", &partition_response::partition>{},
        field<"leader_epoch", &partition_response::leader_epoch>{},
        field<"end_offset", &partition_response::end_offset>{});
    bool operator==(partition_response const&) const = default;
};

struct topic_response {
    std::string name;
    std::vector<partition_response> partitions;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"topic", &topic_response::name>{},
        field<"partitions", &topic_response::partitions>{});
    bool operator==(topic_response const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    std::vector<topic_response> topics;

    static constexpr schema::versions described_versions{2, 4};
    static constexpr schema::version flexible_since = 4;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms>{},
        field<"topics", &response::topics>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::offset_for_leader_epoch
