// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/ids.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace chronik::raft {

/// More voters than this make every commit slower and no group safer in practice.
inline constexpr std::size_t voters_max = 15;

/// Who takes part in a group. A value: a membership change replaces it whole.
///
/// voters     elect leaders and count for commit; sorted, unique, 1 to voters_max
/// learners   receive everything and count for nothing; sorted, unique, none of them a voter
struct configuration {
    std::vector<node_id> voters;
    std::vector<node_id> learners;

    bool is_voter(node_id node) const { return std::ranges::binary_search(voters, node); }
    bool is_learner(node_id node) const { return std::ranges::binary_search(learners, node); }
    bool contains(node_id node) const { return is_voter(node) || is_learner(node); }

    bool operator==(configuration const&) const = default;
};

/// The same members in the order that `configuration` promises.
inline configuration normalized(configuration members) {
    for (auto* list : {&members.voters, &members.learners}) {
        std::ranges::sort(*list);
        auto const repeated = std::ranges::unique(*list);
        list->erase(repeated.begin(), repeated.end());
    }
    return members;
}

/// True when the value keeps what `configuration` promises.
inline bool is_valid(configuration const& members) {
    if (members.voters.empty() || members.voters.size() > voters_max) return false;
    if (members.is_voter(no_node) || members.is_learner(no_node)) return false;
    if (members != normalized(members)) return false;
    return std::ranges::none_of(members.learners, [&](node_id node) { return members.is_voter(node); });
}

}  // namespace chronik::raft
