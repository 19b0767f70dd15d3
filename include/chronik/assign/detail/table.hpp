// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/concepts.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace chronik::assign::detail {

/// A member in the planner's eyes; rows are sorted by rack, then node, so that argument order never matters.
struct row {
    node_id node;
    std::uint64_t weight = 1;
    std::size_t rack = 0;       ///< index into table::racks
    std::uint64_t replicas = 0;  ///< carried already
    std::uint64_t leaders = 0;   ///< carried already
    std::uint32_t cards = 0;     ///< new replicas
    std::uint32_t leads = 0;     ///< new leaders
};

/// How many new replicas a rack may take and must take so that every partition is spread over racks.
struct rack_bounds {
    std::uint64_t members = 0;
    std::uint64_t at_least = 0;
    std::uint64_t at_most = 0;
    std::uint64_t weight = 0;    ///< of all its members
    std::uint64_t replicas = 0;  ///< carried already by all its members
    std::uint64_t cards = 0;     ///< new replicas of all its members
};

struct table {
    std::vector<row> rows;
    std::vector<rack_bounds> racks;
    std::uint64_t share = 1;   ///< most replicas of one partition in one rack
    std::uint64_t reach = 1;   ///< racks that every partition touches
};

/// Less when one more unit for `left` is fairer than one more for `right`: the method of highest averages, which for
/// equal weights is simply "carries less".
inline std::strong_ordering fairness(std::uint64_t left_load, std::uint64_t left_weight, std::uint64_t right_load,
                                     std::uint64_t right_weight) {
    return (left_load + 1) * right_weight <=> (right_load + 1) * left_weight;
}

/// The largest number of a partition's replicas that one rack must hold, when every rack holds as few as it can.
inline std::uint64_t share_of_fullest_rack(std::span<rack_bounds const> racks, std::uint64_t replicas) {
    for (std::uint64_t share = 1;; ++share) {
        std::uint64_t room = 0;
        for (rack_bounds const& each : racks) room += std::min(each.members, share);
        if (room >= replicas) return share;
    }
}

/// Checks the request and lays out the members.
///
/// by_rack   false treats all members as one rack
inline result<table> make_table(std::span<member const> members, std::span<load const> existing,
                                std::uint32_t partitions, std::uint32_t replicas, bool by_rack) {
    if (partitions == 0 || replicas == 0) return std::unexpected(make_error_code(errc::no_partitions));
    if (replicas > members.size()) return std::unexpected(make_error_code(errc::too_few_members));
    if (std::uint64_t{partitions} * replicas > replicas_max) return std::unexpected(make_error_code(errc::too_large));

    std::vector<member const*> sorted;
    for (member const& each : members) {
        if (each.weight == 0) return std::unexpected(make_error_code(errc::weightless_member));
        sorted.push_back(&each);
    }
    auto const rack_of = [&](member const* each) {
        return by_rack ? std::string_view{each->rack} : std::string_view{};
    };
    std::ranges::sort(sorted, {}, [&](member const* each) { return std::pair{rack_of(each), each->node}; });

    table out;
    for (std::size_t at = 0; at < sorted.size(); ++at) {
        if (at == 0 || rack_of(sorted[at]) != rack_of(sorted[at - 1])) out.racks.emplace_back();
        ++out.racks.back().members;
        row entry;
        entry.node = sorted[at]->node;
        entry.weight = sorted[at]->weight;
        entry.rack = out.racks.size() - 1;
        out.rows.push_back(entry);
    }

    std::vector<std::pair<node_id, std::size_t>> by_node;
    for (std::size_t at = 0; at < out.rows.size(); ++at) by_node.emplace_back(out.rows[at].node, at);
    std::ranges::sort(by_node);
    if (std::ranges::adjacent_find(by_node, {}, [](auto const& each) { return each.first; }) != by_node.end())
        return std::unexpected(make_error_code(errc::duplicate_member));
    for (load const& each : existing) {
        auto const found = std::ranges::lower_bound(by_node, each.node, {},
            [](auto const& known) { return known.first; });
        if (found == by_node.end() || found->first != each.node) continue;
        out.rows[found->second].replicas += each.replicas;
        out.rows[found->second].leaders += each.leaders;
    }

    for (row const& each : out.rows) {
        out.racks[each.rack].weight += each.weight;
        out.racks[each.rack].replicas += each.replicas;
    }
    out.share = share_of_fullest_rack(out.racks, replicas);
    out.reach = std::min<std::uint64_t>(out.racks.size(), replicas);
    for (rack_bounds& each : out.racks) {
        each.at_least = replicas >= out.racks.size() ? partitions : 0;
        each.at_most = std::min(out.share, each.members) * partitions;
    }
    return out;
}

}  // namespace chronik::assign::detail
