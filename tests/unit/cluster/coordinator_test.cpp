// SPDX-License-Identifier: Apache-2.0
#include <chronik/assign/sticky.hpp>
#include <chronik/cluster/coordinator.hpp>

#include <gtest/gtest.h>

#include <map>

namespace chronik::cluster {
namespace {

using lists = std::vector<std::vector<node_id>>;

/// The strategies of assign/ as a coordinator wants them.
struct sticky_lists {
    result<lists> operator()(std::span<node_id const> brokers, std::span<partition_view const> partitions) const {
        std::vector<assign::member> members;
        for (node_id const each : brokers) members.push_back({each});
        std::vector<assign::holding> current;
        for (partition_view const& each : partitions)
            current.push_back({each.replicas, static_cast<std::uint32_t>(each.replicas.size())});
        auto placed = assign::sticky<>{}.rebalance(members, {}, current);
        if (!placed) return std::unexpected(placed.error());
        return std::move(placed->partitions);
    }
};

/// A small cluster that carries wishes out when it is told to.
struct world {
    coordinator<sticky_lists> decide{sticky_lists{}};
    std::vector<broker_view> brokers;
    std::vector<partition_view> partitions;

    world(std::uint32_t count, std::uint32_t partition_count, std::uint32_t replicas) {
        for (std::uint32_t node = 1; node <= count; ++node) join(node);
        for (std::uint32_t at = 0; at < partition_count; ++at) {
            partition_view made{group_id{at + 1000}, {}, {}, no_node};
            for (std::uint32_t copy = 0; copy < replicas; ++copy)
                made.replicas.push_back(node_id{(at + copy) % count + 1});
            made.leader = made.replicas.front();
            partitions.push_back(std::move(made));
        }
    }
    void join(std::uint32_t node) { brokers.push_back({node_id{node}, broker_state::alive, false}); }
    broker_view& broker(std::uint32_t node) {
        return *std::ranges::find(brokers, node_id{node}, &broker_view::node);
    }
    rebalance_plan plan(std::size_t moves_max = 1000) const { return decide.rebalance(brokers, partitions, moves_max); }
    void commit(rebalance_plan const& plan) {
        for (wish const& each : plan.wishes)
            std::ranges::find(partitions, each.group, &partition_view::group)->target = each.target;
    }
    void carry_out() {
        for (partition_view& each : partitions) {
            if (each.target.empty()) continue;
            each.replicas = std::exchange(each.target, {});
            if (std::ranges::find(each.replicas, each.leader) == each.replicas.end())
                each.leader = each.replicas.front();
        }
    }
    /// returns   how many plans it took
    int settle(std::size_t moves_max) {
        for (int round = 0; round < 1000; ++round) {
            auto const next = plan(moves_max);
            EXPECT_LE(next.wishes.size(), moves_max);
            if (next.why == verdict::balanced) return round;
            commit(next);
            carry_out();
        }
        ADD_FAILURE() << "it never comes to rest";
        return 0;
    }
    std::map<node_id, std::size_t> held() const {
        std::map<node_id, std::size_t> out;
        for (broker_view const& each : brokers) out[each.node];
        for (partition_view const& each : partitions)
            for (node_id const node : each.replicas) ++out[node];
        return out;
    }
};

TEST(cluster_coordinator, a_balanced_cluster_is_left_alone) {
    world const now{3, 12, 2};
    EXPECT_EQ(now.plan().why, verdict::balanced);
    EXPECT_TRUE(now.plan().wishes.empty());
}

TEST(cluster_coordinator, a_broker_that_joins_gets_its_share_with_no_operator) {
    world now{2, 4, 1};
    now.join(3);
    auto const plan = now.plan();
    EXPECT_EQ(plan.why, verdict::moving);
    EXPECT_EQ(plan.wishes.size(), 1U);
    now.settle(10);
    EXPECT_EQ(now.held()[node_id{3}], 1U);
    EXPECT_EQ(now.plan().why, verdict::balanced);
}

TEST(cluster_coordinator, only_so_many_partitions_move_at_once) {
    world now{3, 60, 2};
    now.join(4);
    auto plan = now.plan(5);
    EXPECT_EQ(plan.wishes.size(), 5U);
    EXPECT_GE(plan.pending, 25U);  // and those whose leaders only change places
    now.commit(plan);
    plan = now.plan(5);
    EXPECT_TRUE(plan.wishes.empty());
    EXPECT_EQ(plan.why, verdict::moving);
    now.carry_out();
    EXPECT_GE(now.settle(5), 5);
    for (auto const& [node, count] : now.held()) EXPECT_EQ(count, 30U) << node.value;
}

TEST(cluster_coordinator, a_broker_that_leaves_is_emptied_and_then_may_go) {
    world now{4, 24, 3};
    now.broker(2).leaving = true;
    EXPECT_TRUE(now.decide.emptied(now.brokers, now.partitions).empty());
    now.settle(7);
    EXPECT_EQ(now.held()[node_id{2}], 0U);
    EXPECT_EQ(now.decide.emptied(now.brokers, now.partitions), std::vector{node_id{2}});
    now.broker(2).state = broker_state::decommissioned;
    EXPECT_TRUE(now.decide.emptied(now.brokers, now.partitions).empty());
    EXPECT_EQ(now.plan().why, verdict::balanced);
}

TEST(cluster_coordinator, one_that_is_replaced_is_emptied_without_leaving_and_gets_its_share_when_it_is_back) {
    world now{4, 24, 3};
    now.broker(2).state = broker_state::failed;
    EXPECT_EQ(now.plan().why, verdict::unsettled);
    now.broker(2).replaced = true;
    now.settle(7);
    EXPECT_EQ(now.held()[node_id{2}], 0U);
    EXPECT_TRUE(now.decide.emptied(now.brokers, now.partitions).empty());

    now.broker(2) = {node_id{2}, broker_state::alive};
    now.settle(7);
    EXPECT_EQ(now.held()[node_id{2}], 18U);
}

TEST(cluster_coordinator, what_was_on_its_way_to_one_that_is_lost_is_sent_elsewhere) {
    world now{5, 3, 3};
    now.partitions[0].target = {node_id{1}, node_id{2}, node_id{5}};
    now.partitions[1].target = {node_id{2}, node_id{3}, node_id{1}};
    now.broker(5).state = broker_state::failed;
    now.broker(5).replaced = true;

    auto const plan = now.plan(1);
    ASSERT_FALSE(plan.wishes.empty());
    for (wish const& each : plan.wishes) {
        EXPECT_EQ(each.group, now.partitions[0].group) << "the other may arrive, and fills the room there is";
        EXPECT_EQ(std::ranges::count(each.target, node_id{5}), 0);
    }
    EXPECT_GT(plan.pending, 0U);
}

TEST(cluster_coordinator, what_has_no_majority_is_in_nobodys_way) {
    world now{4, 40, 1};
    std::size_t const held = now.held()[node_id{4}];
    now.partitions.push_back({group_id{2000}, {node_id{4}, node_id{1}, node_id{2}}, {}, node_id{1}});
    now.broker(4).state = broker_state::failed;
    now.broker(4).replaced = true;

    auto const plan = now.plan(1);
    ASSERT_EQ(plan.wishes.size(), 1U);
    EXPECT_EQ(plan.wishes[0].group, group_id{2000});
    now.commit(plan);
    now.carry_out();
    EXPECT_GE(now.plan(1).pending, held) << "they wait for it";
    EXPECT_EQ(now.plan(1).why, verdict::moving);
}

TEST(cluster_coordinator, one_that_has_failed_may_leave_as_well) {
    world now{4, 24, 3};
    now.broker(2).leaving = true;
    now.broker(2).state = broker_state::failed;
    now.settle(100);
    EXPECT_EQ(now.held()[node_id{2}], 0U);
}

TEST(cluster_coordinator, too_few_brokers_to_leave_is_said_with_the_reason) {
    world now{3, 3, 3};
    now.broker(2).leaving = true;
    auto const plan = now.plan();
    EXPECT_EQ(plan.why, verdict::refused);
    EXPECT_EQ(plan.reason, assign::errc::too_few_members);
    EXPECT_TRUE(plan.wishes.empty());
}

TEST(cluster_coordinator, nothing_is_planned_around_a_broker_that_is_away_for_a_while) {
    for (auto const state : {broker_state::failed, broker_state::draining, broker_state::starting}) {
        world now{3, 12, 2};
        now.join(4);
        now.broker(1).state = state;
        EXPECT_EQ(now.plan().why, verdict::unsettled);
        EXPECT_TRUE(now.plan().wishes.empty());
    }
}

TEST(cluster_coordinator, a_wish_that_is_being_carried_out_is_not_replaced) {
    world now{3, 12, 2};
    now.partitions[0].target = {node_id{3}, node_id{1}};
    now.join(4);
    for (wish const& each : now.plan().wishes) EXPECT_NE(each.group, now.partitions[0].group);
}

TEST(cluster_coordinator, leaders_go_back_to_where_they_are_preferred) {
    world now{3, 3, 2};
    for (partition_view& each : now.partitions) each.leader = each.replicas[1];
    EXPECT_EQ(now.decide.prefer_leaders(now.brokers, now.partitions, 2).size(), 2U);
    auto const all = now.decide.prefer_leaders(now.brokers, now.partitions, 10);
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0], (handover{now.partitions[0].group, node_id{2}, node_id{1}}));

    now.broker(1).state = broker_state::starting;
    EXPECT_EQ(now.decide.prefer_leaders(now.brokers, now.partitions, 10).size(), 2U);
    now.partitions[1].target = {node_id{1}, node_id{2}};
    EXPECT_EQ(now.decide.prefer_leaders(now.brokers, now.partitions, 10).size(), 1U);
    now.partitions[2].leader = no_node;
    EXPECT_TRUE(now.decide.prefer_leaders(now.brokers, now.partitions, 10).empty());
}

TEST(cluster_coordinator, equal_metadata_give_equal_plans) {
    world now{3, 30, 2};
    now.join(4);
    auto const plan = now.plan();
    std::ranges::reverse(now.brokers);
    EXPECT_EQ(now.plan().wishes, plan.wishes);
}

}  // namespace
}  // namespace chronik::cluster
