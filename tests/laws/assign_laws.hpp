// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/concepts.hpp>
#include <chronik/base/random.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

/// What every placement strategy promises; see docs/concepts/placement.md. A new strategy is two lines:
///   using cases = ::testing::Types<placement_under_test<mine, false>>;
///   INSTANTIATE_TYPED_TEST_SUITE_P(mine, placement_laws, cases);
namespace chronik::laws {

/// ByRack   whether the strategy promises to spread partitions over racks
template <assign::placement Strategy, bool ByRack>
struct placement_under_test {
    using strategy = Strategy;
    static constexpr bool by_rack = ByRack;
};

/// Members, what they carry, and a recount of it after each placement.
struct placement_world {
    std::vector<assign::member> members;
    std::map<node_id, assign::load> carried;

    std::vector<assign::load> existing() const {
        std::vector<assign::load> out;
        for (auto const& [node, load] : carried) out.push_back(load);
        return out;
    }
    assign::member const& member(node_id node) const {
        return *std::ranges::find(members, node, &assign::member::node);
    }
    void add(assign::assignment const& placed) {
        for (auto const& replicas : placed.partitions) {
            ++carried[replicas.front()].leaders;
            for (node_id const node : replicas) { carried[node].node = node; ++carried[node].replicas; }
        }
    }
    std::uint32_t spread(std::uint32_t assign::load::* what) const {
        std::uint32_t least = ~0U, most = 0;
        for (auto const& each : members) {
            auto const found = carried.find(each.node);
            std::uint32_t const count = found == carried.end() ? 0 : found->second.*what;
            least = std::min(least, count);
            most = std::max(most, count);
        }
        return most - least;
    }
};

inline placement_world equal_racks(std::uint32_t racks, std::uint32_t nodes_per_rack) {
    placement_world world;
    for (std::uint32_t node = 0; node < racks * nodes_per_rack; ++node)
        world.members.push_back({node_id{node + 1}, "rack-" + std::to_string(node % racks), 1});
    return world;
}

inline placement_world any_world(random& chance) {
    placement_world world;
    auto const nodes = static_cast<std::uint32_t>(chance.between(1, 12));
    auto const racks = chance.between(1, 5);
    for (std::uint32_t node = 0; node < nodes; ++node)
        world.members.push_back({node_id{node * 3 + 1}, "r" + std::to_string(chance.below(racks)), 1});
    if (chance.chance(50))
        for (auto const& each : world.members) {
            auto const replicas = static_cast<std::uint32_t>(chance.below(20));
            world.carried[each.node] = {each.node, replicas, static_cast<std::uint32_t>(chance.below(replicas + 1))};
        }
    return world;
}

/// The fewest replicas that the fullest rack must hold, and the most racks that can be touched.
struct best_spread {
    std::size_t touched, fullest;
};
inline best_spread best_spread_of(placement_world const& world, std::size_t replicas) {
    std::map<std::string, std::size_t> sizes;
    for (auto const& each : world.members) ++sizes[each.rack];
    for (std::size_t fullest = 1;; ++fullest) {
        std::size_t room = 0;
        for (auto const& [rack, size] : sizes) room += std::min(size, fullest);
        if (room >= replicas) return {std::min(sizes.size(), replicas), fullest};
    }
}
inline best_spread spread_of(placement_world const& world, assign::replica_list const& replicas) {
    std::map<std::string, std::size_t> held;
    for (node_id const node : replicas) ++held[world.member(node).rack];
    return {held.size(), std::ranges::max_element(held, {}, [](auto const& each) { return each.second; })->second};
}

template <class Case>
class placement_laws : public ::testing::Test {
protected:
    static assign::assignment place(placement_world const& world, std::uint32_t partitions, std::uint32_t replicas) {
        auto const placed = typename Case::strategy{}.place(world.members, world.existing(), partitions, replicas);
        EXPECT_TRUE(placed.has_value()) << placed.error().message();
        return placed.value_or(assign::assignment{});
    }
};
TYPED_TEST_SUITE_P(placement_laws);

TYPED_TEST_P(placement_laws, every_partition_has_distinct_replicas_among_the_members) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        random chance{seed};
        auto const world = any_world(chance);
        auto const partitions = static_cast<std::uint32_t>(chance.between(1, 40));
        auto const replicas = static_cast<std::uint32_t>(chance.between(1, world.members.size()));
        auto const placed = TestFixture::place(world, partitions, replicas);

        ASSERT_EQ(placed.partitions.size(), partitions) << "seed " << seed;
        for (auto const& list : placed.partitions) {
            EXPECT_EQ(std::set<node_id>(list.begin(), list.end()).size(), replicas) << "seed " << seed;
            for (node_id const node : list)
                EXPECT_TRUE(std::ranges::find(world.members, node, &assign::member::node) != world.members.end())
                    << "seed " << seed;
        }
    }
}

TYPED_TEST_P(placement_laws, order_of_arguments_does_not_matter) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        random chance{seed};
        auto world = any_world(chance);
        auto const partitions = static_cast<std::uint32_t>(chance.between(1, 20));
        auto const replicas = static_cast<std::uint32_t>(chance.between(1, world.members.size()));
        auto const placed = TestFixture::place(world, partitions, replicas);
        std::ranges::reverse(world.members);
        auto existing = world.existing();
        std::ranges::reverse(existing);

        auto const again = typename TypeParam::strategy{}.place(world.members, existing, partitions, replicas);

        ASSERT_TRUE(again.has_value());
        EXPECT_EQ(*again, placed) << "seed " << seed;
    }
}

TYPED_TEST_P(placement_laws, partitions_are_spread_over_racks_as_far_as_possible) {
    if constexpr (TypeParam::by_rack) {
        for (std::uint64_t seed = 0; seed < 300; ++seed) {
            random chance{seed};
            auto const world = any_world(chance);
            auto const replicas = static_cast<std::uint32_t>(chance.between(1, world.members.size()));
            auto const placed =
                TestFixture::place(world, static_cast<std::uint32_t>(chance.between(1, 40)), replicas);
            auto const best = best_spread_of(world, replicas);

            for (auto const& list : placed.partitions) {
                EXPECT_EQ(spread_of(world, list).touched, best.touched) << "seed " << seed;
                EXPECT_LE(spread_of(world, list).fullest, best.fullest) << "seed " << seed;
            }
        }
    }
}

// Whatever was carried before: no replica could move to a member that carries at least two less.
TYPED_TEST_P(placement_laws, no_replica_could_move_to_someone_who_carries_less) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        random chance{seed};
        auto world = any_world(chance);
        auto const replicas = static_cast<std::uint32_t>(chance.between(1, world.members.size()));
        auto const placed = TestFixture::place(world, static_cast<std::uint32_t>(chance.between(1, 40)), replicas);
        world.add(placed);
        auto const best = best_spread_of(world, replicas);

        for (auto const& list : placed.partitions)
            for (std::size_t at = 0; at < list.size(); ++at)
                for (auto const& other : world.members) {
                    if (std::ranges::find(list, other.node) != list.end()) continue;
                    auto moved = list;
                    moved[at] = other.node;
                    auto const now = spread_of(world, moved);
                    if (TypeParam::by_rack && (now.touched < best.touched || now.fullest > best.fullest)) continue;
                    EXPECT_LE(world.carried[list[at]].replicas, world.carried[other.node].replicas + 1)
                        << "seed " << seed;
                }
    }
}

// Likewise for leaders: no leader could be swapped for another replica of the same partition that leads two less.
TYPED_TEST_P(placement_laws, no_leader_could_hand_over_to_a_replica_that_leads_less) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        random chance{seed};
        auto world = any_world(chance);
        auto const replicas = static_cast<std::uint32_t>(chance.between(1, world.members.size()));
        auto const placed = TestFixture::place(world, static_cast<std::uint32_t>(chance.between(1, 40)), replicas);
        world.add(placed);

        for (auto const& list : placed.partitions)
            for (node_id const node : list)
                EXPECT_LE(world.carried[list.front()].leaders, world.carried[node].leaders + 1) << "seed " << seed;
    }
}

TYPED_TEST_P(placement_laws, replicas_and_leaders_stay_even_over_many_creations) {
    for (std::uint32_t racks = 1; racks <= 4; ++racks)
        for (std::uint32_t per_rack = 1; per_rack <= 3; ++per_rack)
            for (std::uint32_t replicas = 1; replicas <= std::min(racks * per_rack, 5U); ++replicas)
                for (std::uint64_t seed = 0; seed < 10; ++seed) {
                    // With more racks than replicas, a lone partition may find no leader's turn in the racks whose turn
                    // it is; the next creation makes up for it.
                    bool const racks_choose = TypeParam::by_rack && per_rack > 1 && replicas > 1 && replicas < racks;
                    // Neighbours stay neighbours, and no replicas change places for the sake of leaders.
                    bool const neighbours = requires { requires TypeParam::strategy::by_topic; } && replicas > 1;
                    std::uint32_t const leaders_apart = racks_choose || neighbours ? 2 : 1;
                    random chance{seed};
                    auto world = equal_racks(racks, per_rack);
                    for (int topic = 0; topic < 100; ++topic) {
                        auto const partitions =
                            seed == 0 ? 1U : static_cast<std::uint32_t>(chance.between(1, 3 + 4 * seed));
                        world.add(TestFixture::place(world, partitions, replicas));
                        auto const where = ::testing::Message() << racks << " racks of " << per_rack << ", replicas "
                                                                << replicas << ", seed " << seed
                                                                    << ", topic " << topic << " of " << partitions;
                        ASSERT_LE(world.spread(&assign::load::replicas), 1U) << where;
                        ASSERT_LE(world.spread(&assign::load::leaders), leaders_apart) << where;
                    }
                }
}

TYPED_TEST_P(placement_laws, one_creation_is_even_for_any_count) {
    for (std::uint32_t nodes = 1; nodes <= 9; ++nodes)
        for (std::uint32_t replicas = 1; replicas <= nodes; ++replicas)
            for (std::uint32_t partitions = 1; partitions <= 60; ++partitions) {
                auto world = equal_racks(nodes, 1);
                world.add(TestFixture::place(world, partitions, replicas));
                ASSERT_LE(world.spread(&assign::load::replicas), 1U) << nodes << " " << replicas << " " << partitions;
                ASSERT_LE(world.spread(&assign::load::leaders), 1U) << nodes << " " << replicas << " " << partitions;
            }
}

TYPED_TEST_P(placement_laws, a_heavier_member_carries_in_proportion) {
    placement_world world;
    for (std::uint32_t node = 1; node <= 4; ++node) world.members.push_back({node_id{node}, "", node == 4 ? 3U : 1U});

    world.add(TestFixture::place(world, 60, 1));

    EXPECT_EQ(world.carried[node_id{1}].replicas, 10U);
    EXPECT_EQ(world.carried[node_id{4}].replicas, 30U);
    EXPECT_EQ(world.carried[node_id{4}].leaders, 30U);
}

TYPED_TEST_P(placement_laws, nodes_that_are_not_members_receive_nothing) {
    auto world = equal_racks(3, 1);
    world.carried[node_id{99}] = {node_id{99}, 0, 0};

    world.add(TestFixture::place(world, 9, 3));

    EXPECT_EQ(world.carried[node_id{99}].replicas, 0U);
}

TYPED_TEST_P(placement_laws, what_cannot_be_placed_is_refused_with_the_reason) {
    typename TypeParam::strategy const strategy{};
    auto const three = equal_racks(3, 1).members;
    auto twice = three;
    twice.push_back(three.front());
    auto weightless = three;
    weightless.front().weight = 0;

    EXPECT_EQ(strategy.place(three, {}, 1, 4).error(), assign::errc::too_few_members);
    EXPECT_EQ(strategy.place({}, {}, 1, 1).error(), assign::errc::too_few_members);
    EXPECT_EQ(strategy.place(three, {}, 0, 1).error(), assign::errc::no_partitions);
    EXPECT_EQ(strategy.place(three, {}, 1, 0).error(), assign::errc::no_partitions);
    EXPECT_EQ(strategy.place(three, {}, assign::replicas_max, 2).error(), assign::errc::too_large);
    EXPECT_EQ(strategy.place(twice, {}, 1, 1).error(), assign::errc::duplicate_member);
    EXPECT_EQ(strategy.place(weightless, {}, 1, 1).error(), assign::errc::weightless_member);
}

REGISTER_TYPED_TEST_SUITE_P(placement_laws, every_partition_has_distinct_replicas_among_the_members,
                            order_of_arguments_does_not_matter, partitions_are_spread_over_racks_as_far_as_possible,
                            no_replica_could_move_to_someone_who_carries_less,
                            no_leader_could_hand_over_to_a_replica_that_leads_less,
                            replicas_and_leaders_stay_even_over_many_creations, one_creation_is_even_for_any_count,
                            a_heavier_member_carries_in_proportion, nodes_that_are_not_members_receive_nothing,
                            what_cannot_be_placed_is_refused_with_the_reason);

}  // namespace chronik::laws
