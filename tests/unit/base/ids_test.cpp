// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/ids.hpp>

#include <gtest/gtest.h>

#include <type_traits>
#include <unordered_set>

namespace {

using namespace chronik;

template <class Left, class Right>
concept comparable = requires(Left left, Right right) { left == right; };

static_assert(!std::is_convertible_v<log_index, log_offset>);
static_assert(!std::is_convertible_v<std::uint64_t, log_index>, "a plain number has no meaning yet");
static_assert(!std::is_convertible_v<log_index, std::uint64_t>);
static_assert(!comparable<log_index, log_offset>);
static_assert(!comparable<log_term, std::uint64_t>);
static_assert(sizeof(log_index) == sizeof(std::uint64_t));

TEST(ids, positions_move_by_distances) {
    log_index at{5};
    ++at;

    EXPECT_EQ(at, log_index{6});
    EXPECT_EQ(at + 4, log_index{10});
    EXPECT_EQ(at - 6, log_index{0});
    EXPECT_EQ(log_index{10} - at, 4u);
}

TEST(ids, are_ordered_and_hashed_by_value) {
    EXPECT_LT(log_term{1}, log_term{2});
    EXPECT_EQ(node_id{}, no_node);
    std::unordered_set<node_id> const nodes{node_id{1}, node_id{2}, node_id{1}};
    EXPECT_EQ(nodes.size(), 2u);
}

}  // namespace
