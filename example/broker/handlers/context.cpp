// SPDX-License-Identifier: Apache-2.0
#include <handlers/context.hpp>

#include <algorithm>

namespace broker::handlers {

using wire::error_code;

std::expected<partitions::replica*, error_code> context::find_leader(metadata::image const& image,
                                                                     std::string const& topic,
                                                                     std::int32_t partition) const {
    auto const* const known = image.find_topic(topic);
    if (known == nullptr || partition < 0 || static_cast<std::size_t>(partition) >= known->groups.size()) {
        // Before the metadata is current nobody can say that something does not exist.
        return std::unexpected(cluster.ready() ? error_code::unknown_topic_or_partition
                                               : error_code::leader_not_available);
    }
    partitions::replica* const local = partitions.find(known->groups[static_cast<std::size_t>(partition)]);
    if (local == nullptr || !local->serves()) return std::unexpected(error_code::not_leader_or_follower);
    return local;
}

void context::hint_leader(metadata::image const& image, std::string const& topic, std::int32_t partition,
                          wire::leader_and_epoch& leader, std::vector<wire::node_endpoint>& endpoints) const {
    auto const* const known = image.find_topic(topic);
    if (known == nullptr || partition < 0) return;
    auto const* const state = image.find_partition(*known, static_cast<std::size_t>(partition));
    if (state == nullptr || state->leader == chronik::no_node || state->leader == settings.node_id) return;
    auto const* const broker = image.find_broker(state->leader);
    if (broker == nullptr || broker->status == metadata::broker_state::failed) return;
    leader = {static_cast<std::int32_t>(state->leader.value), static_cast<std::int32_t>(state->leader_epoch.value)};
    auto const id = static_cast<std::int32_t>(broker->node.value);
    if (std::ranges::find(endpoints, id, &wire::node_endpoint::node_id) != endpoints.end()) return;
    wire::node_endpoint endpoint;
    endpoint.node_id = id;
    endpoint.host = broker->host;
    endpoint.port = broker->kafka_port;
    endpoints.push_back(std::move(endpoint));
}

error_code to_kafka(metadata::error why) {
    using metadata::error;
    switch (why) {
        case error::none: return error_code::none;
        case error::topic_exists: return error_code::topic_already_exists;
        case error::unknown_topic:
        case error::unknown_partition: return error_code::unknown_topic_or_partition;
        case error::invalid_topic_name: return error_code::invalid_topic_exception;
        case error::invalid_partitions: return error_code::invalid_partitions;
        case error::invalid_replication_factor: return error_code::invalid_replication_factor;
        case error::invalid_replica_assignment: return error_code::invalid_replica_assignment;
        case error::invalid_config: return error_code::invalid_config;
        case error::limit_reached:
        case error::policy_violation: return error_code::policy_violation;
        case error::invalid_request: return error_code::invalid_request;
        case error::superseded: return error_code::request_timed_out;
        case error::no_reassignment: return error_code::no_reassignment_in_progress;
        case error::stale_incarnation:
        case error::stale_epoch:
        case error::unknown_broker:
        case error::other_cluster:
        case error::invalid_status:
        case error::decommissioned:
        case error::known_broker:
        case error::unreadable: return error_code::unknown_server_error;
    }
    return error_code::unknown_server_error;
}

error_code to_kafka(std::error_code proposal) {
    using chronik::errc;
    if (proposal == errc::not_leader || proposal == errc::unknown_group || proposal == errc::superseded ||
        proposal == errc::unknown_outcome || proposal == errc::closed) {
        return error_code::not_leader_or_follower;
    }
    // Not REQUEST_TIMED_OUT: that would say that it may be in the log.
    if (proposal == errc::busy) return error_code::not_enough_replicas;
    if (proposal == errc::too_large) return error_code::message_too_large;
    if (proposal == errc::storage_failed || chronik::is_shortage(proposal)) return error_code::kafka_storage_error;
    return error_code::unknown_server_error;
}

error_code epoch_problem(partitions::replica const& led, std::int32_t current_leader_epoch) {
    if (current_leader_epoch < 0 || current_leader_epoch == led.leader_epoch()) return error_code::none;
    return current_leader_epoch < led.leader_epoch() ? error_code::fenced_leader_epoch
                                                     : error_code::unknown_leader_epoch;
}

}  // namespace broker::handlers
