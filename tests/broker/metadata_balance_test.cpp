// SPDX-License-Identifier: Apache-2.0
#include "metadata_world.hpp"

#include <metadata/cluster_load.hpp>

#include <cstdint>
#include <vector>

namespace broker::metadata::tests {
namespace {

using nodes = std::vector<node_id>;

constexpr node_id n1{1}, n2{2}, n3{3};

/// Three brokers; "t" has a partition on the first two of them.
struct balanced_world : world {
    group_id group;

    balanced_world() : world(with_brokers(3)) {
        run(create_topics{asked_by(1), {a_topic("t", 1, {{{n1, n2}}})}});
        group = now().find_topic("t")->groups[0];
    }
    partition const& state() const { return *now().find_partition(group); }
    error finish(log_index since) { return run(finish_rebalance{asked_by(1), since}).outcome; }
    std::vector<error> plan(nodes from, nodes target) {
        return run(plan_moves{asked_by(1), {{group, std::move(from), std::move(target)}}}).items;
    }
};

TEST(metadata_balance, a_new_broker_makes_a_rebalance_due_and_a_restarted_one_does_not) {
    world world;
    EXPECT_FALSE(world.now().balance.is_due());

    world.add_broker(1);
    auto const since = world.now().balance.since;
    EXPECT_EQ(since, log_index{1});
    EXPECT_EQ(world.run(finish_rebalance{asked_by(1), since}).outcome, error::none);
    EXPECT_FALSE(world.now().balance.is_due());
    EXPECT_EQ(world.now().balance.ended, 1U);

    world.add_broker(1, "", 2);
    EXPECT_FALSE(world.now().balance.is_due());
    world.add_broker(2);
    EXPECT_TRUE(world.now().balance.is_due());
}

TEST(metadata_balance, a_rebalance_is_over_only_by_its_own_number_and_once) {
    balanced_world world;
    auto const first = world.now().balance.since;
    world.add_broker(4);

    EXPECT_EQ(world.finish(first), error::superseded);
    EXPECT_TRUE(world.now().balance.is_due());
    EXPECT_EQ(world.finish(log_index{}), error::superseded);

    auto const since = world.now().balance.since;
    EXPECT_EQ(world.finish(since), error::none);
    EXPECT_EQ(world.finish(since), error::superseded);
    EXPECT_EQ(world.finish(log_index{}), error::superseded);
    EXPECT_EQ(world.now().balance.ended, 1U);
}

TEST(metadata_balance, a_planned_move_begins_as_an_operators_would) {
    balanced_world world;

    EXPECT_EQ(world.plan({n1, n2}, {n3, n2}), std::vector{error::none});

    EXPECT_EQ(world.state().target, (nodes{n3, n2}));
    EXPECT_EQ(world.state().original, (nodes{n1, n2}));
    EXPECT_EQ(world.now().moving().size(), 1U);
}

TEST(metadata_balance, what_has_changed_since_the_planner_looked_is_left_alone) {
    balanced_world world;

    EXPECT_EQ(world.plan({n2, n1}, {n3, n2}), std::vector{error::superseded});
    EXPECT_EQ(world.plan({n1, n2}, {}), std::vector{error::superseded});
    EXPECT_EQ(world.plan({n1, n2}, {n3, node_id{9}}), std::vector{error::invalid_replica_assignment});
    EXPECT_EQ(world.run(plan_moves{asked_by(1), {{group_id{77}, {n1}, {n2}}}}).items, std::vector{error::superseded});
    EXPECT_TRUE(world.now().moving().empty());

    world.run(alter_reassignments{asked_by(1), {{world.group, {n1, n3}}}});
    EXPECT_EQ(world.plan(world.state().replicas, {n3, n2}), std::vector{error::superseded});
    EXPECT_EQ(world.state().target, (nodes{n1, n3}));
}

TEST(metadata_balance, partitions_that_have_arrived_are_counted) {
    balanced_world world;
    world.plan({n1, n2}, {n3, n2});
    EXPECT_EQ(world.now().balance.moved, 0U);

    finished_move const done{world.state().since, log_index{9}, {world.group, n3, log_term{2}, {n3, n2}}};
    EXPECT_EQ(world.run(finish_reassignment{asked_by(3), {done}}).outcome, error::none);
    EXPECT_EQ(world.run(finish_reassignment{asked_by(3), {done}}).outcome, error::superseded);

    EXPECT_EQ(world.now().balance.moved, 1U);
}

TEST(metadata_balance, it_is_part_of_the_digest_and_of_snapshots) {
    balanced_world world;
    auto const before = world.now().digest();
    world.run(finish_rebalance{asked_by(1), world.now().balance.since});
    EXPECT_NE(world.now().digest(), before);
}

TEST(metadata_balance, an_operators_wish_for_a_rebalance_is_remembered_as_that_until_it_is_over) {
    balanced_world world;
    world.finish(world.now().balance.since);

    auto const done = world.run(request_rebalance{asked_by(2)});
    EXPECT_EQ(world.now().balance.since, done.index);
    EXPECT_TRUE(world.now().balance.asked);
    EXPECT_EQ(world.finish(done.index), error::none);
    EXPECT_FALSE(world.now().balance.asked);
}

/// Broker 3 leaves.
struct leaving_world : balanced_world {
    leaving_world() {
        finish(now().balance.since);
        EXPECT_EQ(change(3, true), error::none);
    }
    error change(std::uint32_t node, bool leaves) {
        return run(change_membership{asked_by(9), node_id{node}, leaves}).outcome;
    }
    error status(std::uint32_t node, broker_state to) {
        return run(change_broker_status{asked_by(9), node_id{node}, 1, to}).outcome;
    }
    broker_info const& broker(std::uint32_t node) const { return *now().find_broker(node_id{node}); }
    error enrol(std::uint32_t node, std::uint64_t incarnation) {
        return run(register_broker{asked_by(node), node_id{node}, incarnation, "host", 1, 2, "", 1}).outcome;
    }
};

TEST(metadata_balance, who_leaves_makes_a_rebalance_due_and_stays_alive_meanwhile) {
    leaving_world world;
    auto const since = world.now().balance.since;
    EXPECT_TRUE(world.now().balance.is_due());
    EXPECT_TRUE(world.now().balance.asked);
    EXPECT_TRUE(world.broker(3).leaving);
    EXPECT_EQ(world.broker(3).status, broker_state::alive);

    EXPECT_EQ(world.change(3, true), error::none);
    EXPECT_EQ(world.now().balance.since, since) << "asked for twice";
    EXPECT_EQ(world.change(9, true), error::unknown_broker);
}

TEST(metadata_balance, who_leaves_is_given_nothing_new) {
    leaving_world world;
    cluster_load const load{world.now()};
    EXPECT_EQ(load.members().size(), 2U);
    EXPECT_FALSE(load.replicas_problem(0, nodes{n3}).empty());
}

TEST(metadata_balance, who_leaves_and_starts_again_leaves_still) {
    leaving_world world;
    EXPECT_EQ(world.enrol(3, 2), error::none);
    EXPECT_TRUE(world.broker(3).leaving);
}

/// Broker 3 has failed.
struct replaced_world : leaving_world {
    replaced_world() {
        EXPECT_EQ(change(3, false), error::none);
        EXPECT_EQ(status(3, broker_state::failed), error::none);
        finish(now().balance.since);
    }
    error replace(std::uint32_t node, std::uint64_t incarnation = 1) {
        return run(replace_broker{asked_by(9), node_id{node}, incarnation}).outcome;
    }
};

TEST(metadata_balance, who_is_replaced_makes_a_rebalance_due_and_another_when_it_is_alive_again) {
    replaced_world world;
    EXPECT_EQ(world.replace(3), error::none);
    auto const since = world.now().balance.since;
    EXPECT_TRUE(world.now().balance.is_due());
    EXPECT_FALSE(world.now().balance.asked) << "no operator has";
    EXPECT_TRUE(world.broker(3).replaced);
    EXPECT_FALSE(world.broker(3).stays());
    EXPECT_EQ(staying_members(world.now()).size(), 2U);
    EXPECT_EQ(world.replace(3), error::none);
    EXPECT_EQ(world.now().balance.since, since) << "said twice";
    world.finish(since);

    register_broker const again{asked_by(3), n3, 2, "host", 9092, 10092, world.broker(3).rack, 1};
    EXPECT_EQ(world.run(again).outcome, error::none);
    EXPECT_TRUE(world.broker(3).replaced) << "it is not ready yet";
    EXPECT_FALSE(world.now().balance.is_due());
    EXPECT_EQ(world.run(change_broker_status{asked_by(9), n3, 2, broker_state::alive}).outcome, error::none);
    EXPECT_FALSE(world.broker(3).replaced);
    EXPECT_TRUE(world.now().balance.is_due());
}

TEST(metadata_balance, only_who_is_away_is_replaced) {
    replaced_world world;
    EXPECT_EQ(world.replace(1), error::invalid_status);
    EXPECT_EQ(world.replace(9), error::unknown_broker);
    EXPECT_EQ(world.replace(3, 7), error::stale_incarnation);
    EXPECT_EQ(world.enrol(3, 2), error::none);
    EXPECT_EQ(world.replace(3, 2), error::none) << "it starts, and has not come back yet";
}

TEST(metadata_balance, only_who_leaves_and_holds_nothing_is_decommissioned) {
    leaving_world world;
    EXPECT_EQ(world.change(2, true), error::none);
    EXPECT_EQ(world.status(1, broker_state::decommissioned), error::invalid_status) << "it does not leave";
    EXPECT_EQ(world.status(2, broker_state::decommissioned), error::invalid_status) << "it holds a partition";
    EXPECT_EQ(world.status(3, broker_state::decommissioned), error::none);

    EXPECT_EQ(world.enrol(3, 2), error::decommissioned);
    EXPECT_EQ(world.status(3, broker_state::alive), error::invalid_status);
    EXPECT_EQ(world.plan({n1, n2}, {n1, n3}), std::vector{error::invalid_replica_assignment});
}

TEST(metadata_balance, who_stays_after_all_gets_its_share_again_also_when_it_was_decommissioned) {
    leaving_world world;
    EXPECT_EQ(world.change(3, false), error::none);
    EXPECT_FALSE(world.broker(3).leaving);
    EXPECT_EQ(world.broker(3).status, broker_state::alive);

    world.change(3, true);
    EXPECT_EQ(world.status(3, broker_state::decommissioned), error::none);
    world.finish(world.now().balance.since);
    EXPECT_EQ(world.change(3, false), error::none);
    EXPECT_EQ(world.broker(3).status, broker_state::failed);
    EXPECT_TRUE(world.now().balance.is_due());
    EXPECT_EQ(world.enrol(3, 2), error::none);
    EXPECT_EQ(world.broker(3).status, broker_state::starting);
}

TEST(metadata_balance, a_broker_that_starts_with_another_capacity_rack_or_tag_makes_a_rebalance_due) {
    world world;
    std::uint64_t incarnation = 0;
    auto const is_due_after = [&](std::string const& rack, std::uint32_t capacity, std::vector<std::string> tags) {
        world.add_broker(1, rack, ++incarnation, capacity, std::move(tags));
        bool const due = world.now().balance.is_due();
        if (due) {
            EXPECT_EQ(world.now().balance.since, world.now().find_broker(n1)->registered_at);
            world.run(finish_rebalance{asked_by(1), world.now().balance.since});
        }
        return due;
    };

    EXPECT_TRUE(is_due_after("r", 1, {}));
    EXPECT_FALSE(is_due_after("r", 1, {}));
    EXPECT_TRUE(is_due_after("r", 2, {}));
    EXPECT_TRUE(is_due_after("r", 2, {"ssd"}));
    EXPECT_TRUE(is_due_after("s", 2, {"ssd"}));
    EXPECT_FALSE(is_due_after("s", 2, {"ssd"}));
    EXPECT_EQ(world.now().find_broker(n1)->capacity, 2U);
    EXPECT_EQ(world.now().find_broker(n1)->tags, std::vector<std::string>{"ssd"});
}

TEST(metadata_balance, another_policy_of_a_topic_makes_a_rebalance_due_and_other_configurations_do_not) {
    balanced_world world;
    world.finish(world.now().balance.since);
    auto const is_due_after = [&](std::vector<config_entry> configs) {
        auto const base = world.now().find_topic("t")->configs_at;
        auto const done = world.run(change_configs{asked_by(1), {{id_of(1), base, std::move(configs)}}});
        EXPECT_EQ(done.outcome, error::none);
        if (!world.now().balance.is_due()) return false;
        EXPECT_EQ(world.now().balance.since, done.index);
        EXPECT_FALSE(world.now().balance.asked) << "by a client, and not by an operator";
        EXPECT_EQ(world.finish(done.index), error::none);
        return true;
    };

    EXPECT_FALSE(is_due_after({{"retention.ms", "1"}}));
    EXPECT_TRUE(is_due_after({{"retention.ms", "1"}, {"chronik.placement", "pin:ssd"}}));
    EXPECT_FALSE(is_due_after({{"chronik.placement", "pin:ssd"}}));
    EXPECT_TRUE(is_due_after({{"chronik.placement", "pin:hdd"}}));
    EXPECT_TRUE(is_due_after({}));
}

}  // namespace
}  // namespace broker::metadata::tests
