// SPDX-License-Identifier: Apache-2.0
#include <chronik/assign/range.hpp>

#include "../../laws/rebalance_laws.hpp"

namespace chronik::laws {

using cases = ::testing::Types<placement_under_test<assign::range, false>>;
INSTANTIATE_TYPED_TEST_SUITE_P(range, placement_laws, cases);

using moving_cases = ::testing::Types<rebalancing_under_test<assign::range, false, moves::any>>;
INSTANTIATE_TYPED_TEST_SUITE_P(range, rebalancing_laws, moving_cases);

// Round the ring of partitions, each member's partitions begin once.
TEST(assign_range, a_members_partitions_are_neighbours) {
    for (std::uint32_t nodes = 1; nodes <= 7; ++nodes)
        for (std::uint32_t replicas = 1; replicas <= nodes; ++replicas)
            for (std::uint32_t partitions = 1; partitions <= 40; ++partitions) {
                auto const world = equal_racks(nodes, 1);
                auto const placed = assign::range{}.place(world.members, {}, partitions, replicas).value();
                for (auto const& each : world.members) {
                    auto const holds = [&](std::uint32_t at) {
                        auto const& list = placed.partitions[at % partitions];
                        return std::ranges::find(list, each.node) != list.end();
                    };
                    int begins = 0;
                    for (std::uint32_t at = 0; at < partitions; ++at) begins += holds(at + 1) && !holds(at) ? 1 : 0;
                    EXPECT_LE(begins, 1) << nodes << " " << replicas << " " << partitions;
                }
            }
}

TEST(assign_range, topics_of_one_size_are_laid_out_alike) {
    auto const world = equal_racks(3, 1);
    EXPECT_EQ(assign::range{}.place(world.members, {}, 7, 1), assign::range{}.place(world.members, {}, 7, 1));
}

}  // namespace chronik::laws
