// SPDX-License-Identifier: Apache-2.0
#include <chronik/testing/scheduler.hpp>

#include <gtest/gtest.h>

#include <string>

namespace chronik::testing {
namespace {

using namespace std::chrono_literals;

TEST(scheduler, things_happen_in_the_order_of_time_and_then_of_scheduling) {
    scheduler events;
    std::string order;
    events.after(2ms, [&] { order += 'c'; });
    events.after(1ms, [&] { order += 'a'; });
    events.after(1ms, [&] { order += 'b'; });

    events.run_until(time_point{2ms});

    EXPECT_EQ(order, "abc");
    EXPECT_TRUE(events.idle());
}

TEST(scheduler, what_happens_may_schedule_more_for_the_same_moment) {
    scheduler events;
    int happened = 0;
    events.after(1ms, [&] {
        ++happened;
        events.after(0ms, [&] { ++happened; });
    });

    events.run_until(time_point{1ms});

    EXPECT_EQ(happened, 2);
}

TEST(scheduler, time_stands_at_the_limit_when_nothing_is_left_before_it) {
    scheduler events;
    bool late = false;
    events.after(5ms, [&] { late = true; });

    events.run_until(time_point{4ms});

    EXPECT_EQ(events.now(), time_point{4ms});
    EXPECT_FALSE(late);
}

TEST(scheduler, a_condition_stops_time_when_it_holds) {
    scheduler events;
    int count = 0;
    for (int each = 1; each <= 5; ++each) events.after(each * 1ms, [&] { ++count; });

    EXPECT_TRUE(events.run_until([&] { return count == 3; }, time_point{1s}));
    EXPECT_EQ(events.now(), time_point{3ms});
}

TEST(scheduler, a_condition_that_never_holds_ends_at_its_limit) {
    scheduler events;
    events.after(2s, [] {});

    EXPECT_FALSE(events.run_until([] { return false; }, time_point{1s}));
    EXPECT_FALSE(events.idle());
}

}  // namespace
}  // namespace chronik::testing
