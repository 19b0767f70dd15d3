// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/error.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace chronik::assign {

/// Partitions times replicas in one call: the work of one turn of the event loop stays bounded.
inline constexpr std::size_t replicas_max = 100'000;

/// A node that may be given replicas.
///
/// rack     any text; nodes with equal text fail together. Empty text is a rack like any other
/// weight   a node of weight 2 is given twice the load of a node of weight 1; never 0
struct member {
    node_id node;
    std::string rack;
    std::uint32_t weight = 1;

    bool operator==(member const&) const = default;
};

/// What a node carries already. Nodes that are not members are ignored, members without a line carry nothing.
struct load {
    node_id node;
    std::uint32_t replicas = 0;
    std::uint32_t leaders = 0;

    bool operator==(load const&) const = default;
};

/// The replicas of one partition; the first is the preferred leader.
using replica_list = std::vector<node_id>;

/// One replica list per partition, in order of partition.
struct assignment {
    std::vector<replica_list> partitions;

    bool operator==(assignment const&) const = default;
};

/// Decides which nodes carry new partitions. A pure function: equal arguments, equal answer, whatever the order
/// of members and existing load. See docs/concepts/placement.md.
template <class P>
concept placement = std::copy_constructible<P> &&
                    requires(P const& strategy, std::span<member const> members, std::span<load const> existing,
                             std::uint32_t partitions, std::uint32_t replicas) {
                        { strategy.place(members, existing, partitions, replicas) } -> std::same_as<result<assignment>>;
                    };

}  // namespace chronik::assign
