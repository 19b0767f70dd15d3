// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/hard_state.hpp>

#include <gtest/gtest.h>

namespace {

using namespace chronik;

TEST(raft_hard_state, begins_before_the_first_election_with_no_vote) {
    raft::hard_state const fresh{};
    EXPECT_EQ(fresh.term, log_term{});
    EXPECT_EQ(fresh.vote, no_node);
}

TEST(raft_hard_state, differs_when_the_vote_does) {
    EXPECT_NE((raft::hard_state{log_term{3}, node_id{1}}), (raft::hard_state{log_term{3}, no_node}));
    EXPECT_EQ((raft::hard_state{log_term{3}, node_id{1}}), (raft::hard_state{log_term{3}, node_id{1}}));
}

// What comes from outside is checked against these; the sums that follow must not wrap.
TEST(raft_hard_state, the_largest_numbers_can_be_added_to) {
    EXPECT_GT(raft::log_term_max.value + 1, raft::log_term_max.value);
    EXPECT_GT(raft::log_index_max + raft::log_index_max.value, raft::log_index_max);
    EXPECT_GT(raft::log_offset_max + ~std::uint32_t{0}, raft::log_offset_max);
}

}  // namespace
