// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/shared_bytes.hpp>

#include <wire/messages/common.hpp>

/// DescribeGroups, key 15, versions 0 to 6: groups with their members and assignments.
namespace broker::wire::describe_groups {

struct request {
    std::vector<std::string> groups;
    bool include_authorized_operations = false;

    static constexpr std::int16_t key = 15;
    static constexpr schema::versions described_versions{0, 6};
    static constexpr schema::version flexible_since = 5;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"groups", &request::groups>{},
        field<"include_authorized_operations", &request::include_authorized_operations, since(3)>{});
    bool operator==(request const&) const = default;
};

struct member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::string client_id;
    std::string client_host;
    chronik::shared_bytes member_metadata;
    chronik::shared_bytes member_assignment;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"member_id", &member::member_id>{},
        field<"group_instance_id", &member::group_instance_id, since(4), ignorable>{},
        field<"client_id", &member::client_id>{},
        field<"client_host", &member::client_host>{},
        field<"member_metadata", &member::member_metadata>{},
        field<"member_assignment", &member::member_assignment>{});
    bool operator==(member const&) const = default;
};

struct group {
    error_code error = error_code::none;
    std::optional<std::string> error_message;
    std::string group_id;
    std::string group_state;
    std::string protocol_type;
    std::string protocol_data;
    std::vector<member> members;
    std::int32_t authorized_operations = operations_not_requested;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"error_code", &group::error>{},
        field<"error_message", &group::error_message, since(6)>{},
        field<"group_id", &group::group_id>{},
        field<"group_state", &group::group_state>{},
        field<"protocol_type", &group::protocol_type>{},
        field<"protocol_data", &group::protocol_data>{},
        field<"members", &group::members>{},
        field<"authorized_operations", &group::authorized_operations, since(3)>{});
    bool operator==(group const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    std::vector<group> groups;

    static constexpr schema::versions described_versions{0, 6};
    static constexpr schema::version flexible_since = 5;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms, since(1), ignorable>{},
        field<"groups", &response::groups>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::describe_groups
