// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/raft/configuration.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>

namespace chronik::raft {

/// The smallest number of voters of which any two groups share a member.
constexpr std::size_t majority_of(std::size_t voters) { return voters / 2 + 1; }

/// The largest value that a majority of the voters has reached.
///
/// value_of   node_id -> an ordered value: a match index, a time of contact, a round
/// Sorted afresh each time: with at most voters_max values that is cheaper than being clever, and an
/// incrementally kept order is a place to lose a quorum.
template <class ValueOf>
auto reached_by_quorum(configuration const& members, ValueOf value_of) {
    using value = decltype(value_of(node_id{}));
    CHRONIK_ASSERT(!members.voters.empty());
    CHRONIK_ASSERT(members.voters.size() <= voters_max);
    std::array<value, voters_max> values{};
    std::size_t count = 0;
    for (node_id const voter : members.voters) values[count++] = value_of(voter);
    std::sort(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count), std::greater<>{});
    return values[majority_of(count) - 1];
}

enum class vote_state { pending, won, lost };
enum class answer { missing, granted, refused };

/// The state of a vote: lost as soon as it can no longer be won.
///
/// answer_of   node_id -> answer
template <class AnswerOf>
vote_state count_votes(configuration const& members, AnswerOf answer_of) {
    std::size_t granted = 0;
    std::size_t refused = 0;
    for (node_id const voter : members.voters) {
        answer const given = answer_of(voter);
        granted += given == answer::granted ? 1 : 0;
        refused += given == answer::refused ? 1 : 0;
    }
    std::size_t const needed = majority_of(members.voters.size());
    if (granted >= needed) return vote_state::won;
    return members.voters.size() - refused < needed ? vote_state::lost : vote_state::pending;
}

}  // namespace chronik::raft
