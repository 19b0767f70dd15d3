// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <vector>

namespace chronik::raft {

/// More voters than this make every commit slower and no group safer in practice.
inline constexpr std::size_t voters_max = 15;
/// Learners cost the leader's bandwidth, and nobody's quorum.
inline constexpr std::size_t learners_max = 1000;

/// Who takes part in a group. A value: a membership change replaces it whole. All lists are sorted and unique.
///
/// voters      elect leaders and count for commit; 1 to voters_max
/// learners    receive everything and count for nothing; none of them in voters
/// outgoing    while one set of voters takes over from another: the old set; both have to agree then
/// witnesses   those voters that keep no payloads and never lead; at most half of the voters, and of the outgoing ones:
///             so every majority has somebody who has the payloads and can lead
/// promoting   those learners that become voters when they have caught up, whoever leads then
/// Without voters there is nothing at all: a blank member waits for a leader, which tells it who takes part.
/// As bytes: docs/formats/configuration.md.
/// source   Raft paper (extended) section 6; thesis section 4.3
struct configuration {
    std::vector<node_id> voters{};
    std::vector<node_id> learners{};
    std::vector<node_id> outgoing{};
    std::vector<node_id> witnesses{};
    std::vector<node_id> promoting{};

    bool is_blank() const { return voters.empty(); }
    bool is_joint() const { return !outgoing.empty(); }
    bool is_voter(node_id node) const { return holds(voters, node) || holds(outgoing, node); }
    bool is_learner(node_id node) const { return holds(learners, node) && !holds(outgoing, node); }
    bool is_witness(node_id node) const { return holds(witnesses, node); }
    bool is_promoting(node_id node) const { return holds(promoting, node); }
    bool contains(node_id node) const { return is_voter(node) || holds(learners, node); }

    bool operator==(configuration const&) const = default;

    static bool holds(std::vector<node_id> const& list, node_id node) {
        return std::ranges::binary_search(list, node);
    }
    /// Its lists in the order in which they are declared and written.
    static auto lists(auto& members) {
        return std::array{&members.voters, &members.learners, &members.outgoing, &members.witnesses,
                          &members.promoting};
    }
};

/// The same members in the order that `configuration` promises.
inline configuration normalized(configuration members) {
    for (auto* list : configuration::lists(members)) {
        std::ranges::sort(*list);
        auto const repeated = std::ranges::unique(*list);
        list->erase(repeated.begin(), repeated.end());
    }
    return members;
}

/// True when the value keeps what `configuration` promises; a blank one does not: it names no group.
inline bool is_valid(configuration const& members) {
    if (members.voters.empty() || members.voters.size() > voters_max) return false;
    if (members.outgoing.size() > voters_max || members.learners.size() > learners_max) return false;
    if (members.contains(no_node) || members != normalized(members)) return false;
    auto const is_old_or_new = [&](node_id node) { return members.is_voter(node); };
    if (!std::ranges::all_of(members.witnesses, is_old_or_new)) return false;
    auto const witnesses_of = [&](std::vector<node_id> const& set) {
        return std::ranges::count_if(set, [&](node_id node) { return members.is_witness(node); });
    };
    for (auto const* set : {&members.voters, &members.outgoing}) {
        if (static_cast<std::size_t>(witnesses_of(*set)) > set->size() / 2) return false;
    }
    auto const is_new_voter = [&](node_id node) { return configuration::holds(members.voters, node); };
    if (std::ranges::any_of(members.learners, is_new_voter)) return false;
    return std::ranges::includes(members.learners, members.promoting);
}

/// Everybody who receives the log, sorted.
inline std::vector<node_id> everyone(configuration const& members) {
    std::vector<node_id> all;
    for (auto const* list : {&members.voters, &members.learners, &members.outgoing}) {
        all.insert(all.end(), list->begin(), list->end());
    }
    std::ranges::sort(all);
    auto const repeated = std::ranges::unique(all);
    all.erase(repeated.begin(), repeated.end());
    return all;
}

}  // namespace chronik::raft
