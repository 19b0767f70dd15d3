// SPDX-License-Identifier: Apache-2.0
#include <chronik/testing/clock.hpp>

#include <gtest/gtest.h>

namespace chronik::testing {
namespace {

using namespace std::chrono_literals;

TEST(testing_clock, one_that_runs_fast_shows_more) {
    clock const fast{time_point{10s}, time_point{1s}, 100'000};

    EXPECT_EQ(fast.at(time_point{10s}), time_point{1s});
    EXPECT_EQ(fast.at(time_point{20s}), time_point{12s});
}

TEST(testing_clock, when_is_the_moment_at_which_it_shows_that_much) {
    for (std::int64_t const ppm : {-900'000, -50'000, -7, 0, 3, 50'000, 2'000'000}) {
        clock const any{time_point{5s}, time_point{77ns}, ppm};
        for (duration const shown : {77ns, 78ns, 1'000'003ns, 7'200'000'000'077ns}) {
            time_point const moment = any.when(time_point{shown});
            EXPECT_GE(any.at(moment), time_point{shown}) << ppm;
            EXPECT_LE(any.at(moment), time_point{shown + 3ns}) << ppm;
        }
    }
    EXPECT_EQ((clock{{}, {}, 5}).when(never), never);
}

TEST(testing_clock, another_rate_does_not_make_it_jump) {
    clock shows{time_point{}, time_point{}, 500'000};
    shows.run_at(-500'000, time_point{2s});

    EXPECT_EQ(shows.at(time_point{2s}), time_point{3s});
    EXPECT_EQ(shows.at(time_point{4s}), time_point{4s});
}

}  // namespace
}  // namespace chronik::testing
