// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "assign_laws.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

/// What every strategy promises that also moves what is placed already; see docs/concepts/rebalancing.md. A new one is
/// two lines:
///   using cases = ::testing::Types<rebalancing_under_test<mine, true, moves::few>>;
///   INSTANTIATE_TYPED_TEST_SUITE_P(mine, rebalancing_laws, cases);
namespace chronik::laws {

/// any   places everything anew;  few   what can stay stays;  in_turn   few, and holders let go before others take
enum class moves : std::uint8_t { any, few, in_turn };

template <assign::rebalancing Strategy, bool ByRack, moves Moves>
struct rebalancing_under_test {
    using strategy = Strategy;
    static constexpr bool by_rack = ByRack;
    static constexpr moves how = Moves;
};

/// Members and who holds what; loads are counted anew whenever they are asked for.
struct held_world {
    placement_world base;
    std::vector<assign::holding> partitions;

    std::map<node_id, assign::load> recount() const {
        std::map<node_id, assign::load> out;
        for (auto const& each : base.members) out[each.node].node = each.node;
        for (auto const& each : partitions)
            for (node_id const node : each.held) {
                ++out[node].replicas;
                if (node == each.held.front()) ++out[node].leaders;
            }
        return out;
    }
    std::uint32_t spread(std::uint32_t assign::load::* what) const {
        auto const counted = recount();
        auto const [least, most] = std::ranges::minmax_element(
            counted, {}, [what](auto const& each) { return each.second.*what; });
        return most->second.*what - least->second.*what;
    }
    void remove(node_id node) {
        std::erase_if(base.members, [node](auto const& each) { return each.node == node; });
    }
    /// Replicas that have to be copied to make `then` of what is held.
    std::size_t moved(assign::assignment const& then) const {
        std::size_t out = 0;
        for (std::size_t at = 0; at < partitions.size(); ++at)
            for (node_id const node : then.partitions[at])
                out += std::ranges::find(partitions[at].held, node) == partitions[at].held.end() ? 1U : 0U;
        return out;
    }
    std::size_t held_by(node_id node) const {
        return static_cast<std::size_t>(std::ranges::count_if(partitions, [node](auto const& each) {
            return std::ranges::find(each.held, node) != each.held.end();
        }));
    }
    void take(assign::assignment const& then) {
        for (std::size_t at = 0; at < partitions.size(); ++at) partitions[at].held = then.partitions[at];
    }
};

template <class Case>
class rebalancing_laws : public ::testing::Test {
protected:
    using strategy = typename Case::strategy;

    /// One answer, checked for what holds always.
    static assign::assignment once(held_world const& world) {
        auto const given = strategy{}.rebalance(world.base.members, {}, world.partitions);
        EXPECT_TRUE(given.has_value()) << given.error().message();
        if (!given) return {};
        EXPECT_EQ(given->partitions.size(), world.partitions.size());
        for (std::size_t at = 0; at < given->partitions.size(); ++at) {
            auto const& list = given->partitions[at];
            EXPECT_EQ(std::set<node_id>(list.begin(), list.end()).size(), list.size());
            if constexpr (Case::how != moves::in_turn) {
                EXPECT_EQ(list.size(), world.partitions[at].replicas);
            }
            for (node_id const node : list)
                EXPECT_NE(std::ranges::find(world.base.members, node, &assign::member::node), world.base.members.end())
                    << "a node that is no member was given something";
        }
        return *given;
    }

    /// Answers until nothing is left to do. Holders that exclude each other need a round to let go in.
    static std::size_t settle(held_world& world) {
        std::size_t moved = 0;
        for (int round = 0; round < 20; ++round) {
            auto const given = once(world);
            moved += world.moved(given);
            auto const before = world.partitions;
            world.take(given);
            if (before == world.partitions || Case::how == moves::any) return moved;
        }
        ADD_FAILURE() << "the answers do not come to rest";
        return moved;
    }

    /// A world of 1 to 12 members and up to 60 partitions that this strategy has placed.
    static held_world any_held(random& chance, std::uint32_t replicas_max) {
        held_world world{any_world(chance), {}};
        world.base.carried.clear();
        auto const members = static_cast<std::uint32_t>(world.base.members.size());
        auto const count = static_cast<std::size_t>(chance.between(1, 60));
        for (std::size_t at = 0; at < count; ++at)
            world.partitions.push_back(
                {{}, static_cast<std::uint32_t>(chance.between(1, std::min(members, replicas_max)))});
        settle(world);
        return world;
    }

    static node_id join(held_world& world, random& chance) {
        node_id const node{static_cast<std::uint32_t>(1000 + chance.below(1000))};
        world.base.members.push_back({node, "r" + std::to_string(chance.below(5)), 1});
        return node;
    }

    /// The fewest moves that make a world without racks even, of whose replicas some are lost: each lost one, and what
    /// some set of members cannot do without. Such a set is kept below its fair share because it holds the other
    /// replicas of what was lost, or is pushed beyond it because only it can take what was lost (Hall's condition).
    static std::size_t fewest_moves(held_world const& world, node_id gone) {
        auto const& members = world.base.members;
        std::size_t total = 0, lost = 0;
        for (auto const& each : world.partitions) total += each.replicas;
        lost = world.held_by(gone);
        std::size_t more = 0;
        for (std::uint32_t set = 1; set < (1U << members.size()); ++set) {
            std::size_t size = 0, held = 0, open = 0, forced = 0;
            for (std::size_t at = 0; at < members.size(); ++at) {
                if ((set >> at & 1) == 0) continue;
                ++size;
                held += world.held_by(members[at].node);
            }
            for (auto const& each : world.partitions) {
                auto const holds = [&](node_id node) {
                    return std::ranges::find(each.held, node) != each.held.end();
                };
                if (!holds(gone)) continue;
                bool inside = false, outside = false;
                for (std::size_t at = 0; at < members.size(); ++at)
                    if (!holds(members[at].node)) ((set >> at & 1) != 0 ? inside : outside) = true;
                open += inside ? 1U : 0U;
                forced += outside ? 0U : 1U;
            }
            std::size_t const least = size * (total / members.size());
            std::size_t const most = size * ((total + members.size() - 1) / members.size());
            if (held + open < least) more = std::max(more, least - held - open);
            if (held + forced > most) more = std::max(more, held + forced - most);
        }
        return lost + more;
    }

    static bool may_spread(held_world const& world, std::size_t at, assign::replica_list const& list) {
        if (!Case::by_rack) return true;
        auto const best = best_spread_of(world.base, world.partitions[at].replicas);
        auto const now = spread_of(world.base, list);
        return now.touched >= best.touched && now.fullest <= best.fullest;
    }

    static void expect_even(held_world const& world, std::uint64_t seed) {
        auto const counted = world.recount();
        for (std::size_t at = 0; at < world.partitions.size(); ++at) {
            auto const& list = world.partitions[at].held;
            ASSERT_EQ(list.size(), world.partitions[at].replicas) << "seed " << seed;
            EXPECT_TRUE(may_spread(world, at, list)) << "seed " << seed;
            for (std::size_t place = 0; place < list.size(); ++place)
                for (auto const& other : world.base.members) {
                    if (std::ranges::find(list, other.node) != list.end()) continue;
                    auto then = list;
                    then[place] = other.node;
                    if (!may_spread(world, at, then)) continue;
                    EXPECT_LE(counted.at(list[place]).replicas, counted.at(other.node).replicas + 1) << "seed " << seed;
                }
            for (node_id const node : list)
                EXPECT_LE(counted.at(list.front()).leaders, counted.at(node).leaders + 1) << "seed " << seed;
        }
    }
};
TYPED_TEST_SUITE_P(rebalancing_laws);

TYPED_TEST_P(rebalancing_laws, after_members_came_and_went_it_is_even_and_names_members_only) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        random chance{seed};
        auto world = TestFixture::any_held(chance, 4);
        for (int change = 0; change < 4; ++change) {
            std::uint32_t most = 0;
            for (auto const& each : world.partitions) most = std::max(most, each.replicas);
            if (chance.chance(50) && world.base.members.size() > most)
                world.remove(world.base.members[chance.below(world.base.members.size())].node);
            else TestFixture::join(world, chance);
            TestFixture::settle(world);
            TestFixture::expect_even(world, seed);
        }
    }
}

// Without racks nothing stands in the way: all members carry the same within one, whatever the partitions' numbers of
// replicas, and so they do with a member in each rack.
TYPED_TEST_P(rebalancing_laws, loads_counted_anew_are_within_one) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        random chance{seed};
        auto world = TestFixture::any_held(chance, 3);
        if (TypeParam::by_rack)
            for (auto& each : world.base.members) each.rack = std::to_string(each.node.value);
        TestFixture::settle(world);
        auto const counted = world.recount();
        std::uint32_t total = 0;
        for (auto const& each : world.partitions) total += each.replicas;
        std::uint32_t sum = 0;
        for (auto const& [node, load] : counted) sum += load.replicas;
        EXPECT_EQ(sum, total) << "seed " << seed;
        EXPECT_LE(world.spread(&assign::load::replicas), 1U) << "seed " << seed;
    }
}

TYPED_TEST_P(rebalancing_laws, what_is_even_stays_where_it_is) {
    if constexpr (TypeParam::how != moves::any)
        for (std::uint64_t seed = 0; seed < 100; ++seed) {
            random chance{seed};
            auto const world = TestFixture::any_held(chance, 4);
            auto const again = TestFixture::once(world);
            for (std::size_t at = 0; at < world.partitions.size(); ++at)
                EXPECT_EQ(again.partitions[at], world.partitions[at].held) << "seed " << seed;
        }
}

TYPED_TEST_P(rebalancing_laws, a_join_moves_what_the_new_member_carries_and_nothing_else) {
    if constexpr (TypeParam::how != moves::any)
        for (std::uint64_t seed = 0; seed < 100; ++seed) {
            random chance{seed};
            held_world world{equal_racks(1, static_cast<std::uint32_t>(chance.between(2, 9))), {}};
            auto const replicas = static_cast<std::uint32_t>(chance.between(1, std::min<std::size_t>(
                3, world.base.members.size())));
            world.partitions.resize(static_cast<std::size_t>(chance.between(1, 60)), {{}, replicas});
            TestFixture::settle(world);
            world.base.members.push_back({node_id{1000}, "rack-0", 1});
            auto const moved = TestFixture::settle(world);
            EXPECT_EQ(moved, world.held_by(node_id{1000})) << "seed " << seed;
        }
}

TYPED_TEST_P(rebalancing_laws, a_loss_moves_what_was_lost_and_no_more_than_it_must) {
    if constexpr (TypeParam::how != moves::any)
        for (std::uint64_t seed = 0; seed < 100; ++seed) {
            random chance{seed};
            held_world world{equal_racks(1, static_cast<std::uint32_t>(chance.between(2, 9))), {}};
            auto const replicas = static_cast<std::uint32_t>(
                chance.between(1, std::min<std::size_t>(3, world.base.members.size() - 1)));
            world.partitions.resize(static_cast<std::size_t>(chance.between(1, 60)), {{}, replicas});
            TestFixture::settle(world);
            node_id const gone = world.base.members[chance.below(world.base.members.size())].node;
            world.remove(gone);
            auto const fewest = TestFixture::fewest_moves(world, gone);
            EXPECT_EQ(TestFixture::settle(world), fewest) << "seed " << seed;
            EXPECT_EQ(world.held_by(gone), 0U);
        }
}

TYPED_TEST_P(rebalancing_laws, nobody_takes_what_another_has_not_let_go) {
    if constexpr (TypeParam::how == moves::in_turn)
        for (std::uint64_t seed = 0; seed < 200; ++seed) {
            random chance{seed};
            auto world = TestFixture::any_held(chance, 1);
            TestFixture::join(world, chance);
            auto const given = TestFixture::once(world);
            for (std::size_t at = 0; at < world.partitions.size(); ++at) {
                if (given.partitions[at].empty()) continue;
                EXPECT_EQ(given.partitions[at], world.partitions[at].held) << "seed " << seed;
            }
        }
}

TYPED_TEST_P(rebalancing_laws, order_of_members_does_not_matter_to_a_rebalance) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        random chance{seed};
        auto world = TestFixture::any_held(chance, 3);
        TestFixture::join(world, chance);
        auto const given = TestFixture::once(world);
        std::ranges::reverse(world.base.members);
        EXPECT_EQ(TestFixture::once(world), given) << "seed " << seed;
    }
}

TYPED_TEST_P(rebalancing_laws, fewer_or_more_replicas_are_a_change_like_any_other) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        random chance{seed};
        auto world = TestFixture::any_held(chance, 3);
        for (auto& each : world.partitions)
            each.replicas = static_cast<std::uint32_t>(chance.between(1, std::min<std::size_t>(
                4, world.base.members.size())));
        TestFixture::settle(world);
        TestFixture::expect_even(world, seed);
    }
}

TYPED_TEST_P(rebalancing_laws, a_heavier_member_comes_to_carry_in_proportion) {
    held_world world{equal_racks(4, 1), {}};
    world.partitions.resize(60, {{}, 1});
    TestFixture::settle(world);
    EXPECT_EQ(world.held_by(node_id{4}), 15U);
    world.base.members[3].weight = 3;
    TestFixture::settle(world);
    EXPECT_EQ(world.held_by(node_id{4}), 30U);
    for (std::uint32_t node = 1; node <= 3; ++node) EXPECT_EQ(world.held_by(node_id{node}), 10U);
}

TYPED_TEST_P(rebalancing_laws, what_cannot_be_rebalanced_is_refused_with_the_reason) {
    typename TypeParam::strategy const under_test{};
    auto const three = equal_racks(3, 1).members;
    auto twice = three;
    twice.push_back(three.front());
    std::vector<assign::holding> const wide{{{node_id{1}}, 4}};
    std::vector<assign::holding> const none{{{node_id{1}}, 0}};
    std::vector<assign::holding> const one{{{node_id{1}}, 1}};
    std::vector<assign::holding> const huge(assign::replicas_max + 1, one.front());

    EXPECT_EQ(under_test.rebalance(three, {}, wide).error(), assign::errc::too_few_members);
    EXPECT_EQ(under_test.rebalance({}, {}, one).error(), assign::errc::too_few_members);
    EXPECT_EQ(under_test.rebalance(three, {}, none).error(), assign::errc::no_partitions);
    EXPECT_EQ(under_test.rebalance(twice, {}, one).error(), assign::errc::duplicate_member);
    EXPECT_EQ(under_test.rebalance(three, {}, huge).error(), assign::errc::too_large);
    EXPECT_EQ(under_test.rebalance(three, {}, {}).value(), assign::assignment{});
}

REGISTER_TYPED_TEST_SUITE_P(rebalancing_laws, after_members_came_and_went_it_is_even_and_names_members_only,
                            loads_counted_anew_are_within_one, what_is_even_stays_where_it_is,
                            a_join_moves_what_the_new_member_carries_and_nothing_else,
                            a_loss_moves_what_was_lost_and_no_more_than_it_must,
                            nobody_takes_what_another_has_not_let_go,
                            order_of_members_does_not_matter_to_a_rebalance,
                            fewer_or_more_replicas_are_a_change_like_any_other,
                            a_heavier_member_comes_to_carry_in_proportion,
                            what_cannot_be_rebalanced_is_refused_with_the_reason);

}  // namespace chronik::laws
