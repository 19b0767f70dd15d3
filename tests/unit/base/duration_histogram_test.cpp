// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/duration_histogram.hpp>

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using chronik::duration_histogram;

TEST(duration_histogram, a_bound_belongs_to_the_bucket_below_it) {
    for (std::size_t bucket = 0; bucket < duration_histogram::bucket_count; ++bucket) {
        duration_histogram seen;
        seen.add(duration_histogram::upper_bound(bucket));
        EXPECT_EQ(seen.counts()[bucket], 1U) << bucket;
        seen.add(duration_histogram::upper_bound(bucket) + 1ns);
        auto const next = bucket + 1;
        EXPECT_EQ(next < duration_histogram::bucket_count ? seen.counts()[next] : seen.above(), 1U) << bucket;
    }
}

TEST(duration_histogram, what_is_shorter_than_the_first_bound_is_in_the_first_bucket) {
    duration_histogram seen;
    seen.add(0ns);
    seen.add(1ns);
    seen.add(999ns);
    EXPECT_EQ(seen.counts()[0], 3U);
}

TEST(duration_histogram, the_sum_is_exact) {
    duration_histogram seen;
    seen.add(1ms);
    seen.add(3ns);
    seen.add(2min);
    EXPECT_EQ(seen.sum(), 2min + 1ms + 3ns);
    EXPECT_EQ(seen.above(), 1U);
}

TEST(duration_histogram, a_clock_that_went_back_adds_nothing_to_the_sum) {
    duration_histogram seen;
    seen.add(-5s);
    EXPECT_EQ(seen.sum(), 0ns);
    EXPECT_EQ(seen.counts()[0], 1U);
}

}  // namespace
