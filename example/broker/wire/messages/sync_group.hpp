// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/shared_bytes.hpp>

#include <wire/messages/common.hpp>

/// SyncGroup, key 14, versions 0 to 5: the leader brings the assignment of a generation, everyone learns their own.
namespace broker::wire::sync_group {

struct member_assignment {
    std::string member_id;
    chronik::shared_bytes assignment;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"member_id", &member_assignment::member_id>{},
        field<"assignment", &member_assignment::assignment>{});
    bool operator==(member_assignment const&) const = default;
};

struct request {
    std::string group_id;
    std::int32_t generation_id = 0;
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::optional<std::string> protocol_type;
    std::optional<std::string> protocol_name;
    std::vector<member_assignment> assignments;

    static constexpr std::int16_t key = 14;
    static constexpr schema::versions described_versions{0, 5};
    static constexpr schema::version flexible_since = 4;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"group_id", &request::group_id>{},
        field<"generation_id", &request::generation_id>{},
        field<"member_id", &request::member_id>{},
        field<"group_instance_id", &request::group_instance_id, since(3)>{},
        field<"protocol_type", &request::protocol_type, since(5), ignorable>{},
        field<"protocol_name", &request::protocol_name, since(5), ignorable>{},
        field<"assignments", &request::assignments>{});
    bool operator==(request const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    error_code error = error_code::none;
    std::optional<std::string> protocol_type;
    std::optional<std::string> protocol_name;
    chronik::shared_bytes assignment;

    static constexpr schema::versions described_versions{0, 5};
    static constexpr schema::version flexible_since = 4;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms, since(1), ignorable>{},
        field<"error_code", &response::error>{},
        field<"protocol_type", &response::protocol_type, since(5), ignorable>{},
        field<"protocol_name", &response::protocol_name, since(5), ignorable>{},
        field<"assignment", &response::assignment>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::sync_group
