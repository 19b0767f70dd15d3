// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/schema/field.hpp>
#include <chronik/schema/uuid.hpp>

#include <wire/error_code.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace broker::wire {

namespace schema = chronik::schema;

using schema::field;
using schema::ignorable;
using schema::nullable_since;
using schema::since;
using schema::tagged;
using schema::until;

/// A topic's name for ever: it survives a topic of the same name being deleted and made again.
using topic_id = schema::uuid;

/// "Not asked for" in the bit fields of authorised operations.
inline constexpr std::int32_t operations_not_requested = std::numeric_limits<std::int32_t>::min();

/// Who leads a partition now; tells a client where to go without another Metadata request (KIP-951).
struct leader_and_epoch {
    std::int32_t leader_id = -1;
    std::int32_t leader_epoch = -1;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"leader_id", &leader_and_epoch::leader_id>{},
        field<"leader_epoch", &leader_and_epoch::leader_epoch>{});
    bool operator==(leader_and_epoch const&) const = default;
};

/// Where the brokers of leader_and_epoch listen.
struct node_endpoint {
    std::int32_t node_id = 0;
    std::string host;
    std::int32_t port = 0;
    std::optional<std::string> rack;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"node_id", &node_endpoint::node_id>{},
        field<"host", &node_endpoint::host>{},
        field<"port", &node_endpoint::port>{},
        field<"rack", &node_endpoint::rack>{});
    bool operator==(node_endpoint const&) const = default;
};

/// What can be configured. Any other number is one that we refuse.
enum class resource_type : std::int8_t {
    unknown = 0,
    topic = 2,
    broker = 4,
    broker_logger = 8,
    client_metrics = 16,
    group = 32,
};

/// Who has said what a configuration is.
enum class config_source : std::int8_t {
    unknown = -1,
    dynamic_topic = 1,
    dynamic_broker = 2,
    dynamic_default_broker = 3,
    static_broker = 4,
    built_in = 5,
};

/// What became of one resource whose configuration was to be changed.
struct altered_resource {
    error_code error = error_code::none;
    std::optional<std::string> error_message;
    resource_type type = resource_type::unknown;
    std::string name;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"error_code", &altered_resource::error>{},
        field<"error_message", &altered_resource::error_message>{},
        field<"resource_type", &altered_resource::type>{},
        field<"resource_name", &altered_resource::name>{});
    bool operator==(altered_resource const&) const = default;
};

}  // namespace broker::wire
