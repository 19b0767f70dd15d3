// SPDX-License-Identifier: Apache-2.0
#include "unit/net/loop_test_support.hpp"

#include <chronik/net/timer.hpp>

#include <asio/post.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <vector>

namespace {

using namespace std::chrono_literals;
using chronik::net::timer;

TEST(timer, calls_once) {
    asio::io_context loop;
    timer wake(loop);
    int calls = 0;
    wake.after(1ms, [&] { ++calls; });

    loop.run();

    EXPECT_EQ(calls, 1);
}

TEST(timer, the_later_setting_replaces_the_earlier) {
    asio::io_context loop;
    timer wake(loop);
    std::vector<int> calls;
    wake.after(0ms, [&] { calls.push_back(1); });
    wake.after(1ms, [&] { calls.push_back(2); });

    loop.run();

    EXPECT_EQ(calls, (std::vector<int>{2}));
}

TEST(timer, cancel_also_stops_one_that_is_already_due) {
    asio::io_context loop;
    timer first(loop), second(loop);
    int calls = 0;
    auto const due = chronik::time_point{std::chrono::steady_clock::now().time_since_epoch()};
    first.at(due, [&] { ++calls; second.cancel(); });
    second.at(due, [&] { ++calls; first.cancel(); });

    loop.run();

    EXPECT_EQ(calls, 1) << "both were due in the same turn of the loop";
}

TEST(timer, the_destructor_forgets_the_call) {
    asio::io_context loop;
    int calls = 0;
    auto wake = std::make_unique<timer>(loop);
    wake->after(0ms, [&] { ++calls; });
    wake.reset();

    loop.run();

    EXPECT_EQ(calls, 0);
}

TEST(timer, may_be_set_again_from_its_own_call) {
    asio::io_context loop;
    timer wake(loop);
    int calls = 0;
    wake.after(0ms, [&] { wake.after(0ms, [&] { calls += 10; }); ++calls; });

    loop.run();

    EXPECT_EQ(calls, 11);
}

}  // namespace
