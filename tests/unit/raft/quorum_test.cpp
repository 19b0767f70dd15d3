// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/random.hpp>
#include <chronik/raft/quorum.hpp>

#include <gtest/gtest.h>

#include <map>

namespace {

using namespace chronik;
using namespace chronik::raft;

configuration first(std::uint32_t voters) {
    configuration made;
    for (std::uint32_t v = 1; v <= voters; ++v) made.voters.push_back({v});
    return made;
}

// openraft 1802: an order kept incrementally went wrong and committed without a quorum. The definition, counted
// plainly, is the judge here.
TEST(raft_quorum, agrees_with_a_plain_count_on_random_values) {
    chronik::random chance(7);
    for (int round = 0; round < 2000; ++round) {
        configuration const members = first(static_cast<std::uint32_t>(chance.between(1, voters_max)));
        std::map<node_id, std::uint64_t> held;
        for (node_id const voter : members.voters) held[voter] = chance.below(10);

        std::uint64_t const reached = reached_by_quorum(members, [&](node_id voter) { return held[voter]; });

        auto const holders = [&](std::uint64_t value) {
            return static_cast<std::size_t>(
                std::ranges::count_if(held, [&](auto const& h) { return h.second >= value; }));
        };
        EXPECT_GE(holders(reached), majority_of(members.voters.size()));
        EXPECT_LT(holders(reached + 1), majority_of(members.voters.size()));
    }
}

TEST(raft_quorum, learners_do_not_count) {
    configuration members = first(3);
    members.learners = {{8}, {9}};

    auto const reached = reached_by_quorum(members, [](node_id node) { return node.value >= 3 ? 5 : 1; });

    EXPECT_EQ(reached, 1);
}

// "Agreement (for elections and entry commitment) requires separate majorities from both the old and new
// configurations." Raft paper, section 6
TEST(raft_quorum, joint_quorum_is_a_majority_of_each_set) {
    configuration const joint{.voters = {{1}, {2}, {3}}, .outgoing = {{3}, {4}, {5}}};
    std::map<node_id, int> held{{{1}, 9}, {{2}, 9}, {{3}, 9}, {{4}, 2}, {{5}, 1}};
    auto const reached = [&] { return reached_by_quorum(joint, [&](node_id voter) { return held[voter]; }); };

    EXPECT_EQ(reached(), 2) << "the old set has only one at 9";
    held[{4}] = 7;
    EXPECT_EQ(reached(), 7);
}

TEST(raft_quorum, joint_vote_is_won_in_both_sets_and_lost_in_either) {
    configuration const joint{.voters = {{1}, {2}, {3}}, .outgoing = {{4}, {5}, {6}}};
    std::map<node_id, answer> answers;
    auto const state = [&] { return count_votes(joint, [&](node_id voter) { return answers[voter]; }); };

    answers[{1}] = answers[{2}] = answers[{3}] = answer::granted;
    EXPECT_EQ(state(), vote_state::pending);
    answers[{4}] = answers[{5}] = answer::refused;
    EXPECT_EQ(state(), vote_state::lost);
    answers[{4}] = answers[{5}] = answer::granted;
    EXPECT_EQ(state(), vote_state::won);
}

TEST(raft_quorum, vote_is_lost_as_soon_as_it_cannot_be_won) {
    std::map<node_id, answer> answers;
    auto const state = [&] { return count_votes(first(4), [&](node_id voter) { return answers[voter]; }); };

    EXPECT_EQ(state(), vote_state::pending);
    answers[{1}] = answers[{2}] = answer::granted;
    EXPECT_EQ(state(), vote_state::pending) << "two of four are no majority";
    answers[{3}] = answer::refused;
    EXPECT_EQ(state(), vote_state::pending);
    answers[{4}] = answer::refused;
    EXPECT_EQ(state(), vote_state::lost);
    answers[{4}] = answer::granted;
    EXPECT_EQ(state(), vote_state::won);
}

}  // namespace
