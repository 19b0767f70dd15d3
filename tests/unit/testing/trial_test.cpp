// SPDX-License-Identifier: Apache-2.0
#include "archetypes/state_machine.hpp"

#include <chronik/testing/cluster_options.hpp>
#include <chronik/testing/digest.hpp>
#include <chronik/testing/fault.hpp>
#include <chronik/testing/findings.hpp>
#include <chronik/testing/inflict.hpp>
#include <chronik/testing/observation.hpp>
#include <chronik/testing/peace.hpp>
#include <chronik/testing/trace.hpp>
#include <chronik/testing/trial.hpp>
#include <chronik/testing/trial_plan.hpp>
#include <chronik/testing/watched_journal.hpp>

#include <gtest/gtest.h>

namespace chronik::testing {
namespace {

using namespace std::chrono_literals;

using machine = archetypes::state_machine;

trial_report run(trial_plan plan, trace::listener told = {}) {
    trial<machine> one{std::move(plan), [](node_id, group_id) { return machine{}; },
                       [](random& chance) { return shared_bytes::copy_of(std::to_string(chance())); }};
    if (told) one.listen(std::move(told));
    return one.run();
}

/// Three nodes and twenty seconds of nothing in particular.
trial_plan quiet_plan() {
    trial_plan plan;
    plan.seed = 5;
    plan.lasts = 20s;
    plan.pause_max = 20ms;
    return plan;
}

TEST(testing_trial, a_plan_follows_from_its_seed) {
    EXPECT_EQ(plan_of(7).faults, plan_of(7).faults);
    EXPECT_NE(plan_of(7).faults, plan_of(8).faults);
}

TEST(testing_trial, the_plans_of_many_seeds_have_every_fault_and_spare_a_quorum) {
    std::array<int, fault_kinds> seen{};
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        auto const plan = plan_of(seed);
        EXPECT_LE(std::popcount(plan.fragile), static_cast<int>(plan.world.nodes - 1) / 2);
        for (fault const& each : plan.faults) {
            ++seen[static_cast<std::size_t>(each.what)];
            bool const damages = each.what == fault_kind::rot || each.what == fault_kind::misdirected_write;
            EXPECT_TRUE(!damages || (each.on & ~plan.fragile) == 0);
            EXPECT_LT(each.at, plan.lasts);
        }
    }
    for (std::size_t kind = 0; kind < fault_kinds; ++kind) EXPECT_GT(seen[kind], 0) << fault_names[kind];
}

TEST(testing_trial, in_some_plans_groups_of_one_grow_to_all_nodes_and_back) {
    int tides = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        auto const plan = plan_of(seed);
        if (plan.world.first.voters.size() != 1 || plan.world.nodes < trial_report::many) continue;
        ++tides;
        node_set before = 1;
        int most = 1;
        int fewest = 64;
        for (fault const& each : plan.faults) {
            if (each.what != fault_kind::change_members || each.amount != 1) continue;
            EXPECT_EQ(std::popcount(before ^ each.on), 1) << "one comes or goes";
            before = each.on;
            most = std::max(most, std::popcount(before));
            if (most == static_cast<int>(plan.world.nodes)) fewest = std::min(fewest, std::popcount(before));
        }
        EXPECT_EQ(most, static_cast<int>(plan.world.nodes)) << "seed " << seed;
        EXPECT_EQ(fewest, 1) << "seed " << seed;
    }
    EXPECT_GT(tides, 5);
}

TEST(testing_trial, without_faults_everything_is_acknowledged_and_nobody_unseats_a_leader) {
    auto const told = run(quiet_plan());

    EXPECT_TRUE(told.violations.empty()) << told.violations.front();
    EXPECT_LE(told.leaders, 2U) << "another one only when a quorum without the first is healed";
    EXPECT_GT(told.acknowledged, 1500U);
    EXPECT_EQ(told.rested, 2U) << "one group, asked for a command and for a read";
}

TEST(testing_trial, a_node_that_no_group_has_let_in_is_no_part_of_a_quorum) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        auto plan = quiet_plan();
        plan.seed = seed;
        plan.lasts = 1s;
        plan.world.nodes = 3;
        plan.world.first.voters = {{1}, {2}};
        auto const told = run(plan);
        EXPECT_TRUE(told.violations.empty()) << "seed " << seed << ": " << told.violations.front();
    }
}

TEST(testing_trial, a_quorum_has_the_time_that_its_longest_log_takes) {
    auto plan = quiet_plan();
    // One entry a message, one message at a time, and each takes a second: the two that are left need minutes.
    plan.world.host.raft.inflight_messages_max = 1;
    plan.world.host.raft.append_bytes_max = 1;
    plan.world.network.delay_min = 500ms;
    plan.world.network.delay_max = 500ms;
    plan.world.host.raft.election_timeout_min = 3s;
    plan.world.host.raft.election_timeout_max = 6s;
    plan.world.host.raft.heartbeat_interval = 1s;
    auto const told = run(plan);
    EXPECT_TRUE(told.violations.empty()) << told.violations.front();
    EXPECT_GT(told.proposed, 500U);
}

TEST(testing_trial, the_same_plan_takes_the_same_way_and_a_listener_does_not_change_it) {
    int lines = 0;
    auto const one = run(plan_of(3));
    auto const other = run(plan_of(3), [&](std::string const&) { ++lines; });

    EXPECT_EQ(one.trace, other.trace);
    EXPECT_GT(lines, 100);
    EXPECT_NE(one.trace, run(plan_of(4)).trace);
}

TEST(testing_trial, each_fault_does_something_and_can_be_lived_with) {
    auto const calm = run(quiet_plan());
    for (std::size_t kind = 0; kind < fault_kinds; ++kind) {
        auto plan = quiet_plan();
        plan.fragile = 1;
        auto const what = static_cast<fault_kind>(kind);
        node_set whom = what == fault_kind::rot || what == fault_kind::misdirected_write ? 1 : 3;
        if (what == fault_kind::wiped_disk) {  // of one that no group counts on
            plan.world.nodes = 4;
            plan.world.first.voters = {{1}, {2}, {3}};
            whom = 8;
        }
        for (duration at = 2s; at < 20s; at += 3s) {
            plan.faults.push_back({.at = at, .what = what, .on = whom, .other = 7 & ~whom, .lasts = 1s, .amount = 1});
            // What was damaged shows when the node starts again.
            if (whom == 1) plan.faults.push_back({.at = at + 1s, .what = fault_kind::power_cut, .on = 1, .lasts = 1ms});
        }
        auto const told = run(plan);
        EXPECT_TRUE(told.violations.empty()) << fault_names[kind] << ": " << told.violations.front();
        EXPECT_GE(told.inflicted[kind], 6U);
        EXPECT_NE(told.trace, calm.trace) << fault_names[kind];
        EXPECT_EQ(told.nodes_lost + told.nodes_repaired > 0, whom == 1) << fault_names[kind];
        EXPECT_EQ(told.nodes_wiped, whom == 8 ? 6U : 0U) << fault_names[kind];
    }
}

TEST(testing_trial, a_group_of_one_grows_to_five_and_back_and_who_left_comes_back_with_an_empty_disk) {
    auto plan = quiet_plan();
    plan.world.nodes = 5;
    plan.world.first.voters = {node_id{1}};
    duration at = 1s;
    auto const become = [&](node_set voters) {
        plan.faults.push_back({.at = at, .what = fault_kind::change_members, .on = voters, .amount = 1});
        // Whoever has voted longest leads, and so is the next to leave.
        node_set const lowest = voters & (~voters + 1);
        plan.faults.push_back({.at = at + 1s, .what = fault_kind::transfer, .on = lowest, .amount = 1});
        at += 1500ms;
    };
    for (node_set const voters : std::vector<node_set>{0b11, 0b111, 0b1111, 0b11111}) become(voters);
    for (node_set const voters : std::vector<node_set>{0b11110, 0b11100, 0b11000, 0b10000}) become(voters);
    plan.faults.push_back({.at = at, .what = fault_kind::wiped_disk, .on = 0b11111, .lasts = 100ms});
    at += 1500ms;
    for (node_set const voters : std::vector<node_set>{0b10001, 0b10011}) become(voters);

    auto const told = run(plan);

    EXPECT_TRUE(told.violations.empty()) << told.violations.front();
    EXPECT_EQ(told.changes, 10U);
    EXPECT_EQ(told.grown, 1U);
    EXPECT_EQ(told.shrunk, 1U);
    EXPECT_EQ(told.nodes_wiped, 4U) << "all but the one that votes";
}

TEST(testing_trial, growth_is_counted_from_one_to_many_and_back) {
    trial_report told;
    told.count_growth({3, 1, 2, 4, 2, 1});
    EXPECT_EQ(told.grown + told.shrunk, 0U);
    told.count_growth({1, 3, 5, 6, 4, 5, 2, 1, 5});
    EXPECT_EQ(told.grown, 2U);
    EXPECT_EQ(told.shrunk, 1U);
    told.count_growth({7, 1});
    EXPECT_EQ(told.grown, 2U);
    EXPECT_EQ(told.shrunk, 2U);
}

TEST(testing_trial, a_group_that_cannot_go_on_is_a_violation) {
    auto plan = quiet_plan();
    plan.world.host.raft.append_bytes_max = 0;  // nothing is ever sent

    auto const told = run(plan);

    ASSERT_FALSE(told.violations.empty());
    EXPECT_NE(told.violations.front().find("does not get on with its work"), std::string::npos);
}

TEST(testing_trial, more_frames_without_news_than_allowed_are_a_violation) {
    auto plan = quiet_plan();
    plan.world.frames_per_node_max = 3;

    auto const told = run(plan);

    ASSERT_FALSE(told.violations.empty());
    EXPECT_NE(told.violations.front().find("storm"), std::string::npos);
}

TEST(testing_trial, a_fault_reads_as_a_sentence) {
    fault const one{.at = 1s, .what = fault_kind::one_way_cut, .on = 5, .other = 2, .lasts = 3ms};

    EXPECT_EQ(to_string(one), "at 1000000 us: one-way cut, nodes 1,3 to 2, for 3000 us");
}

}  // namespace
}  // namespace chronik::testing
