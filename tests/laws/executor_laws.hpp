// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/node/concepts.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <string>

/// What every model of executor keeps: docs/concepts/executor.md.
///
/// until   runs the host's thread until a condition holds: until([] { return done; })
namespace chronik::laws {

template <executor Executor, class Until>
void work_is_done_before_it_is_finished(Executor& under_test, Until until) {
    std::atomic<bool> worked = false;
    bool finished = false;
    bool in_order = false;
    under_test.run([&] { worked = true; }, [&] { in_order = worked, finished = true; });
    EXPECT_FALSE(finished) << "never from within the call";

    until([&] { return finished; });

    EXPECT_TRUE(in_order);
}

template <executor Executor, class Until>
void each_lane_keeps_its_order(Executor& under_test, Until until) {
    std::string urgent;
    std::string background;
    for (char const name : {'a', 'b', 'c'}) {
        under_test.run([] {}, [&urgent, name] { urgent += name; });
        under_test.run_in_background([] {}, [&background, name] { background += name; });
    }

    until([&] { return urgent.size() + background.size() == 6; });

    EXPECT_EQ(urgent, "abc");
    EXPECT_EQ(background, "abc");
}

template <executor Executor, class Until>
void executor_laws(Executor& under_test, Until until) {
    work_is_done_before_it_is_finished(under_test, until);
    each_lane_keeps_its_order(under_test, until);
}

}  // namespace chronik::laws
