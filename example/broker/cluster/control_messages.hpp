// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/partition_planner.hpp>
#include <metadata/planner.hpp>

#include <chronik/base/ids.hpp>
#include <chronik/schema/decode.hpp>
#include <chronik/schema/encode.hpp>
#include <chronik/schema/plain_format.hpp>
#include <chronik/transport/frame.hpp>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace broker::control {

namespace schema = chronik::schema;
using schema::field;

/// The transport channel of what brokers say to each other besides Raft. docs/formats/control.md
inline constexpr std::uint8_t channel = 1;
inline constexpr std::uint8_t version = 1;

/// "Propose this metadata command, if you lead the metadata group." The sender learns from its own log whether it
/// committed.
struct propose {
    std::uint64_t correlation = 0;
    chronik::shared_bytes command;

    static constexpr auto schema =
        boost::hana::make_tuple(field<"correlation", &propose::correlation>{}, field<"command", &propose::command>{});
};

/// "Decide where these topics go, and propose that."
struct plan_topics {
    std::uint64_t correlation = 0;
    metadata::request_id request;
    std::vector<metadata::create_request> topics;

    static constexpr auto schema =
        boost::hana::make_tuple(field<"correlation", &plan_topics::correlation>{},
                                field<"request", &plan_topics::request>{}, field<"topics", &plan_topics::topics>{});
};

/// One topic that could not be planned.
struct plan_problem {
    std::uint32_t topic = 0;  ///< its place in the request
    metadata::error error = metadata::error::none;
    std::string message;

    static constexpr auto schema =
        boost::hana::make_tuple(field<"topic", &plan_problem::topic>{}, field<"error", &plan_problem::error>{},
                                field<"message", &plan_problem::message>{});
};

/// The answer to all of them. Proposed is not committed: that shows in the asker's own applied log.
///
/// leads       false: ask `leader`, if it is known
/// proposed    the rest shows in the asker's own applied log
/// decided     nothing was left to propose: every topic has a problem, or was only to be checked
///             neither: the leader was busy; ask again
struct answer {
    std::uint64_t correlation = 0;
    bool leads = false;
    bool proposed = false;
    bool decided = false;
    chronik::node_id leader;
    std::vector<plan_problem> problems;

    static constexpr auto schema =
        boost::hana::make_tuple(field<"correlation", &answer::correlation>{}, field<"leads", &answer::leads>{},
                                field<"proposed", &answer::proposed>{}, field<"decided", &answer::decided>{},
                                field<"leader", &answer::leader>{}, field<"problems", &answer::problems>{});
};

/// "I am alive." To the leader of the metadata group, several times in each lease.
struct heartbeat {
    std::uint64_t incarnation = 0;
    bool ready = false;

    static constexpr auto schema =
        boost::hana::make_tuple(field<"incarnation", &heartbeat::incarnation>{}, field<"ready", &heartbeat::ready>{});
};

/// "Decide where these topics' further partitions go, and propose that."
struct plan_partitions {
    std::uint64_t correlation = 0;
    metadata::request_id request;
    std::vector<metadata::growth_request> topics;

    static constexpr auto schema = boost::hana::make_tuple(field<"correlation", &plan_partitions::correlation>{},
                                                           field<"request", &plan_partitions::request>{},
                                                           field<"topics", &plan_partitions::topics>{});
};

/// "Hand this partition over, if you lead it in that term." Without an answer: the metadata say who leads.
struct hand_over {
    chronik::group_id group;
    chronik::log_term term;
    chronik::node_id to;

    static constexpr auto schema =
        boost::hana::make_tuple(field<"group", &hand_over::group>{}, field<"term", &hand_over::term>{},
                                field<"to", &hand_over::to>{});
};

/// "Who is of the cluster, and where?" From a node that knows of no leader to all that it can reach: one may lead that
/// it has not heard of.
struct ask_nodes {
    chronik::log_index version;  ///< of the metadata that the asker has

    static constexpr auto schema = boost::hana::make_tuple(field<"version", &ask_nodes::version>{});
};

struct node_place {
    chronik::node_id node;
    std::string host;
    std::uint16_t rpc_port = 0;

    static constexpr auto schema =
        boost::hana::make_tuple(field<"node", &node_place::node>{}, field<"host", &node_place::host>{},
                                field<"rpc_port", &node_place::rpc_port>{});
    bool operator==(node_place const&) const = default;
};

/// The answer, from a node whose metadata are newer: the other nodes that it is linked to.
struct known_nodes {
    chronik::log_index version;
    std::vector<node_place> nodes;

    static constexpr auto schema = boost::hana::make_tuple(field<"version", &known_nodes::version>{},
                                                           field<"nodes", &known_nodes::nodes>{});
};

using message = std::variant<propose, plan_topics, answer, heartbeat, plan_partitions, hand_over, ask_nodes,
                             known_nodes>;

inline chronik::transport::frame to_frame(message const& what) {
    std::vector<std::byte> bytes;
    chronik::byte_writer out{bytes};
    out.number<std::uint8_t, std::endian::little>(version);
    out.number<std::uint8_t, std::endian::little>(static_cast<std::uint8_t>(what.index()));
    std::visit(
        [&out](auto const& body) {
            // Our own message in its only version always has an encoding.
            CHRONIK_ASSERT(schema::encode(body, version, schema::plain_format{}, out).has_value());
        },
        what);
    chronik::transport::frame frame{channel, {}};
    frame.parts.emplace_back(std::move(bytes));
    return frame;
}

namespace detail {

template <std::size_t Kind = 0>
chronik::result<message> decode_kind(std::size_t kind, schema::shared_reader& in) {
    if constexpr (Kind == std::variant_size_v<message>) {
        return chronik::failure(chronik::errc::malformed);
    } else {
        if (kind != Kind) return decode_kind<Kind + 1>(kind, in);
        auto body = schema::decode<std::variant_alternative_t<Kind, message>>(in, version, schema::plain_format{});
        if (!body) return std::unexpected(body.error());
        if (in.remaining() != 0) return chronik::failure(chronik::errc::malformed);
        return message{std::in_place_index<Kind>, std::move(*body)};
    }
}

}  // namespace detail

/// errors   errc::malformed, errc::unsupported_version
inline chronik::result<message> from_frame(chronik::shared_bytes const& body) {
    schema::shared_reader in{body};
    auto const spoken = in.number<std::uint8_t, std::endian::little>();
    auto const kind = in.number<std::uint8_t, std::endian::little>();
    if (in.failed()) return chronik::failure(chronik::errc::malformed);
    if (spoken != version) return chronik::failure(chronik::errc::unsupported_version);
    return detail::decode_kind(kind, in);
}

}  // namespace broker::control
