// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/catch_up_throttle.hpp>

#include <gtest/gtest.h>

#include <chrono>

namespace {

using namespace chronik;
using namespace std::chrono_literals;

constexpr time_point at(duration since) { return time_point{since}; }

TEST(raft_catch_up_throttle, pieces_wait_for_their_share_and_entries_run_ahead_by_the_burst) {
    raft::catch_up_throttle throttle;
    EXPECT_TRUE(throttle.ready(at(0ms)));

    throttle.sent(1'000, 10'000, at(0ms));

    EXPECT_EQ(throttle.ready_at(), at(100ms));
    EXPECT_FALSE(throttle.ready(at(99ms)));
    EXPECT_TRUE(throttle.ready(at(100ms)));
    EXPECT_EQ(throttle.entries_ready_at(), at(90ms));
    EXPECT_FALSE(throttle.entries_ready(at(89ms)));
    EXPECT_TRUE(throttle.entries_ready(at(90ms)));
}

TEST(raft_catch_up_throttle, what_is_sent_meanwhile_adds_up_and_a_pause_earns_nothing) {
    raft::catch_up_throttle throttle;
    throttle.sent(1'000, 10'000, at(0ms));
    throttle.sent(1'000, 10'000, at(50ms));
    EXPECT_EQ(throttle.ready_at(), at(200ms));

    throttle.sent(1'000, 10'000, at(1s));
    EXPECT_EQ(throttle.ready_at(), at(1100ms));
}

TEST(raft_catch_up_throttle, without_a_limit_nothing_waits) {
    raft::catch_up_throttle throttle;
    throttle.sent(1'000'000, 0, at(5ms));
    EXPECT_TRUE(throttle.ready(at(0ms)));
}

}  // namespace
