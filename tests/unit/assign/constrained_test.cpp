// SPDX-License-Identifier: Apache-2.0
#include <chronik/assign/constrained.hpp>
#include <chronik/assign/round_robin.hpp>

#include "../../laws/rebalance_laws.hpp"

namespace chronik::laws {

/// No policy at all must change nothing.
struct unconstrained : assign::constrained<assign::sticky<>> {
    unconstrained() : constrained(assign::sticky<>{}) {}
};
using cases = ::testing::Types<placement_under_test<unconstrained, true>>;
INSTANTIATE_TYPED_TEST_SUITE_P(constrained, placement_laws, cases);

using moving_cases = ::testing::Types<rebalancing_under_test<unconstrained, true, moves::few>>;
INSTANTIATE_TYPED_TEST_SUITE_P(constrained, rebalancing_laws, moving_cases);

std::vector<assign::member> six() {
    std::vector<assign::member> out;
    for (std::uint32_t node = 1; node <= 6; ++node)
        out.push_back({node_id{node}, node % 2 == 0 ? "a" : "b", 1, {{"room", std::to_string(node % 3)}}});
    return out;
}

TEST(assign_constrained, replicas_are_spread_over_the_values_of_a_tag_and_kept_off_the_excluded) {
    assign::constrained const strategy{assign::sticky<>{}, assign::exclude{{node_id{4}}},
                                       assign::spread_by_tag{"room"}};
    auto const placed = strategy.place(six(), {}, 30, 3);
    ASSERT_TRUE(placed.has_value()) << placed.error().message();
    for (auto const& list : placed->partitions) {
        std::set<std::uint32_t> rooms;
        for (node_id const node : list) {
            EXPECT_NE(node, node_id{4});
            rooms.insert(node.value % 3);
        }
        EXPECT_EQ(rooms.size(), 3U);
    }
}

TEST(assign_constrained, what_a_policy_no_longer_allows_moves_away) {
    assign::constrained const strategy{assign::sticky<assign::round_robin>{},
                                       assign::pin{{node_id{1}, node_id{2}, node_id{3}}}};
    std::vector<assign::holding> const held(9, assign::holding{{node_id{1}, node_id{5}}, 2});
    auto const moved = strategy.rebalance(six(), {}, held);
    ASSERT_TRUE(moved.has_value());
    std::map<node_id, int> carried;
    for (auto const& list : moved->partitions)
        for (node_id const node : list) ++carried[node];
    EXPECT_EQ(carried, (std::map<node_id, int>{{node_id{1}, 6}, {node_id{2}, 6}, {node_id{3}, 6}}));
}

TEST(assign_constrained, what_cannot_be_honoured_is_refused_with_the_reason) {
    assign::constrained const pinned{assign::sticky<>{}, assign::pin{{node_id{1}, node_id{2}}}};
    EXPECT_EQ(pinned.place(six(), {}, 1, 3).error(), assign::errc::too_few_allowed);
    // Without any policy there would be too few as well: that is the better reason.
    EXPECT_EQ(pinned.place(six(), {}, 1, 7).error(), assign::errc::too_few_members);
    std::vector<assign::holding> const held(1, assign::holding{{node_id{1}}, 3});
    EXPECT_EQ(pinned.rebalance(six(), {}, held).error(), assign::errc::too_few_allowed);

    assign::constrained const spread{assign::sticky<>{}, assign::spread_by_tag{"room"}};
    EXPECT_EQ(spread.place(six(), {}, 1, 4).error(), assign::errc::too_few_values);
    assign::constrained const both{assign::sticky<>{}, assign::pin{{node_id{1}, node_id{4}}},
                                   assign::spread_by_tag{"room"}};
    EXPECT_EQ(both.place(six(), {}, 1, 2).error(), assign::errc::too_few_values);
}

}  // namespace chronik::laws
