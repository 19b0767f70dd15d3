// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// OffsetFetch, key 9, versions 1 to 9: where a group goes on reading; from version 8 on of several groups at once.
namespace broker::wire::offset_fetch {

struct topic_request {
    std::string name;
    std::vector<std::int32_t> partition_indexes;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &topic_request::name>{},
        field<"partition_indexes", &topic_request::partition_indexes>{});
    bool operator==(topic_request const&) const = default;
};

struct group_request {
    std::string group_id;
    std::optional<std::string> member_id;
    std::int32_t member_epoch = -1;
    std::optional<std::vector<topic_request>> topics;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"group_id", &group_request::group_id>{},
        field<"member_id", &group_request::member_id, since(9), ignorable>{},
        field<"member_epoch", &group_request::member_epoch, since(9), ignorable>{},
        field<"topics", &group_request::topics>{});
    bool operator==(group_request const&) const = default;
};

struct request {
    std::string group_id;
    std::optional<std::vector<topic_request>> topics;
    std::vector<group_request> groups;
    bool require_stable = false;

    static constexpr std::int16_t key = 9;
    static constexpr schema::versions described_versions{1, 9};
    static constexpr schema::version flexible_since = 6;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"group_id", &request::group_id, until(7)>{},
        field<"topics", &request::topics, until(7), nullable_since(2)>{},
        field<"groups", &request::groups, since(8)>{},
        field<"require_stable", &request::require_stable, since(7)>{});
    bool operator==(request const&) const = default;
};

struct partition_response {
    std::int32_t partition_index = 0;
    std::int64_t committed_offset = 0;
    std::int32_t committed_leader_epoch = -1;
    std::optional<std::string> metadata;
    error_code error = error_code::none;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"partition_index", &partition_response::partition_index>{},
        field<"committed_offset", &partition_response::committed_offset>{},
        field<"committed_leader_epoch", &partition_response::committed_leader_epoch, since(5), ignorable>{},
        field<"metadata", &partition_response::metadata>{},
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

struct group_response {
    std::string group_id;
    std::vector<topic_response> topics;
    error_code error = error_code::none;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"group_id", &group_response::group_id>{},
        field<"topics", &group_response::topics>{},
        field<"error_code", &group_response::error>{});
    bool operator==(group_response const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    std::vector<topic_response> topics;
    error_code error = error_code::none;
    std::vector<group_response> groups;

    static constexpr schema::versions described_versions{1, 9};
    static constexpr schema::version flexible_since = 6;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms, since(3), ignorable>{},
        field<"topics", &response::topics, until(7)>{},
        field<"error_code", &response::error, since(2), until(7), ignorable>{},
        field<"groups", &response::groups, since(8)>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::offset_fetch
