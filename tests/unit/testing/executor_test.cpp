// SPDX-License-Identifier: Apache-2.0
#include <chronik/testing/executor.hpp>

#include <gtest/gtest.h>

#include <string>

namespace chronik::testing {
namespace {

using namespace std::chrono_literals;

struct testing_executor : ::testing::Test {
    scheduler events;
    executor work{events, 7, 2ms, 2ms};
    std::string order;

    executor::task says(char what) {
        return [this, what] { order += what; };
    }
};

TEST_F(testing_executor, work_happens_before_its_completion_and_both_take_time) {
    work.run(says('w'), says('f'));

    events.run_until(time_point{1ms});
    EXPECT_EQ(order, "w");
    events.run_until(time_point{2ms});
    EXPECT_EQ(order, "wf");
}

TEST_F(testing_executor, tasks_of_one_lane_wait_for_each_other) {
    work.run(says('a'), says('A'));
    work.run(says('b'), says('B'));

    events.run_until(time_point{4ms});

    EXPECT_EQ(order, "aAbB");
}

TEST_F(testing_executor, the_background_does_not_delay_what_is_urgent) {
    for (int each = 0; each < 3; ++each) work.run_in_background(says('-'), says('-'));
    work.run(says('u'), says('U'));

    events.run_until(time_point{2ms});

    EXPECT_EQ(order, "-u-U");
}

TEST_F(testing_executor, after_stop_nothing_runs_and_nobody_is_told) {
    work.run(says('a'), says('A'));
    events.run_until(time_point{1ms});
    work.stop();
    events.run_until(time_point{1s});

    EXPECT_EQ(order, "a");
}

TEST_F(testing_executor, an_interruption_runs_what_had_begun_once_and_drops_the_rest) {
    work.run(says('a'), says('A'));
    work.run(says('b'), says('B'));

    work.interrupt();
    events.run_until(time_point{1s});

    EXPECT_EQ(order, "a");
}

TEST_F(testing_executor, a_device_that_hangs_begins_nothing_until_it_is_over) {
    work.run(says('a'), says('A'));
    work.stall(time_point{1s});
    work.run(says('b'), says('B'));

    events.run_until(time_point{999ms});
    EXPECT_EQ(order, "aA");
    events.run_until(time_point{2s});
    EXPECT_EQ(order, "aAbB");
}

}  // namespace
}  // namespace chronik::testing
