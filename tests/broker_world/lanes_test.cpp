// SPDX-License-Identifier: Apache-2.0
#include <broker_world/event_loop.hpp>
#include <broker_world/lanes.hpp>

#include <chronik/base/time.hpp>
#include <chronik/testing/clock.hpp>
#include <chronik/testing/scheduler.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace broker::world {
namespace {

using namespace std::chrono_literals;
using chronik::time_point;

/// Work that takes ten milliseconds, and is done in the middle of them.
struct busy_process {
    void run(char work, char finished) {
        work_lanes.run([this, work] { done += work; }, [this, finished] { done += finished; });
    }

    chronik::testing::scheduler events;
    event_loop loop{events, chronik::testing::clock{}, 0};
    lanes work_lanes{loop, events, 1, 10ms, 10ms};
    std::string done;
};

TEST(world_lanes, work_takes_its_time_and_is_reported_on_the_loop) {
    busy_process process;
    process.run('a', 'b');

    process.events.run_until(time_point{9ms});
    EXPECT_EQ(process.done, "a");

    process.events.run_until(time_point{10ms});
    EXPECT_EQ(process.done, "ab");
}

TEST(world_lanes, a_device_works_on_while_its_process_is_frozen) {
    busy_process process;
    process.run('a', 'b');
    process.loop.freeze(time_point{30ms});

    process.events.run_until(time_point{29ms});
    EXPECT_EQ(process.done, "a");

    process.events.run_until(time_point{30ms});
    EXPECT_EQ(process.done, "ab");
}

TEST(world_lanes, work_that_had_not_begun_never_happens) {
    busy_process process;
    process.run('a', 'b');
    process.run('c', 'd');
    process.events.run_until(time_point{7ms});

    process.work_lanes.stop();
    process.events.run_until(time_point{1s});

    EXPECT_EQ(process.done, "a");
}

}  // namespace
}  // namespace broker::world
