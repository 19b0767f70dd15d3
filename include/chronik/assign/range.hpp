// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/detail/anew.hpp>
#include <chronik/assign/detail/lead.hpp>

namespace chronik::assign {

/// Gives each member neighbouring partitions of a topic, as many as the others within one. Topics of one size, placed
/// where nothing is carried, are laid out alike: who holds partition 3 of the one holds it of the other.
///
/// The price: members that share one partition share many, so that the leaders of a lost node move to few others.
struct range {
    static constexpr bool by_rack = false;
    /// Groups of consumers ask for each topic by itself, so that topics are laid out alike.
    static constexpr bool by_topic = true;

    result<assignment> place(std::span<member const> members, std::span<load const> existing, std::uint32_t partitions,
                             std::uint32_t replicas) const {
        auto table = detail::make_table(members, existing, partitions, replicas, by_rack);
        if (!table) return std::unexpected(table.error());
        return detail::place(std::move(*table), partitions, replicas, detail::neighbours::kept);
    }

    /// Places everything anew.
    result<assignment> rebalance(std::span<member const> members, std::span<load const> existing,
                                 std::span<holding const> current) const {
        return detail::place_anew(*this, members, existing, current);
    }
};

static_assert(rebalancing<range>, "range models rebalancing");

}  // namespace chronik::assign
