// SPDX-License-Identifier: Apache-2.0
#include <chronik/assign/range.hpp>
#include <chronik/assign/round_robin.hpp>
#include <chronik/assign/sticky.hpp>

#include "../../laws/rebalance_laws.hpp"

#include <cstdio>

namespace chronik::laws {
namespace {

/// 100 brokers in 5 racks with 10 000 partitions of 3 replicas.
held_world large() {
    held_world world{equal_racks(5, 20), {}};
    auto const placed = assign::rack_aware{}.place(world.base.members, {}, 10'000, 3).value();
    for (auto const& list : placed.partitions) world.partitions.push_back({list, 3});
    return world;
}

template <class Strategy>
std::size_t settle(char const* name, char const* what, held_world& world) {
    auto const given = Strategy{}.rebalance(world.base.members, {}, world.partitions);
    EXPECT_TRUE(given.has_value());
    std::size_t const moved = world.moved(*given);
    world.take(*given);
    std::printf("%s, %s: %zu of 30000 replicas move, replicas within %u, leaders within %u\n", name, what, moved,
                world.spread(&assign::load::replicas), world.spread(&assign::load::leaders));
    return moved;
}

TEST(assign_scale, a_hundred_brokers_are_even_after_a_creation) {
    auto const world = large();
    EXPECT_EQ(world.spread(&assign::load::replicas), 0U);
    EXPECT_LE(world.spread(&assign::load::leaders), 1U);
}

TEST(assign_scale, sticky_moves_what_a_failed_broker_had_and_what_a_new_one_is_to_have) {
    auto world = large();
    node_id const gone{7};
    std::size_t const lost = world.held_by(gone);
    world.remove(gone);
    EXPECT_EQ(settle<assign::sticky<>>("sticky", "one fails", world), lost);
    EXPECT_EQ(world.held_by(gone), 0U);
    EXPECT_LE(world.spread(&assign::load::leaders), 1U);

    world.base.members.push_back({node_id{200}, "rack-1", 1});
    std::size_t const moved = settle<assign::sticky<>>("sticky", "one joins", world);
    EXPECT_EQ(moved, world.held_by(node_id{200}));
    EXPECT_LE(world.spread(&assign::load::replicas), 1U);

    node_id const leaves{42};
    std::size_t const held = world.held_by(leaves);
    world.remove(leaves);
    EXPECT_EQ(settle<assign::sticky<>>("sticky", "one is decommissioned", world), held);
    EXPECT_EQ(world.held_by(leaves), 0U);
}

TEST(assign_scale, the_others_move_much_and_are_as_even) {
    auto world = large();
    world.remove(node_id{7});
    EXPECT_GT(settle<assign::rack_aware>("rack_aware", "one fails", world), 300U);
    EXPECT_LE(world.spread(&assign::load::leaders), 1U);
    EXPECT_GT(settle<assign::round_robin>("round_robin", "racks are given up", world), 300U);
    EXPECT_LE(world.spread(&assign::load::replicas), 1U);
    EXPECT_GT(settle<assign::range>("range", "neighbours are made", world), 300U);
    EXPECT_LE(world.spread(&assign::load::replicas), 1U);
}

}  // namespace
}  // namespace chronik::laws
