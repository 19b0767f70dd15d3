// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// DeleteTopics, key 20, versions 0 to 6. From version 6 on a topic may be named by id.
namespace broker::wire::delete_topics {

struct topic_request {
    std::optional<std::string> name;
    topic_id id;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &topic_request::name>{},
        field<"topic_id", &topic_request::id>{});
    bool operator==(topic_request const&) const = default;
};

/// topics is for version 6, topic_names for the versions before.
struct request {
    std::vector<topic_request> topics;
    std::vector<std::string> topic_names;
    std::int32_t timeout_ms = 0;

    static constexpr std::int16_t key = 20;
    static constexpr schema::versions described_versions{0, 6};
    static constexpr schema::version flexible_since = 4;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"topics", &request::topics, since(6)>{},
        field<"topic_names", &request::topic_names, until(5), ignorable>{},
        field<"timeout_ms", &request::timeout_ms>{});
    bool operator==(request const&) const = default;
};

struct topic_response {
    std::optional<std::string> name;
    topic_id id;
    error_code error = error_code::none;
    std::optional<std::string> error_message;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &topic_response::name, nullable_since(6)>{},
        field<"topic_id", &topic_response::id, since(6), ignorable>{},
        field<"error_code", &topic_response::error>{},
        field<"error_message", &topic_response::error_message, since(5), ignorable>{});
    bool operator==(topic_response const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    std::vector<topic_response> topics;

    static constexpr schema::versions described_versions{0, 6};
    static constexpr schema::version flexible_since = 4;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms, since(1), ignorable>{},
        field<"responses", &response::topics>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::delete_topics
