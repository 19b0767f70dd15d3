// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/shared_entries.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

namespace {

using namespace chronik;
using raft::shared_entries;

entry numbered(std::uint64_t index) { return {.term = {1}, .index = {index}, .base_offset = {}, .payload = {}}; }

TEST(raft_shared_entries, a_copy_shares_the_block) {
    shared_entries const one{numbered(1), numbered(2)};
    shared_entries const two = one;

    EXPECT_EQ(one.begin(), two.begin());
    EXPECT_EQ(one, two);
}

TEST(raft_shared_entries, a_slice_keeps_the_whole_alive) {
    auto const bytes = std::make_shared<std::vector<std::byte>>(8);
    shared_entries slice;
    {
        shared_entries whole{numbered(1), numbered(2)};
        whole.emplace_back().payload = shared_bytes{bytes, *bytes};
        slice = whole.slice(1, 1);
    }

    EXPECT_EQ(slice, shared_entries{numbered(2)});
    EXPECT_EQ(bytes.use_count(), 2);

    slice = {};
    EXPECT_EQ(bytes.use_count(), 1);
}

TEST(raft_shared_entries, what_was_moved_from_has_none) {
    shared_entries from{numbered(1)};
    shared_entries const to = std::move(from);

    EXPECT_TRUE(from.empty());
    EXPECT_EQ(from.capacity(), 0U);
    EXPECT_EQ(to.size(), 1U);
}

TEST(raft_shared_entries, who_holds_the_whole_block_alone_may_fill_it) {
    shared_entries made;
    made.push_back(numbered(1));
    made.reserve(100);
    made.push_back(numbered(2));
    EXPECT_EQ(made, (shared_entries{numbered(1), numbered(2)}));

    auto copy = std::make_unique<shared_entries>(made);
    EXPECT_FALSE(made.can_grow());
    EXPECT_DEATH(made.push_back(numbered(3)), "can_grow");

    copy.reset();
    EXPECT_TRUE(made.can_grow());
    made = made.slice(0, 1);
    EXPECT_FALSE(made.can_grow()) << "there is something behind it";
}

TEST(raft_shared_entries, clearing_keeps_the_room_of_who_is_alone) {
    shared_entries alone{numbered(1), numbered(2)};
    alone.clear();
    EXPECT_TRUE(alone.empty());
    EXPECT_EQ(alone.capacity(), 2U);
    EXPECT_TRUE(alone.can_grow());

    shared_entries one{numbered(1)};
    shared_entries const two = one;
    one.clear();
    EXPECT_EQ(one.capacity(), 0U);
    EXPECT_EQ(two.size(), 1U);
}

}  // namespace
