// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/detail/anew.hpp>
#include <chronik/assign/detail/lead.hpp>

namespace chronik::assign {

/// Deals replicas round the members, whoever carries least first; racks do not count.
///
/// Replicas are even within one (in proportion to weight), leaders as even as the replica lists allow.
struct round_robin {
    static constexpr bool by_rack = false;

    result<assignment> place(std::span<member const> members, std::span<load const> existing, std::uint32_t partitions,
                             std::uint32_t replicas) const {
        auto table = detail::make_table(members, existing, partitions, replicas, by_rack);
        if (!table) return std::unexpected(table.error());
        return detail::place(std::move(*table), partitions, replicas, detail::neighbours::mixed);
    }

    /// Places everything anew; sticky<round_robin> moves as little as it can.
    result<assignment> rebalance(std::span<member const> members, std::span<load const> existing,
                                 std::span<holding const> current) const {
        return detail::place_anew(*this, members, existing, current);
    }
};

static_assert(rebalancing<round_robin>, "round_robin models rebalancing");

}  // namespace chronik::assign
