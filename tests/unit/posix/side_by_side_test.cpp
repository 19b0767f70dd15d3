// SPDX-License-Identifier: Apache-2.0
#include <chronik/posix/side_by_side.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <cstddef>
#include <thread>
#include <vector>

namespace {

using namespace chronik;

TEST(posix_side_by_side, does_each_once) {
    for (std::size_t at_once : {1U, 2U, 7U, 100U}) {
        std::vector<std::atomic<int>> done(20);
        posix::side_by_side(done.size(), at_once, [&](std::size_t nth) { ++done[nth]; });
        for (auto const& each : done) EXPECT_EQ(each, 1) << at_once << " at once";
    }
}

TEST(posix_side_by_side, has_as_many_under_way_as_it_was_told) {
    // Each waits until all three are here: with fewer at once it would never end.
    std::barrier all_here{3};
    posix::side_by_side(3, 3, [&](std::size_t) { all_here.arrive_and_wait(); });
}

TEST(posix_side_by_side, one_or_none_needs_nobody_else) {
    std::thread::id seen;
    posix::side_by_side(1, 8, [&](std::size_t) { seen = std::this_thread::get_id(); });
    EXPECT_EQ(seen, std::this_thread::get_id());
    posix::side_by_side(0, 8, [](std::size_t) { FAIL() << "there is nothing to do"; });
}

}  // namespace
