// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// FindCoordinator, key 10, versions 0 to 5: the broker that a group belongs to; from version 4 on several groups.
namespace broker::wire::find_coordinator {

/// What a key is the name of.
enum class key_type : std::int8_t { group = 0, transaction = 1, share = 2 };

struct request {
    std::string group;  ///< one key, until version 3
    find_coordinator::key_type kind = find_coordinator::key_type::group;
    std::vector<std::string> coordinator_keys;

    static constexpr std::int16_t key = 10;
    static constexpr schema::versions described_versions{0, 5};
    static constexpr schema::version flexible_since = 3;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"key", &request::group, until(3)>{},
        field<"key_type", &request::kind, since(1)>{},
        field<"coordinator_keys", &request::coordinator_keys, since(4)>{});
    bool operator==(request const&) const = default;
};

struct coordinator {
    std::string key;
    std::int32_t node_id = 0;
    std::string host;
    std::int32_t port = 0;
    error_code error = error_code::none;
    std::optional<std::string> error_message;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"key", &coordinator::key>{},
        field<"node_id", &coordinator::node_id>{},
        field<"host", &coordinator::host>{},
        field<"port", &coordinator::port>{},
        field<"error_code", &coordinator::error>{},
        field<"error_message", &coordinator::error_message>{});
    bool operator==(coordinator const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    error_code error = error_code::none;
    std::optional<std::string> error_message;
    std::int32_t node_id = 0;
    std::string host;
    std::int32_t port = 0;
    std::vector<coordinator> coordinators;

    static constexpr schema::versions described_versions{0, 5};
    static constexpr schema::version flexible_since = 3;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms, since(1), ignorable>{},
        field<"error_code", &response::error, until(3)>{},
        field<"error_message", &response::error_message, since(1), until(3), ignorable>{},
        field<"node_id", &response::node_id, until(3)>{},
        field<"host", &response::host, until(3)>{},
        field<"port", &response::port, until(3)>{},
        field<"coordinators", &response::coordinators, since(4)>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::find_coordinator
