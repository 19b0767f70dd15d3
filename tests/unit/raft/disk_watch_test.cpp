// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/disk_watch.hpp>

#include <gtest/gtest.h>

#include <chrono>

namespace {

using namespace chronik;
using namespace std::chrono_literals;

constexpr time_point at(duration since) { return time_point{since}; }
constexpr log_index i(std::uint64_t value) { return {value}; }

TEST(raft_disk_watch, a_disk_that_owes_the_same_for_long_is_stalled) {
    raft::disk_watch disk;
    disk.look(i(5), i(9), at(10ms));
    EXPECT_FALSE(disk.is_stalled(100ms, at(109ms)));
    disk.look(i(5), i(20), at(60ms));

    EXPECT_TRUE(disk.is_stalled(100ms, at(110ms))) << "more that is owed does not begin it anew";
}

TEST(raft_disk_watch, a_disk_that_gets_on_is_not_however_much_it_owes) {
    raft::disk_watch disk;
    disk.look(i(5), i(9), at(10ms));
    disk.look(i(6), i(900), at(60ms));

    EXPECT_FALSE(disk.is_stalled(100ms, at(159ms)));
    EXPECT_TRUE(disk.is_stalled(100ms, at(160ms)));
}

TEST(raft_disk_watch, a_disk_that_owes_nothing_is_at_rest) {
    raft::disk_watch disk;
    EXPECT_FALSE(disk.is_stalled(100ms, at(1h)));
    disk.look(i(5), i(5), at(10ms));
    EXPECT_FALSE(disk.is_stalled(100ms, at(1h)));
    disk.look(i(5), i(6), at(1h));
    EXPECT_FALSE(disk.is_stalled(100ms, at(1h))) << "it owes since now";
}

}  // namespace
