// SPDX-License-Identifier: Apache-2.0
#include <log/rising_count.hpp>

#include <gtest/gtest.h>

namespace broker {
namespace {

using namespace std::chrono_literals;

TEST(rising_count, tells_at_once_and_then_every_ten_seconds_while_it_rises) {
    rising_count count;
    chronik::time_point const began{1h};
    EXPECT_FALSE(count.has_risen(0, began));
    EXPECT_TRUE(count.has_risen(1, began));
    EXPECT_FALSE(count.has_risen(5, began + 9s));
    EXPECT_TRUE(count.has_risen(5, began + 10s)) << "what was not told is told later";
    EXPECT_FALSE(count.has_risen(5, began + 1h));
    EXPECT_TRUE(count.has_risen(6, began + 1h));
}

}  // namespace
}  // namespace broker
