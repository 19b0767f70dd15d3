// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/rest.hpp>

#include <gtest/gtest.h>

#include <chrono>

namespace {

using namespace chronik;
using namespace std::chrono_literals;

// What a core does with it: tests/paper/rest_test.cpp.

TEST(raft_rest, only_an_answer_to_the_question_declines_it) {
    raft::rest_of_leader rest;
    EXPECT_FALSE(rest.is_declined(9, false)) << "nobody was asked";

    rest.begin(5);
    EXPECT_FALSE(rest.is_declined(4, false)) << "an answer to a heartbeat before";
    EXPECT_FALSE(rest.is_declined(5, true));
    EXPECT_TRUE(rest.is_declined(5, false));
    rest.end();
    EXPECT_FALSE(rest.is_declined(5, false));
}

TEST(raft_rest, silence_is_noticed_before_an_election_would_begin) {
    EXPECT_EQ(raft::silence_max(150ms, 1s), 450ms);
    EXPECT_EQ(raft::silence_max(500ms, 1s), 1s);
}

TEST(raft_rest, who_does_not_rest_is_like_nobody) {
    EXPECT_EQ(raft::resting{}, (raft::resting{log_term{0}, no_node}));
}

}  // namespace
