// SPDX-License-Identifier: Apache-2.0
#include <cluster/rendezvous.hpp>
#include <environment.hpp>

#include <chronik/testing/clock.hpp>
#include <chronik/testing/scheduler.hpp>

#include <asio/awaitable.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace broker::world {
namespace {

using namespace std::chrono_literals;
using chronik::time_point;
using chronik::testing::clock;
using chronik::testing::scheduler;

constexpr std::int64_t base = 1'000;

struct fixture {
    scheduler events;
    event_loop loop{events, clock{}, base};
    std::string done;

    asio::awaitable<void> pause_and_say(timer& by, chronik::duration limit, char what) {
        co_await by.pause(limit);
        done += what;
    }
};

TEST(world_event_loop, what_is_posted_runs_later_and_in_order) {
    fixture world;
    world.loop.post([&] {
        world.done += 'a';
        world.loop.post([&] { world.done += 'c'; });
    });
    world.loop.post([&] { world.done += 'b'; });
    EXPECT_EQ(world.done, "");

    world.events.run_until(time_point{});

    EXPECT_EQ(world.done, "abc");
}

TEST(world_event_loop, a_pause_lasts_as_long_in_virtual_time_as_it_says) {
    fixture world;
    timer rest{world.loop};
    world.loop.start(world.pause_and_say(rest, 10ms, 'x'));

    world.events.run_until(time_point{9ms});
    EXPECT_EQ(world.done, "");

    world.events.run_until(time_point{10ms});
    EXPECT_EQ(world.done, "x");
}

TEST(world_event_loop, a_pause_that_is_cancelled_ends_at_once) {
    fixture world;
    timer rest{world.loop};
    world.loop.start(world.pause_and_say(rest, 1h, 'x'));
    world.events.run_until(time_point{1ms});

    rest.cancel();
    rest.cancel();
    world.events.run_until(time_point{1ms});

    EXPECT_EQ(world.done, "x");
}

TEST(world_event_loop, a_pause_follows_the_clock_of_its_process) {
    scheduler events;
    event_loop slow{events, clock{time_point{}, time_point{5s}, -500'000}, base};
    bool done = false;
    auto const pause = [&]() -> asio::awaitable<void> {
        timer rest{slow};
        co_await rest.pause(10ms);
        done = true;
    };
    slow.start(pause());

    events.run_until(time_point{19ms});
    EXPECT_FALSE(done);
    EXPECT_EQ(slow.now(), time_point{5s} + 9'500us);

    events.run_until(time_point{21ms});
    EXPECT_TRUE(done);
}

TEST(world_event_loop, a_process_that_is_frozen_finds_what_came_meanwhile) {
    fixture world;
    timer rest{world.loop};
    world.loop.start(world.pause_and_say(rest, 5ms, 'b'));
    world.events.run_until(time_point{1ms});

    world.loop.freeze(time_point{20ms});
    world.loop.post([&] { world.done += 'a'; });
    world.events.run_until(time_point{19ms});
    EXPECT_EQ(world.done, "");
    EXPECT_EQ(world.loop.now(), time_point{19ms});

    world.events.run_until(time_point{20ms});
    EXPECT_EQ(world.done, "ab");
}

TEST(world_event_loop, a_loop_that_is_stopped_calls_nothing_any_more) {
    fixture world;
    world.loop.post([&] {
        world.done += 'a';
        world.loop.stop();
    });
    world.loop.post([&] { world.done += 'b'; });
    world.events.run_until(time_point{1ms});
    world.loop.post([&] { world.done += 'c'; });

    world.events.run_until(time_point{1s});

    EXPECT_EQ(world.done, "a");
}

TEST(world_event_loop, the_other_clock_counts_from_where_the_world_begins) {
    fixture world;
    world.events.run_until(time_point{2s});

    EXPECT_EQ(world.loop.wall_ms(), base + 2'000);
}

TEST(world_event_loop, who_waits_when_the_loop_goes_is_unwound_and_not_resumed) {
    scheduler events;
    auto const held = std::make_shared<int>(1);
    bool resumed = false;
    {
        event_loop loop{events, clock{}, base};
        auto const wait = [&resumed, &loop](std::shared_ptr<int> kept) -> asio::awaitable<void> {
            timer rest{loop};
            co_await rest.pause(1s);
            resumed = *kept == 1;
        };
        loop.start(wait(held));
        events.run_until(time_point{1ms});
        EXPECT_EQ(held.use_count(), 2);
    }
    events.run_until(time_point{2s});

    EXPECT_EQ(held.use_count(), 1);
    EXPECT_FALSE(resumed);
}

TEST(world_event_loop, a_timer_may_outlive_its_loop) {
    scheduler events;
    std::optional<event_loop> loop{std::in_place, events, clock{}, base};
    auto const meeting = std::make_shared<rendezvous<int>>(*loop);

    loop.reset();
    meeting->bring(1);

    EXPECT_EQ(meeting.use_count(), 1);
}

TEST(world_event_loop, a_value_ends_the_wait_for_it) {
    fixture world;
    auto const meeting = std::make_shared<rendezvous<int>>(world.loop);
    std::optional<int> got;
    auto const wait = [&]() -> asio::awaitable<void> { got = co_await meeting->wait(1h); };
    world.loop.start(wait());
    world.events.run_until(time_point{1ms});

    meeting->bring(7);
    world.events.run_until(time_point{1ms});

    EXPECT_EQ(got, 7);
}

}  // namespace
}  // namespace broker::world
