// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// DeleteGroups, key 42, versions 0 to 2: forgets groups without members, offsets included.
namespace broker::wire::delete_groups {

struct request {
    std::vector<std::string> groups_names;

    static constexpr std::int16_t key = 42;
    static constexpr schema::versions described_versions{0, 2};
    static constexpr schema::version flexible_since = 2;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"groups_names", &request::groups_names>{});
    bool operator==(request const&) const = default;
};

struct result {
    std::string group_id;
    error_code error = error_code::none;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"group_id", &result::group_id>{},
        field<"error_code", &result::error>{});
    bool operator==(result const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    std::vector<result> results;

    static constexpr schema::versions described_versions{0, 2};
    static constexpr schema::version flexible_since = 2;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms>{},
        field<"results", &response::results>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::delete_groups
