// SPDX-License-Identifier: Apache-2.0
#include <chronik/testing/shrink.hpp>

#include <gtest/gtest.h>

#include <numeric>

namespace chronik::testing {
namespace {

std::vector<int> numbers(int count) {
    std::vector<int> all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

TEST(testing_shrink, what_does_not_matter_is_taken_away) {
    auto const needs_two = [](std::vector<int> const& part) {
        return std::ranges::count(part, 17) == 1 && std::ranges::count(part, 83) == 1;
    };

    EXPECT_EQ(shrink(numbers(100), needs_two, 1000), (std::vector{17, 83}));
}

TEST(testing_shrink, nothing_is_left_of_what_fails_without_any) {
    EXPECT_TRUE(shrink(numbers(30), [](auto const&) { return true; }, 1000).empty());
}

TEST(testing_shrink, everything_stays_when_everything_is_needed) {
    EXPECT_EQ(shrink(numbers(9), [](auto const& part) { return part.size() == 9; }, 1000), numbers(9));
}

TEST(testing_shrink, the_tries_are_bounded_and_what_is_left_still_fails) {
    int tries = 0;
    auto const fails = [&](std::vector<int> const& part) {
        ++tries;
        return std::ranges::count(part, 5) == 1;
    };
    auto const left = shrink(numbers(1000), fails, 4);

    EXPECT_EQ(tries, 4);
    EXPECT_TRUE(fails(left));
}

}  // namespace
}  // namespace chronik::testing
