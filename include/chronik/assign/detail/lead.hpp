// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/detail/deal.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace chronik::assign::detail {

/// Replicas looked at while improving on the first choice of leaders. Only thousands of partitions on hundreds of
/// unevenly loaded members reach it; their leaders are then as good as the work done so far. A count, not a time,
/// so that the answer stays a function of the arguments.
inline constexpr std::uint64_t improvement_steps_max = 20'000'000;

/// Chooses the leader of each partition among its replicas, and moves it to the front.
class leaders {
public:
    leaders(table& members, std::vector<hand>& hands) : members_(members), hands_(hands) {}

    /// Chooses anew. With `exchanges`, replicas change places where that makes leaders fairer.
    void choose(bool exchanges) {
        for (hand& each : hands_) {
            auto const order = [this](std::size_t left, std::size_t right) { return fairer(left, right); };
            auto const best = std::ranges::min_element(each, order);
            lead(each, static_cast<std::size_t>(best - each.begin()));
            ++members_.rows[each.front()].leads;
        }
        // Every round makes the leaders' spread smaller, or gives a leader to a member that holds more: they end.
        while (steps_ < improvement_steps_max && (shift() || (exchanges && (trade() || substitute())))) {}
    }

    /// Who leads now leads on, but where two members are more than one leader apart.
    void keep() {
        for (hand const& each : hands_) ++members_.rows[each.front()].leads;
        keeping_ = true;
        while (steps_ < improvement_steps_max && shift()) {}
    }

private:
    std::uint64_t carried(std::size_t at) const { return members_.rows[at].leaders + members_.rows[at].leads; }

    std::uint64_t replicas(std::size_t at) const { return members_.rows[at].replicas + members_.rows[at].cards; }

    /// Who should lead: who leads less; among equals who holds more. So the members that lack a leader and those that
    /// lack a replica stay the same ones, and the next creation finds a replica list that is fair in both.
    bool fairer(std::size_t left, std::size_t right) const {
        row const& l = members_.rows[left];
        row const& r = members_.rows[right];
        auto const by_leads = fairness(carried(left), l.weight, carried(right), r.weight);
        return by_leads != 0 ? by_leads < 0 : replicas(left) * r.weight > replicas(right) * l.weight;
    }

    /// True if one leader less at `from` and one more at `to` is fairer than now.
    bool gains(std::size_t from, std::size_t to) const {
        if (keeping_) return gains_much(from, to);
        std::uint64_t const now = carried(from) * members_.rows[to].weight;
        std::uint64_t const then = (carried(to) + 1) * members_.rows[from].weight;
        if (now != then) return now > then;
        return replicas(to) * members_.rows[from].weight > replicas(from) * members_.rows[to].weight;
    }
    bool gains_much(std::size_t from, std::size_t to) const {
        return carried(from) * members_.rows[to].weight > (carried(to) + 1) * members_.rows[from].weight;
    }

    static void lead(hand& held, std::size_t at) { std::swap(held[0], held[at]); }

    /// Moves one leader along a chain of partitions: p from a to b, q from b to c, ... Without such a chain the
    /// choice is the best there is for these replica lists (optimal semi-matching).
    bool shift() {
        for (std::size_t from = 0; from < members_.rows.size() && steps_ < improvement_steps_max; ++from)
            if (members_.rows[from].leads > 0 && shift_from(from)) return true;
        return false;
    }

    bool shift_from(std::size_t from) {
        auto const gain = [&](std::size_t to) { return gains(from, to); };
        bool anyone = false;
        for (std::size_t to = 0; to < members_.rows.size() && !anyone; ++to) anyone = to != from && gain(to);
        if (!anyone) return false;

        index_leads();
        steps_ += hands_.size();
        std::size_t const nowhere = hands_.size();
        std::vector<std::size_t> via(members_.rows.size(), nowhere);  // the partition that this member would be handed
        std::deque<std::size_t> next{from};
        while (!next.empty()) {
            std::size_t const at = next.front();
            next.pop_front();
            for (std::size_t const partition : led_[at]) {
                steps_ += hands_[partition].size();
                for (std::size_t const to : hands_[partition]) {
                    if (to == from || via[to] != nowhere) continue;
                    via[to] = partition;
                    if (gain(to)) { hand_over(via, from, to); return true; }
                    next.push_back(to);
                }
            }
        }
        return false;
    }

    void hand_over(std::vector<std::size_t> const& via, std::size_t from, std::size_t to) {
        --members_.rows[from].leads;
        ++members_.rows[to].leads;
        while (to != from) {
            hand& held = hands_[via[to]];
            std::size_t const before = held.front();
            lead(held, static_cast<std::size_t>(std::ranges::find(held, to) - held.begin()));
            to = before;
        }
    }

    /// When chains do not help, two partitions exchange a replica each, so that a member that leads too little joins
    /// a partition led by one that leads too much. Replica counts stay as they are.
    bool trade() {
        auto const [least, most] = extremes();
        if (!gains(most, least)) return false;
        for (hand& rich : hands_) {
            if (rich.front() != most || std::ranges::find(rich, least) != rich.end()) continue;
            for (hand& source : hands_) {
                if (++steps_ > improvement_steps_max) return false;
                auto const found = std::ranges::find(source.begin() + 1, source.end(), least);
                if (found == source.end()) continue;
                auto const source_at = static_cast<std::size_t>(found - source.begin());
                for (std::size_t at = rich.size(); at-- > 0;) {
                    if (!exchange(members_, rich, at, source, source_at)) continue;
                    lead(rich, at);
                    --members_.rows[most].leads;
                    ++members_.rows[least].leads;
                    return true;
                }
            }
        }
        return false;
    }

    /// When trades do not help either, the member that leads too little takes a replica over from one that carries
    /// one more: who of two equals carries the odd replica was decided before leaders were.
    bool substitute() {
        auto const [least, most] = extremes();
        if (!gains_much(most, least)) return false;
        for (hand& rich : hands_) {
            if (rich.front() != most || std::ranges::find(rich, least) != rich.end()) continue;
            for (std::size_t at = 0; at < rich.size(); ++at) {
                row& giver = members_.rows[rich[at]];
                row& taker = members_.rows[least];
                std::uint64_t const gives = (giver.replicas + giver.cards) * taker.weight;
                if (gives < (taker.replicas + taker.cards + 1) * giver.weight) continue;
                std::size_t const given = std::exchange(rich[at], least);
                if (!well_spread(members_, rich)) { rich[at] = given; continue; }
                --giver.cards;
                ++taker.cards;
                lead(rich, at);
                --members_.rows[most].leads;
                ++taker.leads;
                return true;
            }
        }
        return false;
    }

    /// Who leads least for its weight, and who leads most among those with a new leader to give.
    std::pair<std::size_t, std::size_t> extremes() const {
        std::size_t least = 0;
        std::size_t most = hands_.front().front();
        for (std::size_t at = 0; at < members_.rows.size(); ++at) {
            if (fairer(at, least)) least = at;
            if (members_.rows[at].leads > 0 && fairer(most, at)) most = at;
        }
        return {least, most};
    }

    void index_leads() {
        led_.assign(members_.rows.size(), {});
        for (std::size_t partition = 0; partition < hands_.size(); ++partition)
            led_[hands_[partition].front()].push_back(partition);
    }

    table& members_;
    std::vector<hand>& hands_;
    std::vector<std::vector<std::size_t>> led_;
    std::uint64_t steps_ = 0;
    bool keeping_ = false;
};

inline assignment as_assignment(table const& members, std::vector<hand> const& hands) {
    assignment out;
    out.partitions.reserve(hands.size());
    for (hand const& each : hands) {
        replica_list& list = out.partitions.emplace_back();
        for (std::size_t const at : each) list.push_back(members.rows[at].node);
    }
    return out;
}

/// Whether partitions are mixed after they were dealt, or a member's stay neighbours.
enum class neighbours : bool { mixed, kept };

/// The whole placement; the strategies differ only in how they lay out the table.
inline assignment place(table members, std::uint32_t partitions, std::uint32_t replicas, neighbours order) {
    fill(members, partitions, replicas);
    std::vector<hand> hands = deal(members, partitions);
    if (order == neighbours::mixed) mix(members, hands);
    leaders{members, hands}.choose(order == neighbours::mixed);
    return as_assignment(members, hands);
}

}  // namespace chronik::assign::detail
