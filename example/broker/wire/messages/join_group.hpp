// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/shared_bytes.hpp>

#include <wire/messages/common.hpp>

/// JoinGroup, key 11, versions 0 to 9: a member enters a round of the group's rebalance, and learns its generation.
namespace broker::wire::join_group {

struct protocol {
    std::string name;
    chronik::shared_bytes metadata;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &protocol::name>{},
        field<"metadata", &protocol::metadata>{});
    bool operator==(protocol const&) const = default;
};

struct request {
    std::string group_id;
    std::int32_t session_timeout_ms = 0;
    std::int32_t rebalance_timeout_ms = -1;
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::string protocol_type;
    std::vector<protocol> protocols;
    std::optional<std::string> reason;

    static constexpr std::int16_t key = 11;
    static constexpr schema::versions described_versions{0, 9};
    static constexpr schema::version flexible_since = 6;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"group_id", &request::group_id>{},
        field<"session_timeout_ms", &request::session_timeout_ms>{},
        field<"rebalance_timeout_ms", &request::rebalance_timeout_ms, since(1), ignorable>{},
        field<"member_id", &request::member_id>{},
        field<"group_instance_id", &request::group_instance_id, since(5)>{},
        field<"protocol_type", &request::protocol_type>{},
        field<"protocols", &request::protocols>{},
        field<"reason", &request::reason, since(8), ignorable>{});
    bool operator==(request const&) const = default;
};

struct member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    chronik::shared_bytes metadata;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"member_id", &member::member_id>{},
        field<"group_instance_id", &member::group_instance_id, since(5), ignorable>{},
        field<"metadata", &member::metadata>{});
    bool operator==(member const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    error_code error = error_code::none;
    std::int32_t generation_id = -1;
    std::optional<std::string> protocol_type;
    std::optional<std::string> protocol_name;
    std::string leader;
    bool skip_assignment = false;
    std::string member_id;
    std::vector<member> members;

    static constexpr schema::versions described_versions{0, 9};
    static constexpr schema::version flexible_since = 6;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms, since(2), ignorable>{},
        field<"error_code", &response::error>{},
        field<"generation_id", &response::generation_id>{},
        field<"protocol_type", &response::protocol_type, since(7), ignorable>{},
        field<"protocol_name", &response::protocol_name, nullable_since(7)>{},
        field<"leader", &response::leader>{},
        field<"skip_assignment", &response::skip_assignment, since(9)>{},
        field<"member_id", &response::member_id>{},
        field<"members", &response::members>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::join_group
