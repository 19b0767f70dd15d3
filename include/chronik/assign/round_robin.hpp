// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/detail/lead.hpp>

namespace chronik::assign {

/// Deals replicas round the members, whoever carries least first; racks do not count.
///
/// Replicas are even within one (in proportion to weight), leaders as even as the replica lists allow.
struct round_robin {
    result<assignment> place(std::span<member const> members, std::span<load const> existing, std::uint32_t partitions,
                             std::uint32_t replicas) const {
        auto table = detail::make_table(members, existing, partitions, replicas, false);
        if (!table) return std::unexpected(table.error());
        return detail::place(std::move(*table), partitions, replicas);
    }
};

static_assert(placement<round_robin>, "round_robin models placement");

}  // namespace chronik::assign
