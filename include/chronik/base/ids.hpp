// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <functional>

namespace chronik {

/// A number that means one thing: send(3, 5) compiles, send(node_id{3}, log_index{5}) explains.
///
/// Tag   makes each kind its own type; no kind converts to another or to a plain number
/// Rep   the unsigned integer that is stored and written to disk and wire
template <class Tag, std::unsigned_integral Rep>
struct strong_id {
    using rep = Rep;
    Rep value{};

    constexpr auto operator<=>(strong_id const&) const = default;
};

/// A strong number that also counts: it can be moved by a distance, and two of them have one.
template <class Tag, std::unsigned_integral Rep>
struct strong_position {
    using rep = Rep;
    Rep value{};

    constexpr auto operator<=>(strong_position const&) const = default;

    constexpr strong_position& operator++() { ++value; return *this; }
    friend constexpr strong_position operator+(strong_position at, Rep distance) {
        return {static_cast<Rep>(at.value + distance)};
    }
    /// The caller knows at.value >= distance; a position never goes below zero.
    friend constexpr strong_position operator-(strong_position at, Rep distance) {
        return {static_cast<Rep>(at.value - distance)};
    }
    friend constexpr Rep operator-(strong_position to, strong_position from) {
        return static_cast<Rep>(to.value - from.value);
    }
};

/// Raft's logical time. Zero is "before the first election".
using log_term = strong_id<struct log_term_tag, std::uint64_t>;
/// A member of the cluster. Zero is nobody: no vote, no leader known.
using node_id = strong_id<struct node_id_tag, std::uint32_t>;
/// One replicated log among the many of a node. Never reused, also not after its group was removed.
using group_id = strong_id<struct group_id_tag, std::uint64_t>;
/// Position of an entry in one Raft log; the first entry is 1, zero is "before the first".
using log_index = strong_position<struct log_index_tag, std::uint64_t>;
/// Position of a record in one log: an entry that carries n records takes n offsets; the first is 0.
using log_offset = strong_position<struct log_offset_tag, std::uint64_t>;

/// Names one damage of one node's storage; a later one is greater. Zero: none.
using doubt_token = strong_id<struct doubt_token_tag, std::uint64_t>;

inline constexpr node_id no_node{};
inline constexpr doubt_token no_doubt{};

}  // namespace chronik

template <class Tag, class Rep>
struct std::hash<chronik::strong_id<Tag, Rep>> {
    std::size_t operator()(chronik::strong_id<Tag, Rep> id) const noexcept { return std::hash<Rep>{}(id.value); }
};
template <class Tag, class Rep>
struct std::hash<chronik::strong_position<Tag, Rep>> {
    std::size_t operator()(chronik::strong_position<Tag, Rep> at) const noexcept { return std::hash<Rep>{}(at.value); }
};
