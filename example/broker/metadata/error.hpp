// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace broker::metadata {

/// Why a change of the cluster's metadata was refused. Handlers translate it to Kafka's codes; the numbers travel
/// between brokers and are never given to another meaning.
enum class error : std::uint8_t {
    none = 0,
    topic_exists = 1,
    unknown_topic = 2,
    invalid_topic_name = 3,
    invalid_partitions = 4,
    invalid_replication_factor = 5,
    invalid_replica_assignment = 6,
    invalid_config = 7,
    invalid_request = 8,
    limit_reached = 9,       ///< a named limit of metadata/limits.hpp
    unknown_broker = 10,
    stale_incarnation = 11,  ///< a newer start of that broker is registered
    stale_epoch = 12,        ///< a newer leader of that partition is known
    unknown_partition = 13,
    other_cluster = 14,      ///< the cluster has another id already
    invalid_status = 15,     ///< no such transition of a broker's status
    unreadable = 16,         ///< this build cannot read a committed command: stop the node, upgrade it
    superseded = 17,         ///< it was changed since the asker looked: look again
    no_reassignment = 18,    ///< the partition does not move: there is nothing to cancel
    decommissioned = 19,     ///< the broker has left for good; an operator may take it back
    known_broker = 20,       ///< the node to be admitted is a member already
    policy_violation = 21,   ///< a topic's policy cannot be honoured with the brokers that there are
};

constexpr std::string_view text(error why) {
    switch (why) {
        case error::none: return "no error";
        case error::topic_exists: return "the topic exists";
        case error::unknown_topic: return "no such topic";
        case error::invalid_topic_name: return "the topic name is not allowed";
        case error::invalid_partitions: return "the number of partitions is not allowed";
        case error::invalid_replication_factor: return "the replication factor cannot be met";
        case error::invalid_replica_assignment: return "the replica assignment is not allowed";
        case error::invalid_config: return "the configuration is not allowed";
        case error::invalid_request: return "the request contradicts itself";
        case error::limit_reached: return "a limit of the cluster is reached";
        case error::unknown_broker: return "no such broker";
        case error::stale_incarnation: return "a newer start of the broker is registered";
        case error::stale_epoch: return "a newer leader epoch is known";
        case error::unknown_partition: return "no such partition";
        case error::other_cluster: return "the cluster has another id";
        case error::invalid_status: return "the broker cannot change to that status";
        case error::unreadable: return "a committed command is from a newer version";
        case error::superseded: return "somebody else has changed it meanwhile";
        case error::no_reassignment: return "no reassignment is in progress";
        case error::decommissioned: return "the broker is decommissioned";
        case error::known_broker: return "the broker is a member already";
        case error::policy_violation: return "the topic's placement policy cannot be honoured";
    }
    return "unknown error";
}

/// Why something that a client asked for cannot be, in words for the client.
struct problem {
    error why = error::none;
    std::string message;
};

}  // namespace broker::metadata
