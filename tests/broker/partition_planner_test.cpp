// SPDX-License-Identifier: Apache-2.0
#include "metadata_world.hpp"

#include <metadata/partition_planner.hpp>

#include <algorithm>
#include <map>

namespace broker::metadata::tests {
namespace {

constexpr request_id asker{node_id{2}, 1, 5};

/// Three brokers, and a topic "orders" of one partition with two replicas.
world with_orders() {
    auto made = world::with_brokers(3);
    made.run(create_topics{asked_by(1), {a_topic("orders", 1, {{{node_id{1}, node_id{2}}}})}});
    return made;
}

growth_plan plan_on(world const& world, std::vector<growth_request> const& requests) {
    return partition_planner<>{}(world.now(), asker, requests);
}

error why_not(world const& world, growth_request const& request) {
    auto const planned = plan_on(world, {request});
    EXPECT_TRUE(planned.command.topics.empty());
    EXPECT_FALSE(planned.items.front().has_value());
    return planned.items.front().has_value() ? error::none : planned.items.front().error().why;
}

TEST(partition_planner, planned_partitions_apply_and_are_spread) {
    auto world = with_orders();

    auto const planned = plan_on(world, {{"orders", 7, std::nullopt, false}});
    auto const done = world.run(planned.command);

    EXPECT_EQ(done.outcome, error::none);
    EXPECT_EQ(done.created.size(), 6U);
    auto const* const topic = world.now().find_topic("orders");
    ASSERT_EQ(topic->groups.size(), 7U);
    std::map<node_id, int> leads;
    for (std::uint32_t index = 0; index < 7; ++index) {
        auto const* const each = world.now().find_partition(*topic, index);
        EXPECT_EQ(each->index, index);
        EXPECT_EQ(each->replicas.size(), 2U);
        ++leads[each->replicas.front()];
    }
    auto const [least, most] = std::ranges::minmax_element(leads, {}, [](auto const& each) { return each.second; });
    EXPECT_LE(most->second - least->second, 1);
}

TEST(partition_planner, a_retry_after_the_first_try_has_applied_is_no_problem) {
    auto world = with_orders();
    world.run(plan_on(world, {{"orders", 3, std::nullopt, false}}).command);

    auto const again = plan_on(world, {{"orders", 3, std::nullopt, false}});
    ASSERT_EQ(again.command.topics.size(), 1U);
    auto const done = world.run(again.command);

    EXPECT_EQ(done.outcome, error::none);
    EXPECT_TRUE(done.created.empty());
    EXPECT_EQ(world.now().find_topic("orders")->groups.size(), 3U);
}

TEST(partition_planner, what_was_placed_for_fewer_partitions_is_superseded) {
    auto world = with_orders();
    auto const late = plan_on(world, {{"orders", 3, std::nullopt, false}}).command;
    world.run(partition_planner<>{}(world.now(), asked_by(3), {{"orders", 2, std::nullopt, false}}).command);

    EXPECT_EQ(world.run(late).outcome, error::superseded);
    EXPECT_EQ(world.now().find_topic("orders")->groups.size(), 2U);
}

TEST(partition_planner, a_count_that_is_no_increase_is_refused) {
    auto const world = with_orders();

    EXPECT_EQ(why_not(world, {"orders", 1, std::nullopt, false}), error::invalid_partitions);
    EXPECT_EQ(why_not(world, {"orders", 0, std::nullopt, false}), error::invalid_partitions);
    EXPECT_EQ(why_not(world, {"orders", -7, std::nullopt, false}), error::invalid_partitions);
    EXPECT_EQ(why_not(world, {"orders", 10'001, std::nullopt, false}), error::invalid_partitions);
    EXPECT_EQ(why_not(world, {"nobody", 3, std::nullopt, false}), error::unknown_topic);
}

TEST(partition_planner, a_manual_assignment_is_taken_as_it_is_or_refused) {
    auto const world = with_orders();
    auto const manual = [](std::vector<new_partition> lists) {
        return growth_request{"orders", 3, std::move(lists), false};
    };
    node_id const one{1}, two{2}, three{3}, four{4};

    auto const planned = plan_on(world, {manual({{{three, one}}, {{two, three}}})});
    ASSERT_TRUE(planned.items.front());
    EXPECT_EQ(planned.items.front()->partitions, (std::vector<new_partition>{{{three, one}}, {{two, three}}}));

    EXPECT_EQ(why_not(world, manual({{{three, one}}})), error::invalid_replica_assignment);
    EXPECT_EQ(why_not(world, manual({})), error::invalid_replica_assignment);
    EXPECT_EQ(why_not(world, manual({{{three, one}}, {{two}}})), error::invalid_replica_assignment);
    EXPECT_EQ(why_not(world, manual({{{three, one}}, {{}}})), error::invalid_replica_assignment);
    EXPECT_EQ(why_not(world, manual({{{three, one}}, {{two, two}}})), error::invalid_replica_assignment);
    EXPECT_EQ(why_not(world, manual({{{three, one}}, {{two, four}}})), error::invalid_replica_assignment);
}

TEST(partition_planner, validation_plans_and_proposes_nothing) {
    auto const world = with_orders();

    auto const planned = plan_on(world, {{"orders", 4, std::nullopt, true}});

    ASSERT_TRUE(planned.items.front());
    EXPECT_EQ(planned.items.front()->partitions.size(), 3U);
    EXPECT_TRUE(planned.command.topics.empty());
}

TEST(partition_planner, a_topic_named_twice_grows_once) {
    auto const world = with_orders();

    auto const planned = plan_on(world, {{"orders", 4, std::nullopt, false}, {"orders", 5, std::nullopt, false}});

    ASSERT_TRUE(planned.items[0]);
    ASSERT_FALSE(planned.items[1]);
    EXPECT_EQ(planned.items[1].error().why, error::invalid_request);
    EXPECT_EQ(planned.command.topics.size(), 1U);
}

TEST(partition_planner, too_few_brokers_are_said_so) {
    auto world = with_orders();
    for (std::uint32_t const node : {2U, 3U})
        world.run(change_broker_status{asked_by(1), node_id{node}, 1, broker_state::failed});

    EXPECT_EQ(why_not(world, {"orders", 2, std::nullopt, false}), error::invalid_replication_factor);
}

TEST(partition_planner, added_partitions_obey_the_topics_policy) {
    auto made = world::with_brokers(2);
    made.add_broker(3, "rack-3", 1, 1, {"ssd"});
    made.add_broker(4, "rack-4", 1, 1, {"ssd"});
    auto topic = a_topic("orders", 1, {{{node_id{3}, node_id{4}}}});
    topic.configs = {{"chronik.placement", "pin:ssd"}};
    made.run(create_topics{asked_by(1), {topic}});

    auto const planned = plan_on(made, {{"orders", 9, std::nullopt, false}});
    ASSERT_TRUE(planned.items.front().has_value());
    for (auto const& each : planned.items.front()->partitions)
        for (node_id const node : each.replicas) EXPECT_GE(node, node_id{3});
    EXPECT_EQ(why_not(made, {"orders", 2, {{{{node_id{3}, node_id{1}}}}}, false}), error::invalid_replica_assignment);

    made.run(change_broker_status{asked_by(4), node_id{4}, 1, broker_state::failed});
    EXPECT_EQ(why_not(made, {"orders", 9, std::nullopt, false}), error::policy_violation);
}

}  // namespace
}  // namespace broker::metadata::tests
