// SPDX-License-Identifier: Apache-2.0
#include "following_node.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

// Own snapshots, those of a leader and the flushes that make the log begin behind them are under way at once, in lanes
// that know nothing of each other. Wherever the power goes, there is a snapshot that the log on the disk goes on from.

namespace chronik::crash {
namespace {

constexpr std::size_t steps = 200;

/// A life of the node until the power goes, or to its end.
///
/// returns   what it had acknowledged
log_index live(testing::disk& disk, wal::options const& limits, std::uint64_t seed, bool removes) {
    following_node node{disk, limits, seed};
    node.run(steps, removes);
    return node.acknowledged();
}

/// The node starts from what is on the disk.
void expect_start(testing::disk& disk, wal::options const& limits, log_index acknowledged, std::string const& when) {
    following_node node{disk, limits, 77};
    ASSERT_TRUE(node.has_storage()) << when << ": " << node.recovered().what;
    ASSERT_TRUE(node.opened()) << when << ": " << node.opened().error().message();
    ASSERT_EQ(node.of_group().machine.at, node.of_group().applied) << when;
    ASSERT_GE(node.of_group().core.last_index(), acknowledged) << when;
    bool const begins_anew = node.of_group().core.last_index() == log_index{};
    node.finish();
    auto const names = disk.directory().list();
    ASSERT_FALSE(begins_anew && std::ranges::any_of(*names, wal::is_snapshot_name)) << when << ": of a group before it";
}

void crash_everywhere(std::uint64_t seed, bool removes) {
    testing::disk whole{seed};
    live(whole, small_options(), seed, removes);
    for (std::uint64_t at = 1; at <= whole.operations(); ++at) {
        for (auto outcome :
             {testing::crash_outcome::by_seed, testing::crash_outcome::lost, testing::crash_outcome::kept}) {
            testing::disk disk{seed * 977 + at};
            disk.power_off_after(at);
            auto const acknowledged = live(disk, small_options(), seed, removes);
            disk.crash(outcome);
            expect_start(disk, small_options(), acknowledged,
                         "seed " + std::to_string(seed) + " operation " + std::to_string(at));
            if (::testing::Test::HasFatalFailure()) return;
        }
    }
}

wal::options without_syncs() {
    auto limits = small_options();
    limits.sync = false;
    return limits;
}

/// A node with snapshots and a log that begins behind one, all of it durable.
testing::disk disk_of_an_old_node(std::uint64_t seed) {
    testing::disk disk{seed};
    {
        following_node node{disk, small_options(), seed};
        node.run(steps, false);
        node.finish();
    }
    disk.crash(testing::crash_outcome::kept);
    return disk;
}

}  // namespace

TEST(snapshot_driver_crash, at_every_operation_leaves_a_node_that_starts) {
    std::uint64_t taken = 0;
    std::uint64_t installed = 0;
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        testing::disk disk{seed};
        following_node node{disk, small_options(), seed};
        node.run(steps, false);
        taken += node.metrics().snapshots_taken;
        installed += node.metrics().snapshots_installed;
        crash_everywhere(seed, false);
        if (HasFatalFailure()) return;
    }
    EXPECT_GE(taken, 30U);
    EXPECT_GE(installed, 30U);
}

TEST(snapshot_driver_crash, of_a_node_whose_group_goes_and_comes_back_leaves_one_that_starts) {
    std::uint64_t removals = 0;
    for (std::uint64_t seed = 101; seed <= 130; ++seed) {
        testing::disk disk{seed};
        following_node node{disk, small_options(), seed};
        node.run(steps, true);
        removals += node.removals();
        crash_everywhere(seed, true);
        if (HasFatalFailure()) return;
    }
    EXPECT_GE(removals, 30U);
}

// The files of snapshots are synced all the same, so they are ahead of what the journal has kept.
TEST(snapshot_driver_crash, that_loses_what_a_journal_did_not_sync_leaves_a_node_that_goes_on_behind_its_snapshot) {
    std::uint64_t ahead = 0;
    for (std::uint64_t seed = 201; seed <= 210; ++seed) {
        auto whole = disk_of_an_old_node(seed).copy(seed);
        live(whole, without_syncs(), seed + 1, false);
        for (std::uint64_t at = 1; at <= whole.operations(); ++at) {
            auto disk = disk_of_an_old_node(seed).copy(seed * 977 + at);
            disk.power_off_after(at);
            live(disk, without_syncs(), seed + 1, false);
            disk.crash(testing::crash_outcome::lost);

            auto const when = "seed " + std::to_string(seed) + " operation " + std::to_string(at);
            {
                following_node const node{disk, without_syncs(), 76};
                ahead += node.has_storage() && node.opened() && node.went_ahead() ? 1U : 0U;
            }
            for (int start = 0; start < 2; ++start) {
                expect_start(disk, without_syncs(), log_index{}, when);
                if (HasFatalFailure()) return;
            }
        }
    }
    EXPECT_GE(ahead, 100U);
}

}  // namespace chronik::crash
