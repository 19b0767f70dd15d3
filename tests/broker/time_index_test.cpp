// SPDX-License-Identifier: Apache-2.0
#include <partitions/time_index.hpp>

#include <gtest/gtest.h>

namespace broker::partitions {

TEST(time_index, forgets_what_has_settled_and_finds_the_rest) {
    time_index times;
    times.append({1}, 100);
    times.append({2}, 90);
    times.append({3}, 120);
    times.append({5}, 130);

    times.forget_up_to({3});

    EXPECT_EQ(times.size(), 1U);
    EXPECT_EQ(times.first_reaching(95), chronik::log_index{5});
    EXPECT_EQ(times.newest(), chronik::log_index{5});
    EXPECT_EQ(times.first_reaching(131), std::nullopt);
}

TEST(time_index, forgetting_everything_leaves_nothing_to_find) {
    time_index times;
    times.append({1}, 100);

    times.forget_up_to({1});

    EXPECT_EQ(times.newest(), std::nullopt);
}

}  // namespace broker::partitions
