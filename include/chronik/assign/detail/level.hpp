// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/detail/lead.hpp>
#include <chronik/assign/detail/table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace chronik::assign::detail {

/// Makes what is held even again with as few moves as it can: replicas of members that are gone find a new one, then
/// single replicas move from who carries most to who carries least, those first that move already.
class leveler {
public:
    /// members   laid out for one replica; what spread is possible follows from each partition's own number of them
    leveler(table& members, std::span<holding const> current) : members_(members) {
        std::map<node_id, std::size_t> rows;
        for (std::size_t at = 0; at < members_.rows.size(); ++at) rows.emplace(members_.rows[at].node, at);
        for (holding const& each : current) {
            hand& kept = hands_.emplace_back();
            for (node_id const node : each.held) {
                auto const found = rows.find(node);
                if (found == rows.end() || holds(kept, found->second)) continue;
                kept.push_back(found->second);
                ++members_.rows[found->second].cards;
            }
            wanted_.push_back(each.replicas);
            spreads_.try_emplace(each.replicas, spread{share_of_fullest_rack(members_.racks, each.replicas),
                                                       std::min<std::uint64_t>(members_.racks.size(), each.replicas)});
        }
    }

    std::vector<hand> level() {
        for (std::size_t at = 0; at < hands_.size(); ++at)
            while (is_too_much(at)) drop_one(at);
        kept_ = hands_;
        for (std::size_t at = 0; at < hands_.size(); ++at)
            while (hands_[at].size() < wanted_[at]) fill_one(at);
        owned_.resize(members_.rows.size());
        for (std::size_t at = 0; at < hands_.size(); ++at)
            for (std::size_t const row : hands_[at]) owned_[row].push_back(at);
        while (steps_ < improvement_steps_max && shift()) {}
        while (steps_ < improvement_steps_max && improve()) {}
        return std::move(hands_);
    }

private:
    struct spread {
        std::uint64_t share;  ///< most replicas in one rack
        std::uint64_t reach;  ///< racks that are touched
    };

    static bool holds(hand const& list, std::size_t row) { return std::ranges::find(list, row) != list.end(); }

    std::uint64_t carried(std::size_t at) const { return members_.rows[at].replicas + members_.rows[at].cards; }

    std::strong_ordering fairer(std::size_t left, std::size_t right) const {
        row const& l = members_.rows[left];
        row const& r = members_.rows[right];
        return fairness(carried(left), l.weight, carried(right), r.weight);
    }

    /// True if `from` would still carry at least as much as `to` after one replica has moved.
    bool gains(std::size_t from, std::size_t to) const {
        return carried(from) * members_.rows[to].weight > (carried(to) + 1) * members_.rows[from].weight;
    }

    std::uint64_t in_rack(hand const& list, std::size_t rack) const {
        auto const there = [&](std::size_t each) { return members_.rows[each].rack == rack; };
        return static_cast<std::uint64_t>(std::ranges::count_if(list, there));
    }

    struct reached {
        std::uint64_t touched = 0;
        std::uint64_t fullest = 0;
    };
    reached reach_of(hand const& list) const {
        reached out;
        for (std::size_t at = 0; at < list.size(); ++at) {
            std::size_t const rack = members_.rows[list[at]].rack;
            auto const same = [&](std::size_t each) { return members_.rows[each].rack == rack; };
            if (std::none_of(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(at), same)) ++out.touched;
            out.fullest = std::max(out.fullest, in_rack(list, rack));
        }
        return out;
    }

    /// True if the partition cannot reach its best spread without giving a replica up.
    bool is_too_much(std::size_t at) const {
        hand const& list = hands_[at];
        spread const& best = spreads_.at(wanted_[at]);
        auto const now = reach_of(list);
        if (list.size() > wanted_[at] || now.fullest > best.share) return true;
        return list.size() - now.touched > wanted_[at] - best.reach;
    }

    /// Out of the rack that holds most of it, whoever carries most; of equals the last: the first leads.
    void drop_one(std::size_t at) {
        hand& list = hands_[at];
        std::size_t worst = list.size() - 1;
        for (std::size_t place = list.size() - 1; place-- > 0;) {
            auto const crowd = in_rack(list, members_.rows[list[place]].rack);
            auto const worst_crowd = in_rack(list, members_.rows[list[worst]].rack);
            if (crowd != worst_crowd ? crowd > worst_crowd : fairer(list[worst], list[place]) < 0) worst = place;
        }
        --members_.rows[list[worst]].cards;
        list.erase(list.begin() + static_cast<std::ptrdiff_t>(worst));
    }

    void fill_one(std::size_t at) {
        hand& list = hands_[at];
        spread const& best = spreads_.at(wanted_[at]);
        bool const must_reach = list.size() - reach_of(list).touched == wanted_[at] - best.reach;
        std::optional<std::size_t> taker;
        for (std::size_t row = 0; row < members_.rows.size(); ++row) {
            auto const crowd = in_rack(list, members_.rows[row].rack);
            if (holds(list, row) || crowd >= best.share || (must_reach && crowd > 0)) continue;
            if (!taker || fairer(row, *taker) < 0) taker = row;
        }
        // There are at least as many members as replicas, and what stands in the way of the spread was dropped.
        CHRONIK_ASSERT(taker.has_value());
        list.push_back(*taker);
        ++members_.rows[*taker].cards;
    }

    /// Rows, who carries least first.
    std::vector<std::size_t> by_load() const {
        std::vector<std::size_t> order(members_.rows.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::sort(order, [this](std::size_t left, std::size_t right) {
            auto const by_load = fairer(left, right);
            return by_load != 0 ? by_load < 0 : left < right;
        });
        return order;
    }

    bool is_fresh(std::size_t at, std::size_t row) const { return !holds(kept_[at], row); }

    /// Costs nothing: replicas that have to be copied anyway go to others, along a chain of partitions where the one
    /// that carries least cannot take one from the one that carries most directly.
    bool shift() {
        auto const order = by_load();
        for (auto from = order.rbegin(); from != order.rend(); ++from)
            if (gains(*from, order.front()) && shift_from(*from)) return true;
        return false;
    }

    bool shift_from(std::size_t from) {
        struct step {
            std::size_t partition;
            std::size_t giver;
        };
        std::vector<std::optional<step>> via(members_.rows.size());
        auto const used = [&](std::size_t row, std::size_t partition) {
            for (; row != from; row = via[row]->giver)
                if (via[row]->partition == partition) return true;
            return false;
        };
        std::deque<std::size_t> next{from};
        while (!next.empty()) {
            std::size_t const giver = next.front();
            next.pop_front();
            for (std::size_t const at : owned_[giver]) {
                ++steps_;
                if (!is_fresh(at, giver) || used(giver, at)) continue;
                steps_ += members_.rows.size();
                for (std::size_t to = 0; to < members_.rows.size(); ++to) {
                    if (to == from || via[to] || !may_move(at, giver, to)) continue;
                    via[to] = step{at, giver};
                    if (!gains(from, to)) { next.push_back(to); continue; }
                    for (std::size_t row = to; row != from; row = via[row]->giver)
                        move(via[row]->partition, via[row]->giver, row);
                    return true;
                }
            }
        }
        return false;
    }

    /// Moves one replica to where less is carried; false if none can move.
    bool improve() {
        auto const order = by_load();
        // All are looked at: with weights, who gains by giving is not in the order of who is served first.
        for (std::size_t const to : order)
            for (auto from = order.rbegin(); from != order.rend(); ++from)
                if (gains(*from, to) && move_one(*from, to)) return true;
        return false;
    }

    bool move_one(std::size_t from, std::size_t to) {
        std::optional<std::size_t> chosen;
        unsigned cost = 4;
        for (std::size_t const at : owned_[from]) {
            steps_ += hands_[at].size();
            unsigned const costs = (is_fresh(at, from) ? 0U : 2U) + (hands_[at].front() == from ? 1U : 0U);
            if (costs >= cost || !may_move(at, from, to)) continue;
            chosen = at;
            cost = costs;
            if (cost == 0) break;
        }
        if (chosen) move(*chosen, from, to);
        return chosen.has_value();
    }

    void move(std::size_t at, std::size_t from, std::size_t to) {
        hand& list = hands_[at];
        list.erase(std::ranges::find(list, from));
        list.push_back(to);  // behind those that have the data
        owned_[from].erase(std::ranges::find(owned_[from], at));
        owned_[to].push_back(at);
        --members_.rows[from].cards;
        ++members_.rows[to].cards;
    }

    bool may_move(std::size_t at, std::size_t from, std::size_t to) const {
        if (holds(hands_[at], to)) return false;
        if (members_.rows[from].rack == members_.rows[to].rack) return true;
        hand then = hands_[at];
        *std::ranges::find(then, from) = to;
        auto const now = reach_of(then);
        spread const& best = spreads_.at(wanted_[at]);
        return now.fullest <= best.share && now.touched == best.reach;
    }

    table& members_;
    std::vector<hand> hands_;
    std::vector<hand> kept_;  ///< what nobody has to copy
    std::vector<std::uint32_t> wanted_;
    std::map<std::uint32_t, spread> spreads_;  ///< by number of replicas
    std::vector<std::vector<std::size_t>> owned_;
    std::uint64_t steps_ = 0;
};

/// The whole of a sticky rebalance.
inline result<assignment> rebalance_in_place(std::span<member const> members, std::span<load const> existing,
                                             std::span<holding const> current, bool by_rack) {
    if (current.empty()) return assignment{};
    std::uint64_t replicas = 0;
    std::uint32_t most = 0;
    for (holding const& each : current) {
        if (each.replicas == 0) return std::unexpected(make_error_code(errc::no_partitions));
        replicas += each.replicas;
        most = std::max(most, each.replicas);
    }
    if (replicas > replicas_max) return std::unexpected(make_error_code(errc::too_large));
    if (most > members.size()) return std::unexpected(make_error_code(errc::too_few_members));
    auto table = make_table(members, existing, 1, 1, by_rack);
    if (!table) return std::unexpected(table.error());
    std::vector<hand> hands = leveler{*table, current}.level();
    leaders{*table, hands}.keep();
    return as_assignment(*table, hands);
}

}  // namespace chronik::assign::detail
