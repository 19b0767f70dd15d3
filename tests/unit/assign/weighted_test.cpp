// SPDX-License-Identifier: Apache-2.0
#include <chronik/assign/round_robin.hpp>
#include <chronik/assign/weighted.hpp>

#include "../../laws/rebalance_laws.hpp"

namespace chronik::laws {

struct as_it_stands {
    std::uint32_t operator()(assign::member const& of) const { return of.weight; }
};
using plain = assign::weighted<assign::sticky<assign::round_robin>, as_it_stands>;
using by_rack = assign::weighted<assign::sticky<assign::rack_aware>, as_it_stands>;

using cases = ::testing::Types<placement_under_test<plain, false>, placement_under_test<by_rack, true>>;
INSTANTIATE_TYPED_TEST_SUITE_P(weighted, placement_laws, cases);

using moving_cases = ::testing::Types<rebalancing_under_test<plain, false, moves::few>,
                                      rebalancing_under_test<by_rack, true, moves::few>>;
INSTANTIATE_TYPED_TEST_SUITE_P(weighted, rebalancing_laws, moving_cases);

/// Members with any capacities, and who holds what.
struct capacities {
    std::vector<assign::member> members;
    std::vector<std::uint32_t> of;
    std::uint64_t total = 0;

    explicit capacities(random& chance) {
        for (std::uint32_t node = 0; node < chance.between(2, 8); ++node) {
            of.push_back(static_cast<std::uint32_t>(chance.between(1, 9)));
            total += of.back();
            members.push_back({node_id{node + 1}, {}, 1, {{"capacity", std::to_string(of.back())}}});
        }
    }

    // The share of a member is a fraction; what it carries is less than one away from it, on whichever side, unless its
    // share is so large that the others' fractions add up.
    void expect_in_proportion(std::vector<assign::replica_list> const& lists, std::uint64_t seed) const {
        for (std::size_t at = 0; at < members.size(); ++at) {
            auto const carried = std::ranges::count_if(lists, [&](auto const& list) {
                return std::ranges::find(list, members[at].node) != list.end();
            });
            for (std::size_t other = 0; other < members.size(); ++other) {
                auto const others = std::ranges::count_if(lists, [&](auto const& list) {
                    return std::ranges::find(list, members[other].node) != list.end();
                });
                // In units of 1/(capacity x capacity): no replica could move to who carries less for its capacity.
                EXPECT_LE(carried * of[other], (others + 1) * of[at]) << "seed " << seed;
            }
        }
    }
};

TEST(assign_weighted, what_members_carry_is_in_proportion_to_their_capacity_within_one) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        random chance{seed};
        capacities const world{chance};
        assign::weighted<> const strategy;
        auto const partitions = static_cast<std::uint32_t>(chance.between(1, 100));
        auto const placed = strategy.place(world.members, {}, partitions, 1);
        ASSERT_TRUE(placed.has_value());
        world.expect_in_proportion(placed->partitions, seed);

        std::vector<assign::holding> const unplaced(partitions, assign::holding{{world.members.front().node}, 1});
        auto const moved = strategy.rebalance(world.members, {}, unplaced);
        ASSERT_TRUE(moved.has_value());
        world.expect_in_proportion(moved->partitions, seed);
    }
}

TEST(assign_weighted, whole_shares_are_met_exactly) {
    std::vector<assign::member> const members{{node_id{1}, {}, 1, {{"capacity", "500"}}},
                                              {node_id{2}, {}, 1, {{"capacity", "1000"}}},
                                              {node_id{3}, {}, 1, {{"capacity", "2500"}}}};
    auto const placed = assign::weighted<>{}.place(members, {}, 80, 1).value();
    std::map<node_id, int> carried;
    for (auto const& list : placed.partitions) ++carried[list.front()];
    EXPECT_EQ(carried[node_id{1}], 10);
    EXPECT_EQ(carried[node_id{2}], 20);
    EXPECT_EQ(carried[node_id{3}], 50);
}

TEST(assign_weighted, a_member_without_a_readable_capacity_is_refused) {
    for (std::string const text : {"", "many", "-1", "5 GB", "99999999999"}) {
        std::vector<assign::member> const members{{node_id{1}, {}, 1, {{"capacity", text}}}};
        EXPECT_EQ(assign::weighted<>{}.place(members, {}, 1, 1).error(), assign::errc::weightless_member) << text;
    }
    std::vector<assign::member> const untagged{{node_id{1}}};
    EXPECT_EQ(assign::weighted<>{}.place(untagged, {}, 1, 1).error(), assign::errc::weightless_member);
}

}  // namespace chronik::laws
