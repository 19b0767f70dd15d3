// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker_tags.hpp>
#include <metadata/image.hpp>

#include <chronik/assign/concepts.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace broker::metadata {

/// A broker as strategies and policies see it.
inline chronik::assign::member member_of(broker_info const& broker) {
    chronik::assign::member out{broker.node, broker.rack, broker.capacity, {}};
    for (std::string const& each : broker.tags) out.tags.push_back(as_tag(each));
    out.tags.push_back({std::string{node_tag}, std::to_string(broker.node.value)});
    if (!broker.rack.empty()) out.tags.push_back({std::string{rack_tag}, broker.rack});
    return out;
}

/// The brokers that are to go on holding what they hold, whether they are there at the moment or not.
///
/// leaving   one that is to leave besides those that do
inline std::vector<chronik::assign::member> staying_members(image const& now, node_id leaving = chronik::no_node) {
    std::vector<chronik::assign::member> out;
    for (auto const& [node, broker] : now.brokers())
        if (broker.stays() && node != leaving) out.push_back(member_of(broker));
    return out;
}

/// What the brokers of one image can take and carry already; a planner adds what it places.
class cluster_load {
public:
    explicit cluster_load(image const& now) {
        for (auto const& [node, broker] : now.brokers())
            if (broker.status == broker_state::alive && !broker.leaving) members_.push_back(member_of(broker));
        now.for_each_partition([&](partition const& each) { count(each.replicas); });
    }

    std::vector<chronik::assign::member> const& members() const { return members_; }
    std::vector<chronik::assign::load> existing() const {
        std::vector<chronik::assign::load> out;
        for (auto const& [node, load] : loads_) out.push_back(load);
        return out;
    }

    void count(std::span<node_id const> replicas) {
        if (replicas.empty()) return;
        for (node_id const node : replicas) {
            loads_[node].node = node;
            ++loads_[node].replicas;
        }
        ++loads_[replicas.front()].leaders;
    }

    /// A broker that these replicas would push beyond its limit; nobody if all have room.
    node_id overloaded(std::span<chronik::assign::replica_list const> lists) const {
        std::map<node_id, std::size_t> added;
        for (auto const& replicas : lists)
            for (node_id const node : replicas) ++added[node];
        for (auto const& [node, more] : added) {
            auto const held = loads_.find(node);
            if (more + (held == loads_.end() ? 0 : held->second.replicas) > replicas_per_broker_max) return node;
        }
        return chronik::no_node;
    }

    /// Why these replicas, which a client chose for a partition, cannot be; or an empty text.
    std::string replicas_problem(std::size_t partition, std::span<node_id const> replicas) const {
        std::string const named = "Partition " + std::to_string(partition);
        if (replicas.empty() || replicas.size() > replicas_per_partition_max)
            return named + " has no or too many replicas.";
        for (node_id const node : replicas) {
            if (std::ranges::count(replicas, node) > 1) return named + " names a broker twice.";
            if (std::ranges::find(members_, node, &chronik::assign::member::node) == members_.end())
                return "Broker " + std::to_string(node.value) + " is not available.";
        }
        return {};
    }

private:
    std::vector<chronik::assign::member> members_;
    std::map<node_id, chronik::assign::load> loads_;
};

}  // namespace broker::metadata
