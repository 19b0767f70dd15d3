// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/detail/level.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace chronik::assign::detail {

/// Adds what these lists carry; the first of a list leads.
inline void count(std::map<node_id, load>& carried, replica_list const& list) {
    for (node_id const node : list) {
        load& known = carried[node];
        known.node = node;
        ++known.replicas;
        if (node == list.front()) ++known.leaders;
    }
}

inline std::vector<load> as_list(std::map<node_id, load> const& carried) {
    std::vector<load> out;
    for (auto const& [node, each] : carried) out.push_back(each);
    return out;
}

/// Forgets who holds what and places everything again: as even as a creation, at the price of moving most of it.
/// Partitions of one replication factor are placed together; what those that came first could not know of the others
/// is made even after.
template <placement Strategy>
result<assignment> place_anew(Strategy const& strategy, std::span<member const> members,
                              std::span<load const> existing, std::span<holding const> current) {
    std::map<std::uint32_t, std::vector<std::size_t>> alike;
    for (std::size_t at = 0; at < current.size(); ++at) alike[current[at].replicas].push_back(at);
    std::map<node_id, load> carried;
    for (load const& each : existing) {
        load& known = carried[each.node];
        known = {each.node, known.replicas + each.replicas, known.leaders + each.leaders};
    }

    std::vector<holding> made(current.begin(), current.end());
    for (auto const& [replicas, places] : alike) {
        auto placed = strategy.place(members, as_list(carried), static_cast<std::uint32_t>(places.size()), replicas);
        if (!placed) return placed;
        for (std::size_t at = 0; at < places.size(); ++at) {
            count(carried, placed->partitions[at]);
            made[places[at]].held = std::move(placed->partitions[at]);
        }
    }
    return rebalance_in_place(members, existing, made, Strategy::by_rack);
}

}  // namespace chronik::assign::detail
