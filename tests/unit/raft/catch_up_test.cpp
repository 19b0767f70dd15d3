// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/catch_up.hpp>

#include <gtest/gtest.h>

#include <chrono>

namespace {

using namespace chronik;
using namespace std::chrono_literals;

constexpr time_point at(duration since) { return time_point{since}; }
constexpr log_index i(std::uint64_t value) { return {value}; }

TEST(raft_catch_up, a_round_ends_when_all_is_durable_that_was_there_when_it_began) {
    raft::catch_up rounds;
    rounds.reached(i(0), i(10), 100ms, at(0ms));
    rounds.reached(i(9), i(20), 100ms, at(50ms));
    EXPECT_FALSE(rounds.is_fast()) << "not the whole round yet";

    rounds.reached(i(10), i(30), 100ms, at(100ms));
    EXPECT_TRUE(rounds.is_fast());
}

TEST(raft_catch_up, each_round_is_judged_by_itself) {
    raft::catch_up rounds;
    rounds.reached(i(0), i(10), 100ms, at(0ms));
    rounds.reached(i(10), i(20), 100ms, at(101ms));
    EXPECT_FALSE(rounds.is_fast());

    rounds.reached(i(20), i(30), 100ms, at(150ms));
    EXPECT_TRUE(rounds.is_fast()) << "the next one was short";
    rounds.reached(i(30), i(40), 100ms, at(300ms));
    EXPECT_FALSE(rounds.is_fast());
}

TEST(raft_catch_up, nothing_is_known_before_the_first_answer) { EXPECT_FALSE(raft::catch_up{}.is_fast()); }

}  // namespace
