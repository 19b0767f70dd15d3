// SPDX-License-Identifier: Apache-2.0
#include "rebalancer_world.hpp"

#include <chronik/base/random.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

/// Where a rebalance sends what, with brokers of different capacity and topics that have policies.
namespace broker::tests {
namespace {

constexpr placement every_placement[] = {placement::sticky, placement::range, placement::round_robin};

TEST(rebalancer_policy, replicas_follow_the_capacity_of_brokers_whatever_the_placement) {
    for (auto const chosen : every_placement) {
        cluster_world world{3, 40, 2};
        world.config.placement = chosen;
        world.add_broker(4, "rack-4", 1, 2);
        world.settle();
        EXPECT_EQ(world.held(), (std::map<node_id, std::size_t>{
                                    {node_id{1}, 16}, {node_id{2}, 16}, {node_id{3}, 16}, {node_id{4}, 32}}));

        world.add_broker(1, "rack-1", 2, 3);
        EXPECT_TRUE(world.now().balance.is_due()) << "it came back with another capacity";
        world.settle();
        world.expect_shares_within_one("after a restart with capacity 3");
    }
}

TEST(rebalancer_policy, a_broker_that_joins_is_given_what_its_capacity_asks_for_and_nothing_else_moves) {
    cluster_world world{3, 60, 1};
    std::map<group_id, std::vector<node_id>> before;
    for (auto const& each : world.partitions_now()) before[each.group] = each.replicas;
    world.add_broker(4, "rack-4", 1, 3);
    world.settle();
    EXPECT_EQ(world.held()[node_id{4}], 30U);
    for (auto const& each : world.partitions_now())
        EXPECT_TRUE(each.replicas == before[each.group] || each.replicas == std::vector{node_id{4}});
}

TEST(rebalancer_policy, racks_come_before_capacity_and_policies_before_both) {
    cluster_world world{0};
    for (std::uint32_t node = 1; node <= 4; ++node) world.add_broker(node, node == 4 ? "b" : "a", 1, node == 4 ? 1 : 9);
    world.add_topic(2, "", 12, {node_id{1}, node_id{2}, node_id{3}}, 2);
    world.settle();
    EXPECT_EQ(world.held()[node_id{4}], 12U) << "one replica of each partition in each rack";
    world.add_topic(3, "exclude:node=4", 12, {node_id{1}, node_id{4}}, 2);
    world.run(request_rebalance{asked_by(1)});
    world.settle();
    EXPECT_EQ(world.held()[node_id{4}], 12U) << "where it is excluded, both replicas share a rack";
}

TEST(rebalancer_policy, what_is_against_a_new_policy_moves_and_nothing_else) {
    for (auto const chosen : every_placement) {
        cluster_world world{3, 12, 2};
        world.config.placement = chosen;
        world.add_broker(4, "rack-4", 1, 1, {"ssd"});
        world.add_broker(5, "rack-5", 1, 1, {"ssd"});
        world.settle();
        EXPECT_FALSE(world.now().balance.is_due());
        world.give("pin:ssd");
        EXPECT_TRUE(world.now().balance.is_due());
        world.settle();
        world.expect_honoured();
        EXPECT_EQ(world.held()[node_id{4}], 12U);

        world.sent.clear();
        world.give("exclude:node=1; pin:ssd");
        world.settle();
        EXPECT_TRUE(chosen != placement::sticky || world.sent.empty()) << "it was honoured already";
        world.expect_honoured();
    }
}

TEST(rebalancer_policy, a_policy_is_kept_when_brokers_join_and_leave) {
    for (auto const chosen : every_placement) {
        cluster_world world{0};
        world.config.placement = chosen;
        for (std::uint32_t node = 1; node <= 3; ++node) world.add_broker(node, "r", 1, node, {"ssd"});
        world.add_broker(4, "r");
        world.add_topic(2, "pin:ssd", 12, {node_id{1}, node_id{2}, node_id{3}}, 2);
        world.add_topic(3, "", 40, {node_id{1}, node_id{2}, node_id{3}, node_id{4}}, 1);
        world.settle();
        world.add_broker(5, "r", 1, 4);
        world.settle();
        world.expect_honoured();
        world.expect_shares_within_one("the topic without a policy makes up for the other");

        world.run(change_membership{asked_by(1), node_id{3}, true});
        world.settle();
        EXPECT_EQ(world.now().find_broker(node_id{3})->status, broker_state::decommissioned);
        world.expect_honoured();
    }
}

TEST(rebalancer_policy, what_a_policy_forbids_is_refused_with_its_topic_and_nothing_moves) {
    cluster_world world{0};
    for (std::uint32_t node = 1; node <= 4; ++node)
        world.add_broker(node, "r", 1, 1, node <= 2 ? std::vector<std::string>{"ssd"} : std::vector<std::string>{});
    world.add_topic(2, "pin:ssd", 6, {node_id{1}, node_id{2}}, 2);
    world.add_topic(3, "", 8, {node_id{1}, node_id{2}, node_id{3}, node_id{4}}, 1);
    world.settle();
    world.run(change_membership{asked_by(1), node_id{2}, true});
    rebalancer plan{world.config};
    plan.reset(start);

    auto const step = plan.look(world.now(), nobody, start);
    EXPECT_FALSE(step.proposes());
    EXPECT_EQ(step.refused.why, chronik::assign::errc::too_few_allowed);
    EXPECT_EQ(plan.refused().text, "t2, chronik.placement: 'pin:ssd' leaves 1 broker (1) for 2 replicas");

    world.add_broker(5, "r", 1, 1, {"ssd"});
    world.settle();
    EXPECT_EQ(world.now().find_broker(node_id{2})->status, broker_state::decommissioned);
    world.expect_honoured();
}

TEST(rebalancer_policy, a_tag_that_is_gone_is_told_and_one_that_fails_moves_nothing) {
    cluster_world world{0};
    for (std::uint32_t node = 1; node <= 3; ++node)
        world.add_broker(node, "r", 1, 1, {"zone=" + std::to_string(node)});
    world.add_topic(2, "spread:zone", 6, {node_id{1}, node_id{2}, node_id{3}}, 3);
    world.settle();
    rebalancer plan{world.config};
    plan.reset(start);
    world.status(3, broker_state::failed);
    world.run(request_rebalance{asked_by(1)});
    EXPECT_FALSE(plan.look(world.now(), nobody, start).proposes());
    EXPECT_FALSE(plan.refused()) << "it is waited for";

    world.add_broker(3, "r", 2, 1, {"zone=2"});
    EXPECT_FALSE(plan.look(world.now(), nobody, start).proposes());
    EXPECT_EQ(plan.refused().why, chronik::assign::errc::too_few_values);
    EXPECT_EQ(plan.refused().text, "t2, chronik.placement: 'spread:zone' finds 2 values (1, 2) for 3 replicas");
    world.add_broker(3, "r", 3, 1, {"zone=3"});
    world.settle();
    EXPECT_FALSE(plan.look(world.now(), nobody, start).proposes());
    EXPECT_FALSE(plan.refused());
}

TEST(rebalancer_policy, a_policy_of_another_build_is_refused_and_not_guessed_at) {
    cluster_world world{0};
    world.add_broker(1);
    world.add_topic(2, "keep:ssd", 1, {node_id{1}}, 1);
    rebalancer plan{world.config};
    plan.reset(start);
    EXPECT_FALSE(plan.look(world.now(), nobody, start).proposes());
    EXPECT_EQ(plan.refused().why, chronik::errc::malformed);
    EXPECT_EQ(plan.refused().text, "t2, chronik.placement: 'keep:ssd' is none of pin:TAG,... exclude:TAG,... and "
                                   "spread:KEY");
}

TEST(rebalancer_policy, many_policies_come_to_rest_and_are_left_alone) {
    for (auto const chosen : every_placement) {
        cluster_world world{0};
        world.config.placement = chosen;
        std::vector<node_id> all;
        for (std::uint32_t node = 1; node <= 6; ++node) {
            std::vector<std::string> tags{"zone=" + std::to_string(node % 3)};
            if (node <= 3) tags.insert(tags.begin(), "ssd");
            world.add_broker(node, "rack-" + std::to_string(node % 2), 1, node % 4 + 1, std::move(tags));
            all.push_back(node_id{node});
        }
        world.add_topic(2, "pin:ssd", 7, all, 2);
        world.add_topic(3, "exclude:node=2", 9, all, 1);
        world.add_topic(4, "spread:zone", 11, all, 3);
        world.add_topic(5, "pin:ssd", 5, all, 3);
        world.add_topic(6, "", 60, all, 2);
        world.settle();
        world.expect_honoured();
        for (auto const& each : world.partitions_now()) world.lead(each, each.replicas.front());

        world.sent.clear();
        world.run(request_rebalance{asked_by(1)});
        world.settle();
        EXPECT_TRUE(world.sent.empty()) << "nothing moves again, whatever the placement";
    }
}

TEST(rebalancer_policy, any_cluster_comes_to_rest_with_every_policy_honoured_or_says_which_cannot_be) {
    static constexpr std::array<char const*, 6> policies{
        "", "pin:ssd", "exclude:node=2", "spread:zone", "exclude:ssd; spread:rack", "pin:zone=1,ssd"};
    int honoured = 0;
    int refused = 0;
    for (std::uint64_t seed = 0; seed < 90; ++seed) {
        SCOPED_TRACE(seed);
        chronik::random chance{seed};
        cluster_world world{0};
        world.config.placement = every_placement[seed % 3];
        std::vector<node_id> all;
        for (std::uint32_t node = 1; node <= 3 + seed % 5; ++node) {
            std::vector<std::string> tags{"zone=" + std::to_string(chance.below(3))};
            if (chance.below(2) == 0) tags.emplace_back("ssd");
            auto const capacity = static_cast<std::uint32_t>(chance.between(1, 4));
            world.add_broker(node, "r" + std::to_string(chance.below(3)), 1, capacity, std::move(tags));
            all.push_back(node_id{node});
        }
        for (std::uint32_t topic = 2; topic <= chance.between(2, 6); ++topic) {
            auto const partitions = static_cast<std::uint32_t>(chance.between(1, 15));
            auto const replicas = static_cast<std::size_t>(chance.between(1, 3));
            world.add_topic(topic, policies[static_cast<std::size_t>(chance.below(policies.size()))], partitions, all,
                            replicas);
        }

        rebalancer plan{world.config};
        plan.reset(start);
        auto const step = plan.look(world.now(), nobody, start);
        auto const impossible = unhonoured_policy(world.now(), staying_members(world.now()));
        EXPECT_EQ(static_cast<bool>(step.refused), !impossible.empty()) << impossible;
        if (step.refused) {
            EXPECT_FALSE(step.proposes());
            ++refused;
            continue;
        }
        world.settle();
        world.expect_honoured();
        world.sent.clear();
        world.run(request_rebalance{asked_by(1)});
        world.settle();
        EXPECT_TRUE(world.sent.empty()) << "what is at rest stays at rest";
        ++honoured;
    }
    EXPECT_GT(honoured, 10);
    EXPECT_GT(refused, 10);
}

}  // namespace
}  // namespace broker::tests
