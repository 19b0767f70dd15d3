// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/configuration.hpp>

#include <gtest/gtest.h>

namespace {

using chronik::node_id;
using chronik::raft::configuration;
using chronik::raft::is_valid;
using chronik::raft::normalized;

configuration of(std::vector<node_id> voters, std::vector<node_id> learners = {}) {
    return {std::move(voters), std::move(learners)};
}

TEST(raft_configuration, members_are_found_by_their_part) {
    configuration const members = of({{1}, {2}, {3}}, {{7}});

    EXPECT_TRUE(members.is_voter({2}));
    EXPECT_FALSE(members.is_voter({7}));
    EXPECT_TRUE(members.is_learner({7}));
    EXPECT_TRUE(members.contains({7}));
    EXPECT_FALSE(members.contains({4}));
}

TEST(raft_configuration, normalizing_sorts_and_drops_repetitions) {
    EXPECT_EQ(normalized(of({{3}, {1}, {3}}, {{9}, {8}, {9}})), of({{1}, {3}}, {{8}, {9}}));
}

TEST(raft_configuration, impossible_members_are_told_apart) {
    EXPECT_TRUE(is_valid(of({{1}})));
    EXPECT_FALSE(is_valid(of({}))) << "nobody could lead";
    EXPECT_FALSE(is_valid(of({{0}, {1}}))) << "zero is nobody";
    EXPECT_FALSE(is_valid(of({{2}, {1}}))) << "unsorted";
    EXPECT_FALSE(is_valid(of({{1}, {2}}, {{2}}))) << "voter and learner at once";
    std::vector<node_id> crowd;
    for (std::uint32_t v = 1; v <= chronik::raft::voters_max + 1; ++v) crowd.push_back({v});
    EXPECT_FALSE(is_valid(of(crowd)));
}

// Seed 86 of three members in tests/simulation: two of three were witnesses, agreed on what a leader that left sent,
// and the third could not win against them any more.
TEST(raft_configuration, no_majority_is_of_witnesses_alone) {
    configuration members = of({{1}, {2}, {3}});
    members.witnesses = {{3}};
    EXPECT_TRUE(is_valid(members));
    members.witnesses = {{2}, {3}};
    EXPECT_FALSE(is_valid(members));
    members.voters = {{1}, {2}, {3}, {4}};
    EXPECT_TRUE(is_valid(members));
    members.outgoing = {{2}};
    EXPECT_FALSE(is_valid(members)) << "of neither set, while there are two";
    members = of({{1}});
    members.witnesses = {{1}};
    EXPECT_FALSE(is_valid(members));
}

}  // namespace
