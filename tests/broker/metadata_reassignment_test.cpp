// SPDX-License-Identifier: Apache-2.0
#include "metadata_world.hpp"

#include <metadata/reassignment.hpp>

#include <cstdint>
#include <initializer_list>
#include <set>
#include <vector>

namespace broker::metadata::tests {
namespace {

std::vector<node_id> nodes(std::initializer_list<std::uint32_t> numbers) {
    std::vector<node_id> all;
    for (auto const number : numbers) all.push_back(node_id{number});
    return all;
}

/// Five brokers and one partition on the first two of them, led by 1 in term 3.
struct moving_world : world {
    group_id group;

    moving_world() : world(with_brokers(5)) {
        run(create_topics{asked_by(1), {a_topic("t", 1, {{nodes({1, 2})}})}});
        group = now().find_topic("t")->groups[0];
        run(update_partitions{asked_by(1), {led_by(1, 3, {1, 2})}});
    }

    partition const& state() const { return *now().find_partition(group); }
    partition_update led_by(std::uint32_t node, std::uint64_t epoch, std::initializer_list<std::uint32_t> isr) const {
        return {group, node_id{node}, log_term{epoch}, nodes(isr)};
    }
    applied send(std::initializer_list<std::uint32_t> target) {
        return run(alter_reassignments{asked_by(1), {{group, nodes(target)}}});
    }
    applied cancel() { return send({}); }
    error finish(partition_update const& news) { return finish(news, state().since); }
    error finish(partition_update const& news, log_index since) {
        return run(finish_reassignment{asked_by(1), {{since, log_index{90}, news}}}).outcome;
    }
};

TEST(metadata_reassignment, while_it_moves_the_replicas_are_those_of_both_ends) {
    moving_world world;

    auto const done = world.send({2, 3});

    EXPECT_EQ(done.outcome, error::none);
    EXPECT_EQ(done.moved, std::vector{world.group});
    EXPECT_EQ(world.state().replicas, nodes({2, 3, 1}));
    EXPECT_EQ(world.state().target, nodes({2, 3}));
    EXPECT_EQ(world.state().original, nodes({1, 2}));
    EXPECT_EQ(world.state().since, done.index);
    EXPECT_EQ(adding(world.state()), nodes({3}));
    EXPECT_EQ(removing(world.state()), nodes({1}));
    EXPECT_EQ(copies(world.state()), 2U);
    EXPECT_EQ(world.now().moving(), std::set{world.group});
}

TEST(metadata_reassignment, what_has_arrived_has_the_targets_replicas_and_leader) {
    moving_world world;
    world.send({2, 3});

    EXPECT_EQ(world.finish(world.led_by(2, 4, {2, 3})), error::none);

    EXPECT_FALSE(world.state().is_moving());
    EXPECT_EQ(world.state().replicas, nodes({2, 3}));
    EXPECT_EQ(world.state().isr, nodes({2, 3}));
    EXPECT_EQ(world.state().leader, node_id{2});
    EXPECT_EQ(world.state().leader_epoch, log_term{4});
    EXPECT_EQ(world.state().members_at, log_index{90});
    EXPECT_TRUE(removing(world.state()).empty());
    EXPECT_TRUE(world.now().moving().empty());
}

TEST(metadata_reassignment, only_members_of_the_target_can_lead_or_be_in_sync_at_the_end) {
    moving_world world;
    world.send({2, 3});

    EXPECT_EQ(world.finish(world.led_by(1, 4, {1, 2})), error::invalid_request);
    EXPECT_EQ(world.finish(world.led_by(2, 4, {1, 2})), error::invalid_request);
    EXPECT_EQ(world.finish(world.led_by(2, 2, {2, 3})), error::stale_epoch);
    EXPECT_EQ(world.finish({world.group, chronik::no_node, log_term{4}, nodes({2})}), error::invalid_request);

    EXPECT_TRUE(world.state().is_moving());
}

TEST(metadata_reassignment, the_end_of_an_earlier_wish_does_not_end_a_later_one) {
    moving_world world;
    auto const first = world.send({2, 3}).index;
    world.send({2, 4});
    world.send({2, 3});

    EXPECT_EQ(world.finish(world.led_by(2, 4, {2, 3}), first), error::superseded);
    EXPECT_TRUE(world.state().is_moving());
    EXPECT_EQ(world.finish(world.led_by(2, 4, {2, 3})), error::none);
    EXPECT_EQ(world.finish(world.led_by(2, 4, {2, 3}), first), error::superseded);
}

TEST(metadata_reassignment, a_new_target_replaces_the_old_one_and_forgets_nobody) {
    moving_world world;
    world.send({2, 3});

    EXPECT_EQ(world.send({4, 5}).outcome, error::none);

    EXPECT_EQ(world.state().target, nodes({4, 5}));
    EXPECT_EQ(world.state().original, nodes({1, 2}));
    EXPECT_EQ(world.state().replicas, nodes({4, 5, 2, 3, 1}));
    EXPECT_EQ(removing(world.state()), nodes({2, 3, 1}));
}

TEST(metadata_reassignment, cancelling_leads_back_to_where_it_was) {
    moving_world world;
    world.send({2, 3});
    world.send({4, 5});

    EXPECT_EQ(world.cancel().outcome, error::none);
    auto const since = world.state().since;
    EXPECT_EQ(world.cancel().outcome, error::none);

    EXPECT_EQ(world.state().since, since);
    EXPECT_EQ(world.state().target, nodes({1, 2}));
    EXPECT_TRUE(adding(world.state()).empty());
    EXPECT_EQ(removing(world.state()), nodes({4, 5, 3}));
    EXPECT_EQ(world.finish(world.led_by(1, 3, {1, 2})), error::none);
    EXPECT_EQ(world.state().replicas, nodes({1, 2}));
    EXPECT_EQ(world.cancel().outcome, error::no_reassignment);
}

TEST(metadata_reassignment, the_same_replicas_in_another_order_need_no_move) {
    moving_world world;

    EXPECT_EQ(world.send({2, 1}).outcome, error::none);

    EXPECT_FALSE(world.state().is_moving());
    EXPECT_EQ(world.state().replicas, nodes({2, 1}));
}

TEST(metadata_reassignment, the_same_target_again_changes_nothing) {
    moving_world world;
    auto const since = world.send({2, 3}).index;

    auto const again = world.send({2, 3});

    EXPECT_EQ(again.outcome, error::none);
    EXPECT_TRUE(again.moved.empty());
    EXPECT_EQ(world.state().since, since);
}

TEST(metadata_reassignment, targets_are_checked_one_by_one) {
    moving_world world;
    std::vector<node_id> const too_many(replicas_per_partition_max + 1, node_id{1});

    auto const done = world.run(alter_reassignments{asked_by(1),
                                                    {{world.group, nodes({1, 1})},
                                                     {world.group, nodes({1, 9})},
                                                     {world.group, too_many},
                                                     {group_id{77}, nodes({1, 2})},
                                                     {world.group, {}},
                                                     {world.group, nodes({3})}}});

    EXPECT_EQ(done.items, (std::vector{error::invalid_replica_assignment, error::invalid_replica_assignment,
                                       error::invalid_replica_assignment, error::unknown_partition,
                                       error::no_reassignment, error::none}));
    EXPECT_EQ(done.moved, std::vector{world.group});
    EXPECT_EQ(copies(world.state()), 1U);
}

TEST(metadata_reassignment, who_comes_may_be_in_sync_before_the_end) {
    moving_world world;
    world.send({2, 3});

    auto const done = world.run(update_partitions{asked_by(1), {world.led_by(1, 3, {1, 2, 3})}});

    EXPECT_EQ(done.outcome, error::none);
    EXPECT_EQ(world.state().isr, nodes({1, 2, 3}));
    EXPECT_TRUE(world.state().is_moving());
}

TEST(metadata_reassignment, an_image_that_is_held_keeps_what_was_moving_then) {
    moving_world world;
    world.send({2, 3});
    auto const held = world.machine.current();

    world.run(delete_topics{asked_by(1), {id_of(1)}});

    EXPECT_TRUE(world.now().moving().empty());
    EXPECT_EQ(held->moving(), std::set{world.group});
    EXPECT_EQ(world.finish({world.group, node_id{2}, log_term{4}, nodes({2})}, log_index{1}), error::unknown_partition);
}

}  // namespace
}  // namespace broker::metadata::tests
