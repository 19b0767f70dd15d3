// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/assert.hpp>

#include <gtest/gtest.h>

namespace {

TEST(chronik_assert, a_true_condition_is_evaluated_once_and_does_nothing) {
    int evaluated = 0;
    CHRONIK_ASSERT(++evaluated == 1);

    EXPECT_EQ(evaluated, 1);
}

TEST(chronik_assert_death, a_false_condition_names_itself_and_stops_the_process) {
    int const applied = 3, committed = 2;
    EXPECT_DEATH(CHRONIK_ASSERT(applied <= committed), "assertion failed: applied <= committed .*assert_test.cpp");
}

}  // namespace
