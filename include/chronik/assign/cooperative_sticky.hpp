// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/sticky.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace chronik::assign {

/// As sticky, but in rounds: what a member has to give up it gives up first, and nobody has taken it meanwhile. For
/// holders that exclude each other, such as the consumers of a group; everybody else goes on working.
///
/// A list shorter than was asked for says: rebalance again when this answer is what is held.
template <placement Base = rack_aware>
struct cooperative_sticky {
    static constexpr bool by_rack = Base::by_rack;

    sticky<Base> aim{};

    result<assignment> place(std::span<member const> members, std::span<load const> existing, std::uint32_t partitions,
                             std::uint32_t replicas) const {
        return aim.place(members, existing, partitions, replicas);
    }

    result<assignment> rebalance(std::span<member const> members, std::span<load const> existing,
                                 std::span<holding const> current) const {
        auto out = aim.rebalance(members, existing, current);
        if (!out) return out;
        for (std::size_t at = 0; at < current.size(); ++at) withhold(members, current[at].held, out->partitions[at]);
        return out;
    }

private:
    /// Takes as many of those who would be new off the list as there are members that have yet to let go.
    static void withhold(std::span<member const> members, replica_list const& held, replica_list& list) {
        auto const is_new = [&](node_id node) { return std::ranges::find(held, node) == held.end(); };
        auto waiting = std::ranges::count_if(held, [&](node_id node) {
            bool const present = std::ranges::find(members, node, &member::node) != members.end();
            return present && std::ranges::find(list, node) == list.end();
        });
        for (std::size_t at = list.size(); at-- > 0 && waiting > 0;) {
            if (!is_new(list[at])) continue;
            list.erase(list.begin() + static_cast<std::ptrdiff_t>(at));
            --waiting;
        }
    }
};

static_assert(rebalancing<cooperative_sticky<>>, "cooperative_sticky models rebalancing");

}  // namespace chronik::assign
