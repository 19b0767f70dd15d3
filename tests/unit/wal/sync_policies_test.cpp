// SPDX-License-Identifier: Apache-2.0
#include <chronik/wal/sync_policies.hpp>

#include <gtest/gtest.h>

#include <chrono>

namespace chronik::wal {
namespace {

using namespace std::chrono_literals;

options bounded() {
    options limits;
    limits.unsynced_bytes_max = 1000;
    limits.staged_bytes_max = 300;
    limits.sync_interval = 10ms;
    return limits;
}

}  // namespace

TEST(wal_sync_policies, group_commit_syncs_every_flush_and_is_bounded_by_what_two_flushes_hold) {
    EXPECT_TRUE(group_commit_sync{}.due(1, bounded()));
    EXPECT_EQ(group_commit_sync{}.unsynced_bytes_max(bounded()), 600U);
    EXPECT_TRUE(alternating_commit_sync{}.due(1, bounded()));
}

TEST(wal_sync_policies, without_syncs_one_comes_at_half_of_the_bound) {
    EXPECT_FALSE(no_sync{}.due(500, bounded()));
    EXPECT_TRUE(no_sync{}.due(501, bounded()));
    EXPECT_EQ(no_sync{}.unsynced_bytes_max(bounded()), 1000U);
}

TEST(wal_sync_policies, a_whole_flush_fits_beside_what_is_unsynced_whatever_the_limits_say) {
    auto limits = bounded();
    limits.staged_bytes_max = 2000;
    EXPECT_EQ(no_sync{}.unsynced_bytes_max(limits), 4000U);
    EXPECT_FALSE(no_sync{}.due(2000, limits));
    EXPECT_TRUE(no_sync{}.due(2001, limits));
}

TEST(wal_sync_policies, an_interval_begins_with_a_sync_and_only_what_is_unsynced_is_due) {
    interval_sync policy;
    EXPECT_FALSE(policy.due(1, bounded())) << "nobody has told the time";
    policy.now(time_point{} + 5ms);
    EXPECT_FALSE(policy.due(1, bounded()));
    policy.now(time_point{} + 15ms);
    EXPECT_TRUE(policy.due(1, bounded()));
    EXPECT_FALSE(policy.due(0, bounded()));
    policy.begun();
    EXPECT_FALSE(policy.due(1, bounded()));
    EXPECT_TRUE(policy.due(501, bounded())) << "half of the bound, whatever the time";
    policy.now(time_point{} + 25ms);
    EXPECT_TRUE(policy.due(1, bounded()));
}

TEST(wal_sync_policies, the_option_chooses_between_group_commit_and_none) {
    auto limits = bounded();
    EXPECT_TRUE(sync_by_option{}.due(1, limits));
    EXPECT_EQ(sync_by_option{}.unsynced_bytes_max(limits), 600U);
    limits.sync = false;
    EXPECT_FALSE(sync_by_option{}.due(1, limits));
    EXPECT_EQ(sync_by_option{}.unsynced_bytes_max(limits), 1000U);
}

}  // namespace chronik::wal
