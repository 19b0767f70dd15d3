// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// ListGroups, key 16, versions 0 to 5: the groups that this broker coordinates.
namespace broker::wire::list_groups {

struct request {
    std::vector<std::string> states_filter;
    std::vector<std::string> types_filter;

    static constexpr std::int16_t key = 16;
    static constexpr schema::versions described_versions{0, 5};
    static constexpr schema::version flexible_since = 3;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"states_filter", &request::states_filter, since(4)>{},
        field<"types_filter", &request::types_filter, since(5)>{});
    bool operator==(request const&) const = default;
};

struct group {
    std::string group_id;
    std::string protocol_type;
    std::string group_state;
    std::string group_type;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"group_id", &group::group_id>{},
        field<"protocol_type", &group::protocol_type>{},
        field<"group_state", &group::group_state, since(4), ignorable>{},
        field<"group_type", &group::group_type, since(5), ignorable>{});
    bool operator==(group const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    error_code error = error_code::none;
    std::vector<group> groups;

    static constexpr schema::versions described_versions{0, 5};
    static constexpr schema::version flexible_since = 3;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms, since(1), ignorable>{},
        field<"error_code", &response::error>{},
        field<"groups", &response::groups>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::list_groups
