// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/detail/anew.hpp>
#include <chronik/assign/detail/lead.hpp>

namespace chronik::assign {

/// As round_robin, but every partition touches as many racks as it can, and no rack holds more of a partition than
/// it must. Spread goes before balance: a rack with few members gets more replicas per member.
struct rack_aware {
    static constexpr bool by_rack = true;

    result<assignment> place(std::span<member const> members, std::span<load const> existing, std::uint32_t partitions,
                             std::uint32_t replicas) const {
        auto table = detail::make_table(members, existing, partitions, replicas, by_rack);
        if (!table) return std::unexpected(table.error());
        return detail::place(std::move(*table), partitions, replicas, detail::neighbours::mixed);
    }

    /// Places everything anew; sticky<rack_aware> moves as little as it can.
    result<assignment> rebalance(std::span<member const> members, std::span<load const> existing,
                                 std::span<holding const> current) const {
        return detail::place_anew(*this, members, existing, current);
    }
};

static_assert(rebalancing<rack_aware>, "rack_aware models rebalancing");

}  // namespace chronik::assign
