// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// Heartbeat, key 12, versions 0 to 4: a member lives, and learns whether the group rebalances.
namespace broker::wire::heartbeat {

struct request {
    std::string group_id;
    std::int32_t generation_id = 0;
    std::string member_id;
    std::optional<std::string> group_instance_id;

    static constexpr std::int16_t key = 12;
    static constexpr schema::versions described_versions{0, 4};
    static constexpr schema::version flexible_since = 4;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"group_id", &request::group_id>{},
        field<"generation_id", &request::generation_id>{},
        field<"member_id", &request::member_id>{},
        field<"group_instance_id", &request::group_instance_id, since(3)>{});
    bool operator==(request const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    error_code error = error_code::none;

    static constexpr schema::versions described_versions{0, 4};
    static constexpr schema::version flexible_since = 4;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms, since(1), ignorable>{},
        field<"error_code", &response::error>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::heartbeat
