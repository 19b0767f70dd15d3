// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/time.hpp>

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;

template <class Clock>
concept tells_the_time = requires { Clock::now(); };
static_assert(!tells_the_time<chronik::logical_clock>, "time is an input");

TEST(time, never_is_after_everything) {
    EXPECT_GT(chronik::never, chronik::time_point{} + 100h * 365 * 24);
}

}  // namespace
