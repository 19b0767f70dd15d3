// SPDX-License-Identifier: Apache-2.0
#include <cluster/rendezvous.hpp>
#include <cluster/deadlines.hpp>
#include <server/budget.hpp>

#include <broker/loop_client.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace broker::tests {
namespace {

using namespace std::chrono_literals;
using chronik::time_point;

TEST(deadlines, what_is_due_is_done_in_the_order_of_time_and_nothing_else) {
    deadlines waiting;
    std::string done;
    waiting.add(time_point{2s}, [&] { done += 'b'; });
    waiting.add(time_point{1s}, [&] { done += 'a'; });
    waiting.add(time_point{3s}, [&] { done += 'c'; });

    waiting.sweep(time_point{2s});

    EXPECT_EQ(done, "ab");
    EXPECT_EQ(waiting.size(), 1U);
}

TEST(deadlines, what_is_cancelled_does_not_happen_and_may_be_cancelled_again) {
    deadlines waiting;
    bool done = false;
    auto const handle = waiting.add(time_point{1s}, [&] { done = true; });

    waiting.cancel(handle);
    waiting.cancel(handle);
    waiting.sweep(time_point{9s});

    EXPECT_FALSE(done);
}

TEST(deadlines, what_expires_may_add_and_cancel_others) {
    deadlines waiting;
    std::string done;
    auto const other = waiting.add(time_point{2s}, [&] { done += 'b'; });
    waiting.add(time_point{1s}, [&] {
        done += 'a';
        waiting.cancel(other);
        waiting.add(time_point{1s}, [&] { done += 'c'; });
    });

    waiting.sweep(time_point{2s});

    EXPECT_EQ(done, "ac");
    EXPECT_EQ(waiting.size(), 0U);
}

struct budget_world {
    budget_world() { memory.attach(loop); }
    ~budget_world() { memory.detach(); }

    void take(std::size_t bytes) {
        asio::co_spawn(loop, taking(bytes), asio::detached);
        turn_idle(loop);
    }
    asio::awaitable<void> taking(std::size_t bytes) {
        auto taken = co_await memory.take(bytes, given_up);
        shares.push_back(std::move(taken));
    }

    budget memory{100};
    asio::io_context loop;
    bool given_up = false;
    std::vector<budget::share> shares;
};

TEST(budget, what_does_not_fit_waits_until_enough_is_given_back) {
    budget_world world;
    world.take(60);
    world.take(60);
    EXPECT_EQ(world.shares.size(), 1U);
    EXPECT_EQ(world.memory.waiting(), 1U);

    world.shares.clear();
    turn_idle(world.loop);

    EXPECT_EQ(world.shares.size(), 1U);
    EXPECT_EQ(world.memory.used(), 60U);
    EXPECT_EQ(world.memory.waiting(), 0U);
}

TEST(budget, a_merged_share_is_given_back_as_one) {
    budget_world world;
    world.take(30);
    world.take(40);

    world.shares[0].merge(std::move(world.shares[1]));
    world.shares.pop_back();
    EXPECT_EQ(world.memory.used(), 70U);
    world.shares.clear();

    EXPECT_EQ(world.memory.used(), 0U);
}

TEST(budget, who_gives_up_gets_an_empty_share) {
    budget_world world;
    world.take(60);
    world.take(60);

    world.given_up = true;
    world.memory.look_again();
    turn_idle(world.loop);

    ASSERT_EQ(world.shares.size(), 2U);
    EXPECT_EQ(world.memory.used(), 60U);
    EXPECT_EQ(world.memory.waiting(), 0U);
}

TEST(budget, shares_may_be_given_back_when_the_loop_is_gone) {
    budget memory{100};
    budget::share kept;
    {
        asio::io_context loop;
        memory.attach(loop);
        bool const never = false;
        asio::co_spawn(
            loop, [&]() -> asio::awaitable<void> { kept = co_await memory.take(60, never); }, asio::detached);
        turn_idle(loop);
        memory.detach();
    }
    ASSERT_EQ(memory.used(), 60U);

    kept = {};

    EXPECT_EQ(memory.used(), 0U);
}

struct rendezvous_world {
    void wait(std::chrono::nanoseconds limit) {
        loop.start(waiting(limit));
        turn_idle(loop.context());
    }
    asio::awaitable<void> waiting(std::chrono::nanoseconds limit) {
        got = co_await meeting.wait(limit);
        over = true;
    }

    event_loop loop;
    rendezvous<int> meeting{loop};
    std::optional<int> got;
    bool over = false;
};

TEST(rendezvous, the_value_ends_the_wait) {
    rendezvous_world world;
    world.wait(1h);
    EXPECT_FALSE(world.over);

    world.meeting.bring(1);
    world.meeting.bring(2);
    turn_idle(world.loop.context());

    EXPECT_EQ(world.got, 1);
}

TEST(rendezvous, a_value_that_is_there_already_is_not_waited_for) {
    rendezvous_world world;
    world.meeting.bring(1);

    world.wait(1h);

    EXPECT_EQ(world.got, 1);
}

TEST(rendezvous, the_limit_ends_the_wait_without_a_value) {
    rendezvous_world world;

    world.wait(1ms);

    EXPECT_TRUE(turn_until(world.loop.context(), [&] { return world.over; }));
    EXPECT_EQ(world.got, std::nullopt);
}

}  // namespace
}  // namespace broker::tests
