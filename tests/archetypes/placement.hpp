// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/concepts.hpp>

namespace chronik::archetypes {

/// The smallest placement: everything on the first members. It models the concept and breaks the laws of balance.
struct placement {
    result<assign::assignment> place(std::span<assign::member const> members, std::span<assign::load const>,
                                     std::uint32_t partitions, std::uint32_t replicas) const {
        if (replicas > members.size()) return std::unexpected(make_error_code(assign::errc::too_few_members));
        assign::replica_list list;
        for (assign::member const& each : members.first(replicas)) list.push_back(each.node);
        return assign::assignment{std::vector(partitions, list)};
    }
};

/// The smallest rebalancing: what it has placed, it places again.
struct rebalancing : placement {
    result<assign::assignment> rebalance(std::span<assign::member const> members, std::span<assign::load const>,
                                         std::span<assign::holding const> current) const {
        assign::assignment out;
        for (assign::holding const& each : current) {
            auto const placed = place(members, {}, 1, each.replicas);
            if (!placed) return placed;
            out.partitions.push_back(placed->partitions.front());
        }
        return out;
    }
};
static_assert(assign::rebalancing<rebalancing>);

/// The smallest policy: everybody may carry anything.
struct member_policy {
    result<void> apply(std::vector<assign::member>&, std::uint32_t) const { return {}; }
};
static_assert(assign::member_policy<member_policy>);

}  // namespace chronik::archetypes
