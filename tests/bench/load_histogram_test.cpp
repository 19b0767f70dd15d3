// SPDX-License-Identifier: Apache-2.0
#include <broker/load/histogram.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace {

TEST(load_histogram, nothing_recorded_is_zero_everywhere) {
    load::histogram const none;
    EXPECT_EQ(none.count(), 0U);
    EXPECT_EQ(none.at(50), 0U);
    EXPECT_EQ(none.at(100), 0U);
    EXPECT_EQ(none.mean(), 0);
}

TEST(load_histogram, small_values_are_exact) {
    load::histogram some;
    for (load::histogram::value value = 0; value < 2048; ++value) some.record(value);
    EXPECT_EQ(some.at(0), 0U);
    EXPECT_EQ(some.at(50), 1023U);
    EXPECT_EQ(some.at(100), 2047U);
    EXPECT_EQ(some.max(), 2047U);
    EXPECT_DOUBLE_EQ(some.mean(), 1023.5);
}

// Against the sorted values themselves, over nine powers of ten.
TEST(load_histogram, percentiles_are_right_to_a_thousandth) {
    load::histogram some;
    std::vector<load::histogram::value> all;
    double value = 1;
    while (value < 1e9) {
        all.push_back(static_cast<load::histogram::value>(value));
        some.record(all.back());
        value *= 1.0007;
    }
    for (double const percent : {1.0, 10.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
        auto const rank = static_cast<std::size_t>(std::ceil(percent / 100 * static_cast<double>(all.size())));
        auto const exact = static_cast<double>(all[std::max<std::size_t>(rank, 1) - 1]);
        EXPECT_NEAR(static_cast<double>(some.at(percent)), exact, exact / 1000) << percent;
    }
}

TEST(load_histogram, merged_is_as_if_recorded_in_one) {
    load::histogram one, other, both;
    for (load::histogram::value value = 1; value < 5'000'000; value += 997) {
        (value % 2 == 0 ? one : other).record(value);
        both.record(value);
    }
    one.merge(other);
    EXPECT_EQ(one.count(), both.count());
    EXPECT_EQ(one.max(), both.max());
    for (double const percent : {50.0, 99.0, 99.9}) EXPECT_EQ(one.at(percent), both.at(percent));
}

TEST(load_histogram, longer_than_an_hour_is_counted_and_not_forgotten) {
    load::histogram some;
    some.record(load::histogram::value_max * 3);
    EXPECT_EQ(some.count(), 1U);
    EXPECT_EQ(some.max(), load::histogram::value_max * 3);
    EXPECT_GE(some.at(50), load::histogram::value_max);
}

}  // namespace
