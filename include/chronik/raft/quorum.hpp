// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/raft/configuration.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <vector>

namespace chronik::raft {

/// The smallest number of voters of which any two groups share a member.
constexpr std::size_t majority_of(std::size_t voters) { return voters / 2 + 1; }

/// The largest value that a majority of `voters` has reached.
///
/// value_of   node_id -> an ordered value: a match index, a time of contact, a round
/// Sorted afresh each time: with at most voters_max values that is cheaper than being clever, and an
/// incrementally kept order is a place to lose a quorum. Of three, as most groups have, it is the one in the middle.
template <class ValueOf>
auto reached_by_majority(std::vector<node_id> const& voters, ValueOf& value_of) {
    using value = decltype(value_of(node_id{}));
    CHRONIK_ASSERT(!voters.empty());
    CHRONIK_ASSERT(voters.size() <= voters_max);
    if (voters.size() == 3) {
        value const first = value_of(voters[0]);
        value const second = value_of(voters[1]);
        value const third = value_of(voters[2]);
        return std::max(std::min(first, second), std::min(std::max(first, second), third));
    }
    std::array<value, voters_max> values{};
    std::size_t count = 0;
    for (node_id const voter : voters) values[count++] = value_of(voter);
    std::sort(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count), std::greater<>{});
    return values[majority_of(count) - 1];
}

/// The largest value that a quorum has reached: a majority, or while a change is under way one of each set of voters.
///
/// source   Raft paper (extended) section 6, "joint consensus"
template <class ValueOf>
auto reached_by_quorum(configuration const& members, ValueOf value_of) {
    auto const reached = reached_by_majority(members.voters, value_of);
    return members.is_joint() ? std::min(reached, reached_by_majority(members.outgoing, value_of)) : reached;
}

enum class vote_state { pending, won, lost };
enum class answer { missing, granted, refused };

template <class AnswerOf>
vote_state count_votes_of(std::vector<node_id> const& voters, AnswerOf& answer_of) {
    std::size_t granted = 0;
    std::size_t refused = 0;
    for (node_id const voter : voters) {
        answer const given = answer_of(voter);
        granted += given == answer::granted ? 1 : 0;
        refused += given == answer::refused ? 1 : 0;
    }
    std::size_t const needed = majority_of(voters.size());
    if (granted >= needed) return vote_state::won;
    return voters.size() - refused < needed ? vote_state::lost : vote_state::pending;
}

/// The state of a vote: lost as soon as it can no longer be won.
///
/// answer_of   node_id -> answer
template <class AnswerOf>
vote_state count_votes(configuration const& members, AnswerOf answer_of) {
    vote_state const incoming = count_votes_of(members.voters, answer_of);
    if (!members.is_joint() || incoming == vote_state::lost) return incoming;
    vote_state const outgoing = count_votes_of(members.outgoing, answer_of);
    if (outgoing == vote_state::lost) return vote_state::lost;
    return incoming == outgoing ? incoming : vote_state::pending;
}

}  // namespace chronik::raft
