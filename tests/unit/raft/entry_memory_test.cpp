// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/entry_memory.hpp>

#include <gtest/gtest.h>

#include <memory>

namespace {

using namespace chronik;

TEST(raft_entry_memory, what_is_given_comes_back_empty_with_its_room) {
    raft::entry_memory memory;
    std::vector<entry> used(20);
    auto const room = used.capacity();

    memory.give(std::move(used));
    auto const taken = memory.take();

    EXPECT_TRUE(taken.empty());
    EXPECT_EQ(taken.capacity(), room);
    EXPECT_EQ(memory.take().capacity(), 0U);
}

TEST(raft_entry_memory, payloads_are_let_go_at_once) {
    raft::entry_memory memory;
    auto const bytes = std::make_shared<std::vector<std::byte>>(8);
    std::vector<entry> used(1);
    used[0].payload = shared_bytes{bytes, *bytes};

    memory.give(std::move(used));

    EXPECT_EQ(bytes.use_count(), 1);
}

TEST(raft_entry_memory, a_burst_is_not_held_for_ever) {
    raft::entry_memory memory;
    memory.give(std::vector<entry>(raft::entry_memory::entries_each_max + 1));
    EXPECT_EQ(memory.size(), 0U);
    for (std::size_t nth = 0; nth < raft::entry_memory::vectors_max + 10; ++nth) memory.give(std::vector<entry>(1));
    EXPECT_EQ(memory.size(), raft::entry_memory::vectors_max);
}

}  // namespace
