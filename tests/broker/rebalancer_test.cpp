// SPDX-License-Identifier: Apache-2.0
#include "rebalancer_world.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace broker::tests {
namespace {

TEST(rebalancer, a_broker_that_joins_gets_its_share_and_then_it_is_over) {
    cluster_world world{2, 4};
    world.join(3);
    rebalancer plan{world.config};
    plan.reset(start);

    auto const step = plan.look(world.now(), nobody, start);
    EXPECT_EQ(step.moves.size(), 1U);
    EXPECT_FALSE(step.over);
    world.commit(step);
    EXPECT_FALSE(plan.look(world.now(), nobody, start + 1s).proposes()) << "it has not arrived yet";
    world.arrive();
    auto const last = plan.look(world.now(), nobody, start + 2s);
    EXPECT_EQ(last.over, world.now().balance.since);
    world.commit(last);

    EXPECT_EQ(world.held()[node_id{3}], 1U);
    EXPECT_EQ(world.most_less_least(), 1U);
    EXPECT_FALSE(plan.look(world.now(), nobody, start + 3s).proposes());
}

TEST(rebalancer, nothing_moves_when_nobody_has_joined) {
    cluster_world world{3, 6, 2};
    auto const all = world.partitions_now();
    world.run(alter_reassignments{asked_by(1), {{all[0].group, {node_id{1}, node_id{2}}},
                                                {all[1].group, {node_id{1}, node_id{2}}},
                                                {all[2].group, {node_id{1}, node_id{2}}}}});
    world.arrive();
    EXPECT_GT(world.most_less_least(), 1U);

    rebalancer plan{world.config};
    plan.reset(start);
    for (auto passed = 0s; passed < 1h; passed += 30s)
        EXPECT_FALSE(plan.look(world.now(), nobody, start + passed).proposes());
    world.status(2, broker_state::failed);
    EXPECT_FALSE(plan.look(world.now(), nobody, start + 1h).proposes());
    world.status(2, broker_state::alive);
    EXPECT_FALSE(plan.look(world.now(), nobody, start + 1h).proposes());
}

TEST(rebalancer, it_waits_while_a_broker_is_away_and_goes_on_when_it_is_back) {
    cluster_world world{2, 8};
    world.join(3);
    rebalancer plan{world.config};
    plan.reset(start);
    for (auto const away : {broker_state::failed, broker_state::draining}) {
        world.status(1, away);
        EXPECT_FALSE(plan.look(world.now(), nobody, start).proposes());
        EXPECT_FALSE(plan.look(world.now(), nobody, start + 24h).proposes());
    }
    world.status(1, broker_state::alive);
    EXPECT_EQ(plan.look(world.now(), nobody, start + 24h).moves.size(), 2U);
}

TEST(rebalancer, whoever_leads_plans_the_same_and_goes_on_where_the_last_one_stopped) {
    cluster_world world{3, 30, 2};
    world.config.rebalance_moves_max = 4;
    world.join(4);
    rebalancer one{world.config}, other{world.config};
    one.reset(start);
    other.reset(start + 77s);

    auto const step = one.look(world.now(), nobody, start);
    EXPECT_EQ(step.moves, other.look(world.now(), nobody, start + 78s).moves);
    world.commit(step);
    world.arrive();
    world.settle();
    EXPECT_LE(world.most_less_least(), 1U);
}

TEST(rebalancer, only_so_many_move_at_once) {
    cluster_world world{3, 60, 2};
    world.config.rebalance_moves_max = 5;
    world.join(4);
    rebalancer plan{world.config};
    plan.reset(start);

    auto const step = plan.look(world.now(), nobody, start);
    EXPECT_EQ(step.moves.size(), 5U);
    EXPECT_GE(plan.waiting(), 20U);
    world.commit(step);
    auto const more = plan.look(world.now(), nobody, start);
    EXPECT_LE(world.now().moving().size() + more.moves.size(), 5U);
}

TEST(rebalancer, what_waits_is_planned_when_a_good_part_has_room_or_time_has_passed) {
    cluster_world world{3, 60, 2};
    world.config.rebalance_moves_max = 8;
    world.join(4);
    rebalancer plan{world.config};
    plan.reset(start);
    world.commit(plan.look(world.now(), nobody, start));
    ASSERT_EQ(world.now().moving().size(), 8U);

    world.arrive(1);
    EXPECT_TRUE(plan.look(world.now(), nobody, start + 999ms).moves.empty()) << "each plan is a lot of work";
    world.arrive(1);
    auto const more = plan.look(world.now(), nobody, start + 999ms);
    EXPECT_EQ(more.moves.size(), 2U) << "a quarter of them";

    world.commit(more);
    world.arrive(1);
    EXPECT_TRUE(plan.look(world.now(), nobody, start + 1998ms).moves.empty());
    EXPECT_EQ(plan.look(world.now(), nobody, start + 1999ms).moves.size(), 1U) << "the others may take for ever";
}

TEST(rebalancer, another_broker_that_joins_is_planned_for_at_once) {
    cluster_world world{3, 60, 2};
    world.config.rebalance_moves_max = 8;
    world.join(4);
    rebalancer plan{world.config};
    plan.reset(start);
    world.commit(plan.look(world.now(), nobody, start));
    world.arrive(1);
    world.join(5);
    EXPECT_EQ(plan.look(world.now(), nobody, start).moves.size(), 1U);
}

TEST(rebalancer, nothing_moves_forth_and_back) {
    for (std::uint32_t const at_once : {1U, 3U, 1'000U}) {
        cluster_world world{3, 40, 3};
        world.config.rebalance_moves_max = at_once;
        world.join(4);
        world.settle();
        world.join(5);
        world.sent.clear();
        std::map<group_id, std::vector<node_id>> before;
        for (auto const& each : world.partitions_now()) before[each.group] = each.replicas;

        world.settle();

        EXPECT_LE(world.most_less_least(), 1U);
        std::size_t moved = 0;
        for (auto const& each : world.partitions_now()) {
            auto const gained = without(each.replicas, before[each.group]);
            moved += gained.size();
            EXPECT_TRUE(gained.empty() || gained == std::vector{node_id{5}}) << "moved between brokers that were even";
        }
        EXPECT_EQ(moved, 24U) << "the share of the new one, and nothing else";
    }
}

TEST(rebalancer, an_operators_wish_is_carried_out_before_anything_follows_it) {
    cluster_world world{2, 6};
    auto const first = world.partitions_now()[0];
    world.join(3);
    rebalancer plan{world.config};
    plan.reset(start);
    auto const step = plan.look(world.now(), nobody, start);
    ASSERT_EQ(step.moves.size(), 2U);
    auto const group = step.moves[0].group;
    auto const wish = step.moves[0].from == std::vector{node_id{1}} ? node_id{2} : node_id{1};

    world.run(alter_reassignments{asked_by(1), {{group, {wish}}}});
    EXPECT_EQ(world.run(plan_moves{asked_by(1), step.moves}).items, (std::vector{error::superseded, error::none}));

    EXPECT_EQ(world.now().find_partition(group)->target, std::vector{wish});
    world.settle();
    EXPECT_LE(world.most_less_least(), 1U);
}

TEST(rebalancer, leaders_go_back_when_the_preferred_replica_is_in_sync_and_not_more_often_than_they_may) {
    cluster_world world{3, 3, 3};
    auto const moved = world.partitions_now()[1];
    rebalancer plan{world.config};
    plan.reset(start);
    world.lead(moved, node_id{1}, std::vector{node_id{1}, node_id{3}});
    EXPECT_TRUE(plan.look(world.now(), nobody, start + 299s).handovers.empty());
    EXPECT_TRUE(plan.look(world.now(), nobody, start + 300s).handovers.empty()) << "node 2 lacks records";

    world.lead(world.partitions_now()[1], node_id{1});
    EXPECT_TRUE(plan.look(world.now(), nobody, start + 599s).handovers.empty());
    auto const due = plan.look(world.now(), nobody, start + 600s).handovers;
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0].group, moved.group);
    EXPECT_EQ(due[0].to, node_id{2});
    EXPECT_TRUE(plan.look(world.now(), nobody, start + 601s).handovers.empty()) << "asked for once an interval";

    world.config.auto_leader_rebalance = false;
    rebalancer off{world.config};
    off.reset(start);
    EXPECT_TRUE(off.look(world.now(), nobody, start + 24h).handovers.empty());
}

TEST(rebalancer, leaders_that_only_change_places_are_asked_to_hand_over_at_the_end) {
    cluster_world world{2, 8, 2};
    for (auto const& each : world.partitions_now()) {
        world.run(alter_reassignments{asked_by(1), {{each.group, {node_id{1}, node_id{2}}}}});
        world.lead(*world.now().find_partition(each.group), node_id{1});
    }
    world.join(3);
    std::size_t asked = 0;
    rebalancer plan{world.config};
    plan.reset(start);
    for (int looks = 0; looks < 100 && world.now().balance.is_due(); ++looks) {
        auto const step = plan.look(world.now(), nobody, start);
        if (step.over) asked = step.handovers.size();
        world.commit(step);
        world.arrive();
    }
    EXPECT_FALSE(world.now().balance.is_due());
    std::map<node_id, std::size_t> preferred;
    std::size_t displaced = 0;
    for (auto const& each : world.partitions_now()) {
        ++preferred[each.replicas.front()];
        displaced += each.leader != each.replicas.front() ? 1U : 0U;
    }
    EXPECT_EQ(asked, displaced);
    for (std::uint32_t node = 1; node <= 3; ++node) EXPECT_GE(preferred[node_id{node}], 2U) << node;
}

TEST(rebalancer, switched_off_it_lets_everything_be) {
    cluster_world world{2, 4};
    world.config.auto_rebalance = false;
    world.join(3);
    rebalancer plan{world.config};
    plan.reset(start);

    EXPECT_FALSE(plan.look(world.now(), nobody, start).proposes());
    EXPECT_TRUE(world.now().balance.is_due());
}

TEST(rebalancer, switched_off_it_still_does_what_an_operator_asks_for) {
    cluster_world world{2, 4};
    world.config.auto_rebalance = false;
    world.join(3);
    world.run(request_rebalance{asked_by(1)});
    world.settle();
    EXPECT_EQ(world.held()[node_id{3}], 1U);
}

TEST(rebalancer, who_leaves_is_emptied_and_then_decommissioned) {
    cluster_world world{4, 24, 3};
    world.config.rebalance_moves_max = 3;
    world.run(change_membership{asked_by(1), node_id{2}, true});
    world.settle();

    EXPECT_EQ(world.now().find_broker(node_id{2})->status, broker_state::decommissioned);
    auto counts = world.held();
    EXPECT_EQ(counts[node_id{2}], 0U);
    for (std::uint32_t const node : {1U, 3U, 4U}) EXPECT_EQ(counts[node_id{node}], 24U);
}

TEST(rebalancer, who_leaves_is_emptied_also_when_it_is_not_there) {
    cluster_world world{4, 8, 3};
    world.status(4, broker_state::failed);
    world.run(change_membership{asked_by(1), node_id{4}, true});
    world.settle();
    EXPECT_EQ(world.now().find_broker(node_id{4})->status, broker_state::decommissioned);
    EXPECT_EQ(world.held()[node_id{4}], 0U);
}

TEST(rebalancer, who_leaves_is_not_forgotten_while_what_moves_from_it_has_no_majority) {
    cluster_world world{3, 1};
    auto const moved = world.partitions_now().front();
    world.run(alter_reassignments{asked_by(1), {{moved.group, {node_id{2}}}}});
    world.status(1, broker_state::failed);
    world.run(change_membership{asked_by(1), node_id{1}, true});
    rebalancer plan{world.config};
    plan.reset(start);
    EXPECT_FALSE(plan.look(world.now(), nobody, start).proposes()) << "nothing can be moved, and it is not over";

    world.status(1, broker_state::alive);
    world.arrive();
    world.settle();
    EXPECT_EQ(world.now().find_broker(node_id{1})->status, broker_state::decommissioned);
}

TEST(rebalancer, who_is_replaced_is_emptied_and_gets_its_share_when_it_is_back) {
    cluster_world world{4, 24, 3};
    world.status(4, broker_state::failed);
    world.run(replace_broker{asked_by(1), node_id{4}, 1});
    world.settle();
    EXPECT_EQ(world.held()[node_id{4}], 0U);
    EXPECT_EQ(world.now().find_broker(node_id{4})->status, broker_state::failed) << "it may come back";

    world.status(4, broker_state::alive);
    world.settle();
    EXPECT_EQ(world.held()[node_id{4}], 18U);
    EXPECT_LE(world.most_less_least(), 1U);
}

TEST(rebalancer, moves_to_one_that_is_replaced_go_elsewhere_though_as_many_move_as_may) {
    cluster_world world{3, 30, 2};
    world.config.rebalance_moves_max = 2;
    world.join(4);
    rebalancer plan{world.config};
    plan.reset(start);
    world.commit(plan.look(world.now(), nobody, start));
    ASSERT_EQ(world.now().moving().size(), 2U);
    world.status(4, broker_state::failed);
    EXPECT_FALSE(plan.look(world.now(), nobody, start).proposes());

    world.run(replace_broker{asked_by(1), node_id{4}, 1});
    world.commit(plan.look(world.now(), nobody, start));
    for (auto const& each : world.partitions_now()) EXPECT_FALSE(holds(each.target, node_id{4}));
    world.settle();
    EXPECT_EQ(world.held()[node_id{4}], 0U);
}

TEST(rebalancer, what_has_lost_its_majority_waits_and_keeps_nobody_who_is_empty) {
    cluster_world world{4, 8, 2};
    world.status(4, broker_state::failed);
    world.run(replace_broker{asked_by(1), node_id{4}, 1});
    auto const held = world.held()[node_id{4}];
    world.join(5);
    world.run(change_membership{asked_by(1), node_id{5}, true});
    rebalancer plan{world.config};
    plan.reset(start);

    auto step = plan.look(world.now(), nobody, start);
    for (int looks = 0; looks < 20 && !step.moves.empty(); ++looks) {
        world.commit(step);
        world.arrive();
        step = plan.look(world.now(), nobody, start);
    }
    EXPECT_TRUE(step.moves.empty());
    EXPECT_FALSE(step.over);
    EXPECT_EQ(world.held()[node_id{4}], held);
    EXPECT_EQ(plan.waiting(), held);
    EXPECT_EQ(step.emptied, std::vector{node_id{5}});
}

TEST(rebalancer, a_newcomer_that_is_lost_is_no_part_of_the_majority_of_what_was_to_move_to_it) {
    cluster_world world{5, 1, 1};
    auto const group = world.partitions_now()[0].group;
    world.run(alter_reassignments{asked_by(1), {{group, {node_id{5}}}}});
    world.status(5, broker_state::failed);
    world.run(replace_broker{asked_by(1), node_id{5}, 1});
    rebalancer plan{world.config};
    plan.reset(start);
    EXPECT_EQ(plan.look(world.now(), nobody, start).moves.size(), 1U);

    cluster_world three{5, 1, 3};
    auto const other = three.partitions_now()[0].group;
    three.status(3, broker_state::failed);
    three.run(replace_broker{asked_by(1), node_id{3}, 1});
    three.run(alter_reassignments{asked_by(1), {{other, {node_id{1}, node_id{2}, node_id{5}}}}});
    three.status(5, broker_state::failed);
    three.run(replace_broker{asked_by(1), node_id{5}, 1});
    rebalancer again{three.config};
    again.reset(start);
    auto const step = again.look(three.now(), nobody, start);
    ASSERT_EQ(step.moves.size(), 1U) << "1 and 2 are a majority of those that it had";
    EXPECT_TRUE(holds(step.moves[0].target, node_id{4}));
}

TEST(rebalancer, moves_to_one_that_starts_again_and_is_never_ready_go_elsewhere_as_well) {
    cluster_world world{3, 30, 2};
    world.config.rebalance_moves_max = 2;
    world.join(4);
    rebalancer plan{world.config};
    plan.reset(start);
    world.commit(plan.look(world.now(), nobody, start));
    ASSERT_EQ(world.now().moving().size(), 2U);
    world.run(register_broker{asked_by(4), node_id{4}, 2, "host", 9092, 10092, "rack-4", 1, 12092});
    world.run(replace_broker{asked_by(1), node_id{4}, 2});

    world.commit(plan.look(world.now(), nobody, start));
    for (auto const& each : world.partitions_now()) EXPECT_FALSE(holds(each.target, node_id{4}));
}

TEST(rebalancer, who_votes_on_the_metadata_is_not_let_go) {
    cluster_world world{2};
    world.run(change_membership{asked_by(1), node_id{2}, true});
    rebalancer plan{world.config};
    plan.reset(start);
    bool votes = true;
    auto const look = [&] { return plan.look(world.now(), [&](node_id) { return votes; }, start); };

    EXPECT_FALSE(look().proposes());
    votes = false;
    EXPECT_EQ(look().emptied, std::vector{node_id{2}});
}

TEST(rebalancer, who_cannot_be_done_without_stays_and_the_reason_is_told) {
    cluster_world world{3, 2, 3};
    world.run(change_membership{asked_by(1), node_id{2}, true});
    rebalancer plan{world.config};
    plan.reset(start);

    auto const step = plan.look(world.now(), nobody, start);
    EXPECT_FALSE(step.proposes());
    EXPECT_EQ(step.refused.why, chronik::assign::errc::too_few_members);
    EXPECT_EQ(plan.refused().text, "more replicas were asked for than there are members");

    world.run(change_membership{asked_by(1), node_id{2}, false});
    EXPECT_TRUE(plan.look(world.now(), nobody, start).over.has_value());
    EXPECT_FALSE(plan.refused());
}

TEST(rebalancer, who_stays_after_all_gets_its_share_again) {
    cluster_world world{3, 12, 2};
    world.run(change_membership{asked_by(1), node_id{3}, true});
    world.settle();
    world.run(change_membership{asked_by(1), node_id{3}, false});
    world.status(3, broker_state::alive);
    world.settle();
    EXPECT_EQ(world.held()[node_id{3}], 8U);
}

TEST(rebalancer, every_placement_comes_to_rest) {
    for (auto const chosen : {placement::sticky, placement::range, placement::round_robin}) {
        cluster_world world{3, 20, 2};
        world.config.placement = chosen;
        world.join(4);
        world.settle();
        EXPECT_LE(world.most_less_least(), 1U);
    }
}

TEST(rebalancer, racks_are_kept_apart) {
    cluster_world world{4, 12, 2};
    world.add_broker(5, "rack-1");
    world.settle();
    for (auto const& each : world.partitions_now()) {
        std::set<std::string> racks;
        for (node_id const node : each.replicas) racks.insert(world.now().find_broker(node)->rack);
        EXPECT_EQ(racks.size(), 2U);
    }
}

}  // namespace
}  // namespace broker::tests
