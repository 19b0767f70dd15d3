// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/membership.hpp>
#include <chronik/raft/shared_configurations.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace {

using namespace chronik;
using namespace chronik::raft;

configuration of_three(std::uint32_t first) {
    return {.voters = {node_id{first}, node_id{first + 1}, node_id{first + 2}}};
}
shared_configuration shared(configuration members) { return std::make_shared<configuration const>(std::move(members)); }

TEST(raft_shared_configurations, equal_ones_become_one) {
    shared_configurations known;
    auto const first = shared(of_three(1));
    EXPECT_EQ(known.equal_to(first), first);
    EXPECT_EQ(known.equal_to(shared(of_three(1))), first);
    EXPECT_EQ(known.size(), 1U);
}

TEST(raft_shared_configurations, each_list_tells_two_apart) {
    shared_configurations known;
    auto const base = shared(of_three(1));
    known.equal_to(base);
    std::size_t count = 1;
    for (std::size_t list = 0; list < 5; ++list) {
        configuration other = of_three(1);
        configuration::lists(other)[list]->push_back(node_id{9});
        auto const kept = known.equal_to(shared(other));
        EXPECT_EQ(*kept, other);
        EXPECT_EQ(known.size(), ++count);
    }
}

TEST(raft_shared_configurations, what_nobody_has_any_more_goes) {
    shared_configurations known;
    auto const used = known.equal_to(shared(of_three(1)));
    for (std::uint32_t first = 2; first < 10'000; ++first) {
        known.equal_to(shared(of_three(first)));
        ASSERT_LE(known.size(), 64U);
    }
    EXPECT_EQ(known.equal_to(shared(of_three(1))), used);
}

TEST(raft_shared_configurations, all_that_are_in_use_stay) {
    shared_configurations known;
    std::vector<shared_configuration> used;
    for (std::uint32_t first = 1; first <= 1000; ++first) used.push_back(known.equal_to(shared(of_three(first))));
    for (std::uint32_t first = 1; first <= 1000; ++first)
        EXPECT_EQ(known.equal_to(shared(of_three(first))), used[first - 1]);
}

TEST(raft_shared_configurations, groups_with_the_same_members_have_them_once) {
    shared_configurations known;
    membership one{of_three(1), log_index{0}};
    membership other{of_three(1), log_index{0}};
    one.share(known);
    other.share(known);
    EXPECT_EQ(&one.active(), &other.active());

    one.append(log_index{4}, of_three(2));
    EXPECT_EQ(one.active(), of_three(2));
    EXPECT_EQ(other.active(), of_three(1));
    EXPECT_EQ(one.previous(), &other.active());
}

}  // namespace
