// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/cluster/broker_state.hpp>
#include <chronik/machine/command_set.hpp>
#include <chronik/schema/field.hpp>
#include <chronik/schema/uuid.hpp>

#include <boost/hana/tuple.hpp>

#include <cstdint>
#include <string>
#include <vector>

/// What may change the cluster's metadata. Bytes: docs/formats/metadata_commands.md.
namespace broker::metadata {

using chronik::group_id;
using chronik::log_index;
using chronik::log_term;
using chronik::node_id;
using chronik::cluster::broker_state;
using chronik::schema::field;
using chronik::schema::uuid;

/// Who asked. It comes back with the result, so that the broker that asked recognises its own command in its own log.
struct request_id {
    node_id node;
    std::uint64_t incarnation = 0;
    std::uint64_t serial = 0;

    static constexpr auto schema = boost::hana::make_tuple(field<"node", &request_id::node>{},
                                                           field<"incarnation", &request_id::incarnation>{},
                                                           field<"serial", &request_id::serial>{});
    auto operator<=>(request_id const&) const = default;
};

struct config_entry {
    std::string name;
    std::string value;

    static constexpr auto schema =
        boost::hana::make_tuple(field<"name", &config_entry::name>{}, field<"value", &config_entry::value>{});
    bool operator==(config_entry const&) const = default;
};

/// The first of a new cluster's commands. Again with the same id it changes nothing.
struct set_cluster_id {
    static constexpr std::uint16_t id = 1;
    request_id request;
    std::string cluster;  ///< not empty; any text of at most cluster_id_bytes_max

    static constexpr auto schema = boost::hana::make_tuple(field<"request", &set_cluster_id::request>{},
                                                           field<"cluster", &set_cluster_id::cluster>{});
    bool operator==(set_cluster_id const&) const = default;
};

/// "This broker has started." A newer incarnation replaces an older one.
///
/// host       where clients reach it, and other nodes, unless they are told another address
/// rpc_port   where other nodes do
/// capacity   how much it is to hold in relation to others, 1 to capacity_max
/// tags       broker_tags.hpp
struct register_broker {
    static constexpr std::uint16_t id = 2;
    request_id request;
    node_id node;
    std::uint64_t incarnation = 0;
    std::string host;
    std::uint16_t kafka_port = 0;
    std::uint16_t http_port = 0;
    std::string rack;
    std::uint32_t feature_level = 0;
    std::uint16_t rpc_port = 0;
    std::uint32_t capacity = 1;
    std::vector<std::string> tags{};

    static constexpr auto schema = boost::hana::make_tuple(
        field<"request", &register_broker::request>{}, field<"node", &register_broker::node>{},
        field<"incarnation", &register_broker::incarnation>{}, field<"host", &register_broker::host>{},
        field<"kafka_port", &register_broker::kafka_port>{}, field<"http_port", &register_broker::http_port>{},
        field<"rack", &register_broker::rack>{}, field<"feature_level", &register_broker::feature_level>{},
        field<"rpc_port", &register_broker::rpc_port>{}, field<"capacity", &register_broker::capacity>{},
        field<"tags", &register_broker::tags>{});
    bool operator==(register_broker const&) const = default;
};

struct change_broker_status {
    static constexpr std::uint16_t id = 3;
    request_id request;
    node_id node;
    std::uint64_t incarnation = 0;
    broker_state status = broker_state::starting;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"request", &change_broker_status::request>{}, field<"node", &change_broker_status::node>{},
        field<"incarnation", &change_broker_status::incarnation>{}, field<"status", &change_broker_status::status>{});
    bool operator==(change_broker_status const&) const = default;
};

/// The first replica is the preferred leader. The group is given when the command applies, so that two creations in
/// flight at once cannot both claim it.
struct new_partition {
    std::vector<node_id> replicas;

    static constexpr auto schema = boost::hana::make_tuple(field<"replicas", &new_partition::replicas>{});
    bool operator==(new_partition const&) const = default;
};

/// topic_id   random, from the one who asks: with it a retry is recognised
struct new_topic {
    std::string name;
    uuid topic_id;
    std::vector<new_partition> partitions;
    std::vector<config_entry> configs;

    static constexpr auto schema =
        boost::hana::make_tuple(field<"name", &new_topic::name>{}, field<"topic_id", &new_topic::topic_id>{},
                                field<"partitions", &new_topic::partitions>{}, field<"configs", &new_topic::configs>{});
    bool operator==(new_topic const&) const = default;
};

/// Each topic is created or refused by itself.
struct create_topics {
    static constexpr std::uint16_t id = 4;
    request_id request;
    std::vector<new_topic> topics;

    static constexpr auto schema = boost::hana::make_tuple(field<"request", &create_topics::request>{},
                                                           field<"topics", &create_topics::topics>{});
    bool operator==(create_topics const&) const = default;
};

struct delete_topics {
    static constexpr std::uint16_t id = 5;
    request_id request;
    std::vector<uuid> topics;

    static constexpr auto schema = boost::hana::make_tuple(field<"request", &delete_topics::request>{},
                                                           field<"topics", &delete_topics::topics>{});
    bool operator==(delete_topics const&) const = default;
};

/// leader   no_node: none is known
struct partition_update {
    group_id group;
    node_id leader;
    log_term leader_epoch;
    std::vector<node_id> isr;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"group", &partition_update::group>{}, field<"leader", &partition_update::leader>{},
        field<"leader_epoch", &partition_update::leader_epoch>{}, field<"isr", &partition_update::isr>{});
    bool operator==(partition_update const&) const = default;
};

struct update_partitions {
    static constexpr std::uint16_t id = 6;
    request_id request;
    std::vector<partition_update> partitions;

    static constexpr auto schema = boost::hana::make_tuple(field<"request", &update_partitions::request>{},
                                                           field<"partitions", &update_partitions::partitions>{});
    bool operator==(update_partitions const&) const = default;
};

/// A block of ids for the broker named by the request; the same request again gives another block, which is harmless.
struct allocate_producer_ids {
    static constexpr std::uint16_t id = 7;
    request_id request;
    std::uint32_t count = 0;

    static constexpr auto schema = boost::hana::make_tuple(field<"request", &allocate_producer_ids::request>{},
                                                           field<"count", &allocate_producer_ids::count>{});
    bool operator==(allocate_producer_ids const&) const = default;
};

/// base   when the topic's configurations were set last, as the asker saw it: what somebody else has changed meanwhile
///        is not overwritten
struct config_change {
    uuid topic_id;
    log_index base;
    std::vector<config_entry> configs;  ///< all that the topic has from now on

    static constexpr auto schema = boost::hana::make_tuple(field<"topic_id", &config_change::topic_id>{},
                                                           field<"base", &config_change::base>{},
                                                           field<"configs", &config_change::configs>{});
    bool operator==(config_change const&) const = default;
};

/// Each topic is changed or refused by itself.
struct change_configs {
    static constexpr std::uint16_t id = 8;
    request_id request;
    std::vector<config_change> topics;

    static constexpr auto schema = boost::hana::make_tuple(field<"request", &change_configs::request>{},
                                                           field<"topics", &change_configs::topics>{});
    bool operator==(change_configs const&) const = default;
};

/// first   how many partitions the topic had when these were placed
struct partition_growth {
    uuid topic_id;
    std::uint32_t first = 0;
    std::vector<new_partition> partitions;

    static constexpr auto schema = boost::hana::make_tuple(field<"topic_id", &partition_growth::topic_id>{},
                                                           field<"first", &partition_growth::first>{},
                                                           field<"partitions", &partition_growth::partitions>{});
    bool operator==(partition_growth const&) const = default;
};

/// Each topic grows or is refused by itself.
struct create_partitions {
    static constexpr std::uint16_t id = 9;
    request_id request;
    std::vector<partition_growth> topics;

    static constexpr auto schema = boost::hana::make_tuple(field<"request", &create_partitions::request>{},
                                                           field<"topics", &create_partitions::topics>{});
    bool operator==(create_partitions const&) const = default;
};

/// target   the replicas to have, the first preferred as leader; empty: go back to those before the move
struct reassignment {
    group_id group;
    std::vector<node_id> target;

    static constexpr auto schema = boost::hana::make_tuple(field<"group", &reassignment::group>{},
                                                           field<"target", &reassignment::target>{});
    bool operator==(reassignment const&) const = default;
};

/// Each partition is sent elsewhere or refused by itself; where it is told to go twice, the later one counts.
///
/// source   KIP-455
struct alter_reassignments {
    static constexpr std::uint16_t id = 10;
    request_id request;
    std::vector<reassignment> partitions;

    static constexpr auto schema = boost::hana::make_tuple(field<"request", &alter_reassignments::request>{},
                                                           field<"partitions", &alter_reassignments::partitions>{});
    bool operator==(alter_reassignments const&) const = default;
};

/// since        of which wish it was: one that was given meanwhile is not met by what came of an earlier one
/// members_at   the committed entry of the group's log that made the target its members
/// state        as the leader has it now; its isr is of the target
struct finished_move {
    log_index since;
    log_index members_at;
    partition_update state;

    static constexpr auto schema = boost::hana::make_tuple(field<"since", &finished_move::since>{},
                                                           field<"members_at", &finished_move::members_at>{},
                                                           field<"state", &finished_move::state>{});
    bool operator==(finished_move const&) const = default;
};

/// "The group has these members and no others, committed." From a partition's leader.
struct finish_reassignment {
    static constexpr std::uint16_t id = 11;
    request_id request;
    std::vector<finished_move> partitions;

    static constexpr auto schema = boost::hana::make_tuple(field<"request", &finish_reassignment::request>{},
                                                           field<"partitions", &finish_reassignment::partitions>{});
    bool operator==(finish_reassignment const&) const = default;
};

/// from   what the planner saw: where the partition was going, or the replicas of one that did not move. Where that is
///        so no longer, it is left alone
struct planned_move {
    group_id group;
    std::vector<node_id> from;
    std::vector<node_id> target;

    static constexpr auto schema =
        boost::hana::make_tuple(field<"group", &planned_move::group>{}, field<"from", &planned_move::from>{},
                                field<"target", &planned_move::target>{});
    bool operator==(planned_move const&) const = default;
};

/// The metadata leader's next step of a rebalance; an operator's own wish is never replaced by one of these.
struct plan_moves {
    static constexpr std::uint16_t id = 12;
    request_id request;
    std::vector<planned_move> partitions;

    static constexpr auto schema = boost::hana::make_tuple(field<"request", &plan_moves::request>{},
                                                           field<"partitions", &plan_moves::partitions>{});
    bool operator==(plan_moves const&) const = default;
};

/// "Nothing is left to move."
///
/// since   of which rebalance: one that became due meanwhile is not over with an earlier one
struct finish_rebalance {
    static constexpr std::uint16_t id = 13;
    request_id request;
    log_index since;

    static constexpr auto schema = boost::hana::make_tuple(field<"request", &finish_rebalance::request>{},
                                                           field<"since", &finish_rebalance::since>{});
    bool operator==(finish_rebalance const&) const = default;
};

/// "Make the load even." From an operator: it is carried out whatever the brokers' settings say.
struct request_rebalance {
    static constexpr std::uint16_t id = 14;
    request_id request;

    static constexpr auto schema = boost::hana::make_tuple(field<"request", &request_rebalance::request>{});
    bool operator==(request_rebalance const&) const = default;
};

/// "This broker leaves", or stays after all. It is emptied first, and decommissioned when it holds nothing; staying
/// also takes it back from there. A node that was admitted and has not come yet is let in no more, or again.
struct change_membership {
    static constexpr std::uint16_t id = 15;
    request_id request;
    node_id node;
    bool leaves = false;

    static constexpr auto schema = boost::hana::make_tuple(field<"request", &change_membership::request>{},
                                                           field<"node", &change_membership::node>{},
                                                           field<"leaves", &change_membership::leaves>{});
    bool operator==(change_membership const&) const = default;
};

/// "Let this node in." From an operator, before it is started: the others link themselves to that address, and the
/// metadata group takes it as a member.
///
/// host, rpc_port   where the other nodes reach it
/// kafka_port       what it was named by
struct admit_broker {
    static constexpr std::uint16_t id = 16;
    request_id request;
    node_id node;
    std::string host;
    std::uint16_t kafka_port = 0;
    std::uint16_t rpc_port = 0;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"request", &admit_broker::request>{}, field<"node", &admit_broker::node>{},
        field<"host", &admit_broker::host>{}, field<"kafka_port", &admit_broker::kafka_port>{},
        field<"rpc_port", &admit_broker::rpc_port>{});
    bool operator==(admit_broker const&) const = default;
};

/// "This broker has been away for too long." Others get what it holds; when it is alive again, it gets its share as one
/// that joins does.
struct replace_broker {
    static constexpr std::uint16_t id = 17;
    request_id request;
    node_id node;
    std::uint64_t incarnation = 0;

    static constexpr auto schema =
        boost::hana::make_tuple(field<"request", &replace_broker::request>{}, field<"node", &replace_broker::node>{},
                                field<"incarnation", &replace_broker::incarnation>{});
    bool operator==(replace_broker const&) const = default;
};

using command_set =
    chronik::machine::command_set<set_cluster_id, register_broker, change_broker_status, create_topics, delete_topics,
                                  update_partitions, allocate_producer_ids, change_configs, create_partitions,
                                  alter_reassignments, finish_reassignment, plan_moves, finish_rebalance,
                                  request_rebalance, change_membership, admit_broker, replace_broker>;

}  // namespace broker::metadata
