// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// OffsetCommit, key 8, versions 2 to 9: where a group will go on reading.
namespace broker::wire::offset_commit {

struct partition_request {
    std::int32_t partition_index = 0;
    std::int64_t committed_offset = 0;
    std::int32_t committed_leader_epoch = -1;
    std::optional<std::string> committed_metadata;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"partition_index", &partition_request::partition_index>{},
        field<"committed_offset", &partition_request::committed_offset>{},
        field<"committed_leader_epoch", &partition_request::committed_leader_epoch, since(6), ignorable>{},
        field<"committed_metadata", &partition_request::committed_metadata>{});
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
    std::int32_t generation_id_or_member_epoch = -1;
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::int64_t retention_time_ms = -1;
    std::vector<topic_request> topics;

    static constexpr std::int16_t key = 8;
    static constexpr schema::versions described_versions{2, 9};
    static constexpr schema::version flexible_since = 8;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"group_id", &request::group_id>{},
        field<"generation_id_or_member_epoch", &request::generation_id_or_member_epoch>{},
        field<"member_id", &request::member_id>{},
        field<"group_instance_id", &request::group_instance_id, since(7)>{},
        field<"retention_time_ms", &request::retention_time_ms, until(4), ignorable>{},
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
    std::int32_t throttle_time_ms = 0;
    std::vector<topic_response> topics;

    static constexpr schema::versions described_versions{2, 9};
    static constexpr schema::version flexible_since = 8;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms, since(3), ignorable>{},
        field<"topics", &response::topics>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::offset_commit
