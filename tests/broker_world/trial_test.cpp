// SPDX-License-Identifier: Apache-2.0
#include <broker_world/trial.hpp>

#include <chronik/base/ids.hpp>
#include <chronik/testing/fault.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

// Whole brokers and their clients in a world of one seed. A fixed set of seeds runs as broker_world.fixed_seeds.

namespace broker::world {
namespace {

using namespace std::chrono_literals;

/// Nothing happens but what clients do.
plan quiet_plan(std::uint32_t nodes) {
    plan made;
    made.seed = 1;
    made.nodes = nodes;
    made.topics.push_back({"topic", 2, static_cast<std::int16_t>(nodes), 1});
    made.producers = {guarantee::exactly_once, guarantee::all, guarantee::leader, guarantee::none};
    made.members = 2;
    made.lasts = 10s;
    return made;
}

std::string sentences(report const& told) {
    std::string text;
    for (auto const& each : told.violations) text += "\n    " + each;
    return text;
}

TEST(broker_world, one_broker_alone_serves_its_clients) {
    auto const told = trial{quiet_plan(1)}.run();

    EXPECT_TRUE(told.violations.empty()) << sentences(told);
    EXPECT_GT(told.acknowledged, 50U);
    EXPECT_GE(told.read, told.acknowledged);
    EXPECT_GT(told.committed, 0U);
}

TEST(broker_world, three_brokers_that_nobody_disturbs_serve_their_clients) {
    auto const told = trial{quiet_plan(3)}.run();

    EXPECT_TRUE(told.violations.empty()) << sentences(told);
    EXPECT_GT(told.acknowledged, 50U);
    EXPECT_GE(told.read, told.acknowledged);
    EXPECT_GT(told.committed, 0U);
    EXPECT_GT(told.assigned, 1U);
}

TEST(broker_world, what_has_settled_is_read_though_nothing_of_it_is_in_memory) {
    auto wanted = quiet_plan(3);
    wanted.segment_bytes = std::size_t{64} << 10;
    wanted.segments_unsettled_max = 1;
    wanted.cold_percent = 100;
    wanted.pause_max = 20ms;
    wanted.lasts = 20s;

    auto const told = trial{wanted}.run();

    EXPECT_TRUE(told.violations.empty()) << sentences(told);
    EXPECT_GT(told.brought, 0U);
}

TEST(broker_world, who_was_away_while_records_settled_gets_them_though_nothing_of_them_is_in_memory) {
    auto wanted = quiet_plan(3);
    wanted.segment_bytes = std::size_t{64} << 10;
    wanted.segments_unsettled_max = 1;
    wanted.cold_percent = 100;
    wanted.pause_max = 20ms;
    wanted.lasts = 30s;
    wanted.faults.push_back({.at = 5s,
                             .what = chronik::testing::fault_kind::power_cut,
                             .on = chronik::testing::set_of(chronik::node_id{2}),
                             .lasts = 20s});

    auto const told = trial{wanted}.run();

    EXPECT_TRUE(told.violations.empty()) << sentences(told);
    EXPECT_GT(told.for_followers, 0U);
}

TEST(broker_world, another_broker_takes_the_place_of_one_that_is_to_lose_its_disk) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        auto wanted = quiet_plan(3);
        wanted.seed = seed;
        wanted.faults.push_back({.at = 5s,
                                 .what = chronik::testing::fault_kind::wiped_disk,
                                 .on = chronik::testing::set_of(chronik::node_id{2})});

        auto const told = trial{wanted}.run();

        EXPECT_TRUE(told.violations.empty()) << "seed " << seed << sentences(told);
        EXPECT_EQ(told.replaced, 1U) << "seed " << seed;
    }
}

TEST(broker_world, the_same_seed_takes_the_same_way) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        auto const one = trial{plan_of(seed)}.run();
        auto const other = trial{plan_of(seed)}.run();
        EXPECT_EQ(one.trace, other.trace) << "seed " << seed;
        EXPECT_EQ(one.sent, other.sent) << "seed " << seed;
        EXPECT_EQ(one.virtual_time, other.virtual_time) << "seed " << seed;
    }
}

TEST(broker_world, listening_does_not_change_the_way) {
    std::uint64_t lines = 0;
    trial heard{plan_of(1)};
    heard.listen([&](std::string const&) { ++lines; });

    EXPECT_EQ(heard.run().trace, trial{plan_of(1)}.run().trace);
    EXPECT_GT(lines, 100U);
}

TEST(broker_world, another_seed_takes_another_way) {
    EXPECT_NE(trial{plan_of(1)}.run().trace, trial{plan_of(2)}.run().trace);
}

}  // namespace
}  // namespace broker::world
