// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/detail/table.hpp>
#include <chronik/base/assert.hpp>
#include <chronik/base/random.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace chronik::assign::detail {

/// A partition's replicas as indexes into table::rows.
using hand = std::vector<std::size_t>;

/// Wishes for leadership: which members would lead if leaders were all that mattered. Only breaks ties below.
inline std::vector<std::uint32_t> wished_leads(table const& members, std::uint32_t partitions) {
    std::vector<std::uint32_t> wishes(members.rows.size(), 0);
    auto const fairer = [&](std::size_t left, std::size_t right) {
        row const& l = members.rows[left];
        row const& r = members.rows[right];
        auto const by_leads = fairness(l.leaders + wishes[left], l.weight, r.leaders + wishes[right], r.weight);
        return by_leads != 0 ? by_leads < 0 : fairness(l.replicas, l.weight, r.replicas, r.weight) < 0;
    };
    for (std::uint32_t count = 0; count < partitions; ++count) {
        std::size_t best = 0;
        for (std::size_t at = 1; at < wishes.size(); ++at)
            if (fairer(at, best)) best = at;
        ++wishes[best];
    }
    return wishes;
}

/// Decides how many new replicas each member takes: always one more for whoever carries least, within the bounds
/// that keep every partition spread over racks. Among equals, who should lead comes first, then the emptier rack,
/// then who leads most already: it is the best follower.
inline void fill(table& members, std::uint32_t partitions, std::uint32_t replicas) {
    std::vector<std::uint32_t> const wishes = wished_leads(members, partitions);
    std::uint64_t left = std::uint64_t{partitions} * replicas;
    std::uint64_t owed = 0;
    for (rack_bounds const& each : members.racks) owed += each.at_least;

    auto const open = [&](row const& each) {
        rack_bounds const& rack = members.racks[each.rack];
        if (each.cards == partitions || rack.cards == rack.at_most) return false;
        return left > owed || rack.cards < rack.at_least;
    };
    auto const fairer = [&](std::size_t left_at, std::size_t right_at) {
        row const& l = members.rows[left_at];
        row const& r = members.rows[right_at];
        if (auto const by = fairness(l.replicas + l.cards, l.weight, r.replicas + r.cards, r.weight); by != 0)
            return by < 0;
        bool const left_wishes = l.cards < wishes[left_at];
        bool const right_wishes = r.cards < wishes[right_at];
        if (left_wishes != right_wishes) return left_wishes;
        rack_bounds const& lr = members.racks[l.rack];
        rack_bounds const& rr = members.racks[r.rack];
        if (auto const by = fairness(lr.replicas + lr.cards, lr.weight, rr.replicas + rr.cards, rr.weight); by != 0)
            return by < 0;
        return l.leaders * r.weight > r.leaders * l.weight;
    };
    for (; left > 0; --left) {
        std::size_t best = members.rows.size();
        for (std::size_t at = 0; at < members.rows.size(); ++at) {
            if (!open(members.rows[at])) continue;
            if (best == members.rows.size() || fairer(at, best)) best = at;
        }
        CHRONIK_ASSERT(best < members.rows.size());
        rack_bounds& rack = members.racks[members.rows[best].rack];
        if (rack.cards < rack.at_least) --owed;
        ++rack.cards;
        ++members.rows[best].cards;
    }
}

/// True if the partition touches as many racks as it can and no rack holds more of it than it must.
inline bool well_spread(table const& members, std::span<std::size_t const> held) {
    std::uint64_t touched = 0;
    for (std::size_t at = 0; at < held.size(); ++at) {
        std::size_t const rack = members.rows[held[at]].rack;
        auto const same_rack = [&](std::size_t other) { return members.rows[other].rack == rack; };
        if (std::ranges::none_of(held.first(at), same_rack)) ++touched;
        if (static_cast<std::uint64_t>(std::ranges::count_if(held, same_rack)) > members.share) return false;
    }
    return touched == members.reach;
}

/// Exchanges a replica of one partition for one of another; nobody's load changes. False, and nothing is changed,
/// if a partition would hold a member twice or lose its spread.
inline bool exchange(table const& members, hand& one, std::size_t one_at, hand& other, std::size_t other_at) {
    std::size_t const given = one[one_at];
    std::size_t const taken = other[other_at];
    if (std::ranges::find(one, taken) != one.end() || std::ranges::find(other, given) != other.end()) return false;
    std::swap(one[one_at], other[other_at]);
    if (members.rows[given].rack == members.rows[taken].rack) return true;
    if (well_spread(members, one) && well_spread(members, other)) return true;
    std::swap(one[one_at], other[other_at]);
    return false;
}

/// Deals a deck with `cards` copies of each member round the partitions. The deck is sorted by rack and member, so
/// the copies of a member, at most one per partition, fall on different partitions, and those of a rack fall on all
/// partitions as evenly as can be.
inline std::vector<hand> deal(table const& members, std::uint32_t partitions) {
    std::vector<hand> hands(partitions);
    std::size_t card = 0;
    for (std::size_t at = 0; at < members.rows.size(); ++at)
        for (std::uint32_t copy = 0; copy < members.rows[at].cards; ++copy) hands[card++ % partitions].push_back(at);
    return hands;
}

/// Mixes who shares partitions with whom, so that the leaders of a lost node move to many others, not to one.
/// The seed is fixed: a placement is a function of its arguments.
inline void mix(table const& members, std::vector<hand>& hands) {
    random chance{0x6368726f6e696bULL};
    std::size_t const replicas = hands.front().size();
    for (std::size_t count = hands.size() * replicas; count > 0; --count) {
        hand& one = hands[chance.below(hands.size())];
        hand& other = hands[chance.below(hands.size())];
        auto const one_at = static_cast<std::size_t>(chance.below(replicas));
        auto const other_at = static_cast<std::size_t>(chance.below(replicas));
        if (&one != &other) exchange(members, one, one_at, other, other_at);
    }
}

}  // namespace chronik::assign::detail
