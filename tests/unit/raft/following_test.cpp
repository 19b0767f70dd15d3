// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/following.hpp>

#include <gtest/gtest.h>

namespace {

using namespace chronik;
using namespace chronik::raft;

append_request heartbeat(std::uint64_t round) {
    append_request made;
    made.term = log_term{1};
    made.round = round;
    return made;
}

TEST(raft_following, answers_promise_only_what_is_checked_and_durable) {
    following f;
    f.take(heartbeat(1), log_index{5});

    auto const early = f.answer(log_term{1}, log_index{3}, 100);
    EXPECT_EQ(early.match_index, log_index{3});
    EXPECT_EQ(early.checked_index, log_index{5});
    EXPECT_EQ(f.answer(log_term{1}, log_index{9}, 100).match_index, log_index{5});
}

TEST(raft_following, each_round_is_answered_once) {
    following f;
    f.take(heartbeat(1), log_index{5});
    EXPECT_TRUE(f.owes_answer(false, log_index{5}, log_index{5}));

    f.answer(log_term{1}, log_index{5}, 100);
    EXPECT_FALSE(f.owes_answer(false, log_index{5}, log_index{5}));
    f.take(heartbeat(2), log_index{5});
    EXPECT_TRUE(f.owes_answer(false, log_index{5}, log_index{5}));
}

TEST(raft_following, entries_are_answered_when_durable_and_again_when_repeated) {
    following f;
    f.take(heartbeat(1), log_index{5});

    EXPECT_FALSE(f.owes_answer(true, log_index{5}, log_index{4})) << "the disk will answer";
    EXPECT_TRUE(f.owes_answer(true, log_index{5}, log_index{5}));
    f.answer(log_term{1}, log_index{5}, 100);
    EXPECT_TRUE(f.owes_answer(true, log_index{5}, log_index{5})) << "the first answer was lost";
}

}  // namespace
