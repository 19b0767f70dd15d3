// SPDX-License-Identifier: Apache-2.0
#include <chronik/posix/loop_lane.hpp>

#include "owner_thread.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace chronik::posix {
namespace {

struct loop_lane_of_a_loop : ::testing::Test {
    owner_thread owner;
    loop_lane lane{[this](loop_lane::task task) { owner.post(std::move(task)); }};
};

TEST_F(loop_lane_of_a_loop, a_sync_runs_on_the_owners_thread_and_behind_what_has_come_before) {
    std::string order;
    std::thread::id worked;

    owner.post([&] { order += 'm'; });
    lane.run([&] { order += 'w', worked = std::this_thread::get_id(); }, [&] { order += 'f'; });
    EXPECT_EQ(order, "") << "never from within the call";
    owner.run_one();
    owner.run_one();

    EXPECT_EQ(order, "mwf");
    EXPECT_EQ(worked, std::this_thread::get_id());
}

TEST_F(loop_lane_of_a_loop, segments_are_made_on_another_thread) {
    std::thread::id worked;
    std::thread::id finished;

    lane.run_in_background([&] { worked = std::this_thread::get_id(); },
                           [&] { finished = std::this_thread::get_id(); });
    owner.run_one();

    EXPECT_NE(worked, std::this_thread::get_id());
    EXPECT_EQ(finished, std::this_thread::get_id());
}

TEST_F(loop_lane_of_a_loop, stopping_drops_what_the_loop_has_not_begun) {
    lane.run([] { FAIL(); }, [] { FAIL(); });
    lane.stop();
    lane.run_in_background([] { FAIL(); }, [] { FAIL(); });

    owner.run_one();
}

}  // namespace
}  // namespace chronik::posix
