// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/detail/lead.hpp>

namespace chronik::assign {

/// As round_robin, but every partition touches as many racks as it can, and no rack holds more of a partition than
/// it must. Spread goes before balance: a rack with few members gets more replicas per member.
struct rack_aware {
    result<assignment> place(std::span<member const> members, std::span<load const> existing, std::uint32_t partitions,
                             std::uint32_t replicas) const {
        auto table = detail::make_table(members, existing, partitions, replicas, true);
        if (!table) return std::unexpected(table.error());
        return detail::place(std::move(*table), partitions, replicas);
    }
};

static_assert(placement<rack_aware>, "rack_aware models placement");

}  // namespace chronik::assign
