// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// LeaveGroup, key 13, versions 0 to 5: members go before their session ends; from version 3 on several.
namespace broker::wire::leave_group {

struct member_request {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::optional<std::string> reason;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"member_id", &member_request::member_id>{},
        field<"group_instance_id", &member_request::group_instance_id>{},
        field<"reason", &member_request::reason, since(5), ignorable>{});
    bool operator==(member_request const&) const = default;
};

struct request {
    std::string group_id;
    std::string member_id;
    std::vector<member_request> members;

    static constexpr std::int16_t key = 13;
    static constexpr schema::versions described_versions{0, 5};
    static constexpr schema::version flexible_since = 4;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"group_id", &request::group_id>{},
        field<"member_id", &request::member_id, until(2)>{},
        field<"members", &request::members, since(3)>{});
    bool operator==(request const&) const = default;
};

struct member_response {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    error_code error = error_code::none;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"member_id", &member_response::member_id>{},
        field<"group_instance_id", &member_response::group_instance_id>{},
        field<"error_code", &member_response::error>{});
    bool operator==(member_response const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    error_code error = error_code::none;
    std::vector<member_response> members;

    static constexpr schema::versions described_versions{0, 5};
    static constexpr schema::version flexible_since = 4;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms, since(1), ignorable>{},
        field<"error_code", &response::error>{},
        field<"members", &response::members, since(3)>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::leave_group
