// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/random.hpp>

#include <gtest/gtest.h>

#include <array>

namespace {

TEST(random, one_seed_gives_one_sequence) {
    chronik::random one(42), two(42), other(43);

    std::uint64_t const first = one();
    EXPECT_EQ(first, two());
    EXPECT_NE(first, other());
}

TEST(random, works_at_compile_time) {
    constexpr std::uint64_t first = [] {
        chronik::random chance(1);
        return chance();
    }();
    chronik::random chance(1);
    EXPECT_EQ(first, chance());
}

TEST(random, below_stays_below_and_reaches_everything) {
    chronik::random chance(7);
    std::array<int, 6> seen{};
    for (int throws = 0; throws < 6000; ++throws) ++seen.at(chance.below(6));

    for (int count : seen) EXPECT_NEAR(count, 1000, 200);
    EXPECT_EQ(chance.below(1), 0u);
}

TEST(random, between_includes_both_ends) {
    chronik::random chance(7);
    bool low = false, high = false;
    for (int throws = 0; throws < 1000; ++throws) {
        std::uint64_t const value = chance.between(10, 12);
        ASSERT_GE(value, 10u);
        ASSERT_LE(value, 12u);
        low |= value == 10;
        high |= value == 12;
    }
    EXPECT_TRUE(low && high);
}

TEST(random, chance_knows_never_and_always) {
    chronik::random chance(7);
    for (int throws = 0; throws < 1000; ++throws) {
        ASSERT_FALSE(chance.chance(0));
        ASSERT_TRUE(chance.chance(100));
    }
}

}  // namespace
