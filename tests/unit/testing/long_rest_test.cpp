// SPDX-License-Identifier: Apache-2.0
#include "archetypes/state_machine.hpp"

#include <chronik/testing/cluster.hpp>
#include <chronik/testing/long_rest.hpp>

#include <gtest/gtest.h>

namespace chronik::testing {
namespace {

using namespace std::chrono_literals;

constexpr group_id orders{1};
using world_type = cluster<archetypes::state_machine>;

/// Nobody waits for a leader for more than 300 ms, so all is quiet 600 ms after rest() has begun, and the first
/// question comes 1200 ms later: what happens after 1200 ms falls between the two.
struct testing_long_rest : ::testing::Test {
    world_type world{42, {}, [](node_id, group_id) { return archetypes::state_machine{}; }};
    long_rest<world_type> one{world, 10s};

    void elect() {
        world.open(orders);
        ASSERT_TRUE(world.run_until([&] { return world.leader_of(orders) != no_node; }, 5s));
    }
    node_id somebody_else() { return world.leader_of(orders) == node_id{1} ? node_id{2} : node_id{1}; }
    void rest() {
        one.expect_answers([] { return shared_bytes::copy_of("a"); });
    }
    void expect_finding(char const* words) {
        ASSERT_FALSE(world.violations().empty());
        EXPECT_NE(world.violations().front().find(words), std::string::npos) << world.violations().front();
    }
};

TEST_F(testing_long_rest, who_is_asked_after_it_answers_at_once_and_leads_on) {
    elect();
    rest();

    EXPECT_TRUE(world.violations().empty()) << world.violations().front();
    EXPECT_EQ(one.rested(), 2U);
    EXPECT_EQ(world.reads(), 1U);
    EXPECT_EQ(world.group_on(world.leader_of(orders), orders)->machine.own().commands, 1U);
}

TEST_F(testing_long_rest, a_leader_that_changes_while_nobody_asks_is_a_finding) {
    elect();
    world.events().after(1200ms, [&] { world.transfer(orders, somebody_else()); });
    rest();

    expect_finding("another election was held while nobody asked for anything");
}

TEST_F(testing_long_rest, a_leader_that_changes_when_it_is_asked_is_a_finding) {
    elect();
    one.expect_answers([&] {
        world.events().after(1us, [&] { world.transfer(orders, somebody_else()); });
        return shared_bytes::copy_of("a");
    });

    expect_finding("it was asked for a command after a rest");
}

TEST_F(testing_long_rest, an_answer_that_takes_its_time_is_a_finding) {
    elect();
    world.events().after(1200ms, [&] {
        for (node_id each : world.nodes()) world.stall_disk(each, 2s);
    });
    rest();

    expect_finding("has not answered a command after a rest within 28000 us");
}

TEST_F(testing_long_rest, members_that_follow_nobody_are_a_finding) {
    elect();
    world.isolate(world.leader_of(orders));
    rest();

    expect_finding("not every member follows a leader");
}

}  // namespace
}  // namespace chronik::testing
