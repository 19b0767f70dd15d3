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

TEST(testing_trial, without_faults_everything_is_acknowledged_and_nobody_unseats_a_leader) {
    auto const told = run(quiet_plan());

    EXPECT_TRUE(told.violations.empty()) << told.violations.front();
    EXPECT_LE(told.leaders, 2U) << "another one only when a quorum without the first is healed";
    EXPECT_GT(told.acknowledged, 1500U);
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
        node_set const whom = what == fault_kind::rot || what == fault_kind::misdirected_write ? 1 : 3;
        for (duration at = 2s; at < 20s; at += 3s) {
            plan.faults.push_back({.at = at, .what = what, .on = whom, .other = 7 & ~whom, .lasts = 1s, .amount = 1});
            // What was damaged shows when the node starts again.
            if (whom == 1) plan.faults.push_back({.at = at + 1s, .what = fault_kind::power_cut, .on = 1, .lasts = 1ms});
        }
        auto const told = run(plan);
        EXPECT_TRUE(told.violations.empty()) << fault_names[kind] << ": " << told.violations.front();
        EXPECT_GE(told.inflicted[kind], 6U);
        EXPECT_NE(told.trace, calm.trace) << fault_names[kind];
        EXPECT_EQ(told.nodes_lost, whom == 1 ? 1U : 0U) << fault_names[kind];
    }
}

TEST(testing_trial, a_group_that_cannot_go_on_is_a_violation) {
    auto plan = quiet_plan();
    plan.world.host.raft.append_bytes_max = 0;  // nothing is ever sent

    auto const told = run(plan);

    ASSERT_FALSE(told.violations.empty());
    EXPECT_NE(told.violations.front().find("does not get on with its work"), std::string::npos);
}

TEST(testing_trial, more_frames_than_allowed_are_a_violation) {
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
