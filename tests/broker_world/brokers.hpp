// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker_world/plan.hpp>
#include <composition.hpp>
#include <engine/engine.hpp>
#include <partitions/machine.hpp>
#include <settings/settings.hpp>

#include <chronik/base/ids.hpp>
#include <chronik/node/host_options.hpp>
#include <chronik/wal/options.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// How the brokers of this world are set: so tight that what seldom happens happens often.
namespace broker::world {

inline constexpr std::uint16_t kafka_port = 9092;
inline constexpr std::uint16_t rpc_port = 12092;

inline std::string host_of(chronik::node_id node) { return "node" + std::to_string(node.value); }

/// others   in its list of peers; itself among them is passed over
/// joins    it has founded nothing, and waits to be let in
inline settings settings_of(plan const& of, chronik::node_id self, std::vector<chronik::node_id> const& others,
                            bool joins) {
    settings made;
    made.node_id = self;
    made.single_node = of.nodes == 1;
    made.join = joins;
    for (auto const other : others)
        if (other != self) made.peers.push_back({other, host_of(other), kafka_port, rpc_port});
    made.advertised_addr = host_of(self);
    made.kafka_port = kafka_port;
    made.rpc_port = rpc_port;
    made.data_dir = host_of(self);
    auto const copies = static_cast<std::int16_t>(std::min<std::uint32_t>(of.nodes, 3));
    made.replication_factor_default = copies;
    made.min_insync_replicas = copies == 3 ? 2 : 1;
    made.offsets_topic_partitions = 2;
    made.group_initial_rebalance_delay = std::chrono::milliseconds{500};
    made.group_session_timeout_min = std::chrono::seconds{1};
    made.election_timeout_min = of.election_timeout;
    made.election_timeout_max = of.election_timeout * 2;
    made.placement = of.placing;
    made.rebalance_moves_max = of.moves_max;
    made.replace_failed_after = of.replace_failed_after;
    made.heartbeat_interval = of.election_timeout / 5;
    made.message_max_bytes = 16 * 1024;
    made.inflight_bytes_max = 256 * 1024;
    made.cleaner_memory_max = 64 * 1024;
    made.drain_timeout = std::chrono::seconds{10};
    return made;
}

inline chronik::wal::options journal_of(plan const& of, chronik::node_id self) {
    chronik::wal::options made;
    made.log_id.bytes.front() = static_cast<std::byte>(self.value);
    made.segment_bytes = of.segment_bytes;
    made.staged_bytes_max = of.staged_bytes_max;
    made.spare_segments = 1;
    made.idle_segments_max = 1;
    made.segments_max = 256;
    made.groups_max = of.groups_max;
    made.unsettled_segments_max = of.segments_unsettled_max;
    made.settle_run_bytes = 16 * 1024;
    made.timestamp_of = partitions::timestamp_of;
    return made;
}

inline chronik::host_options limits_of(settings const& config) {
    auto made = host_options_of(config);
    made.raft.append_bytes_max = 8 * 1024;
    made.raft.inflight_bytes_max = 64 * 1024;
    made.raft.inflight_messages_max = 8;
    made.raft.unstable_bytes_max = 256 * 1024;
    return made;
}

}  // namespace broker::world
