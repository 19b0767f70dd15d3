// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/error.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chronik::assign {

/// Partitions times replicas in one call: the work of one turn of the event loop stays bounded.
inline constexpr std::size_t replicas_max = 100'000;

/// What an operator says of a node: "disk" is "nvme". For policies and capacities; strategies look at none.
struct tag {
    std::string name;
    std::string value;

    bool operator==(tag const&) const = default;
};

/// A node that may be given replicas.
///
/// rack     any text; nodes with equal text fail together. Empty text is a rack like any other
/// weight   a node of weight 2 is given twice the load of a node of weight 1; never 0
struct member {
    node_id node;
    std::string rack{};
    std::uint32_t weight = 1;
    std::vector<tag> tags{};

    bool operator==(member const&) const = default;

    /// The value of a tag, or null.
    std::string const* find_tag(std::string_view name) const {
        auto const found = std::ranges::find(tags, name, &tag::name);
        return found == tags.end() ? nullptr : &found->value;
    }
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

/// A partition as it is, and as it should be.
///
/// held       who holds it now, the leader first; may name nodes that are no members any more; empty: nobody yet
/// replicas   how many members should hold it; at least 1
struct holding {
    replica_list held;
    std::uint32_t replicas = 1;

    bool operator==(holding const&) const = default;
};

/// Decides which nodes carry new partitions. A pure function: equal arguments, equal answer, whatever the order
/// of members and existing load. See docs/concepts/placement.md.
template <class P>
concept placement = std::copy_constructible<P> &&
                    requires(P const& strategy, std::span<member const> members, std::span<load const> existing,
                             std::uint32_t partitions, std::uint32_t replicas) {
                        { strategy.place(members, existing, partitions, replicas) } -> std::same_as<result<assignment>>;
                    };

/// A placement that also says who should hold what is placed already, now that members came, went or changed. A pure
/// function as well; `existing` is what members carry beside `current`. See docs/concepts/rebalancing.md.
template <class P>
concept rebalancing = placement<P> && requires(P const& strategy, std::span<member const> members,
                                               std::span<load const> existing, std::span<holding const> current) {
    { strategy.rebalance(members, existing, current) } -> std::same_as<result<assignment>>;
};

/// A wish of an operator's that comes before balance: it leaves members out, or changes their racks, for one placement
/// of so many replicas. Honoured, or refused with the reason. See docs/concepts/member_policy.md.
template <class P>
concept member_policy =
    std::copy_constructible<P> && requires(P const& policy, std::vector<member>& members, std::uint32_t replicas) {
        { policy.apply(members, replicas) } -> std::same_as<result<void>>;
    };

}  // namespace chronik::assign
