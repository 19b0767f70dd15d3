// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/detail/level.hpp>
#include <chronik/assign/rack_aware.hpp>

namespace chronik::assign {

/// Places what is new as `Base` does; what is held stays where it is unless its member is gone, its racks are not what
/// they could be, or two members are more than one replica apart.
///
/// Moving no more than that is the point: a join moves what the new member is to carry, a loss moves what was lost.
template <placement Base = rack_aware>
struct sticky {
    static constexpr bool by_rack = Base::by_rack;

    Base base{};

    result<assignment> place(std::span<member const> members, std::span<load const> existing, std::uint32_t partitions,
                             std::uint32_t replicas) const {
        return base.place(members, existing, partitions, replicas);
    }

    result<assignment> rebalance(std::span<member const> members, std::span<load const> existing,
                                 std::span<holding const> current) const {
        return detail::rebalance_in_place(members, existing, current, by_rack);
    }
};

static_assert(rebalancing<sticky<>>, "sticky models rebalancing");

}  // namespace chronik::assign
