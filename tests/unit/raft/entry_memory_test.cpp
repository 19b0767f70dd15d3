// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/entry_memory.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace {

using namespace chronik;
using raft::entry_memory;
using raft::shared_entries;

TEST(raft_entry_memory, what_is_given_comes_back_empty_with_its_room) {
    entry_memory memory;
    shared_entries used{std::vector<entry>(20)};
    auto const room = used.capacity();

    memory.give(std::move(used));
    auto const taken = memory.take();

    EXPECT_TRUE(taken.empty());
    EXPECT_EQ(taken.capacity(), room);
    EXPECT_EQ(memory.take().capacity(), 0U);
}

TEST(raft_entry_memory, payloads_are_let_go_at_once) {
    entry_memory memory;
    auto const bytes = std::make_shared<std::vector<std::byte>>(8);
    shared_entries used;
    used.emplace_back().payload = shared_bytes{bytes, *bytes};

    memory.give(std::move(used));

    EXPECT_EQ(bytes.use_count(), 1);
}

TEST(raft_entry_memory, what_others_still_hold_is_theirs) {
    entry_memory memory;
    shared_entries const held{std::vector<entry>(3)};

    memory.give(shared_entries{held});

    EXPECT_EQ(memory.size(), 0U);
    EXPECT_EQ(held.size(), 3U);
}

TEST(raft_entry_memory, a_burst_is_not_held_for_ever) {
    entry_memory memory;
    memory.give(std::vector<entry>(entry_memory::entries_each_max + 1));
    EXPECT_EQ(memory.size(), 0U);
    for (std::size_t nth = 0; nth < entry_memory::blocks_max + 10; ++nth) memory.give(std::vector<entry>(1));
    EXPECT_EQ(memory.size(), entry_memory::blocks_max);
    while (memory.size() > 0) static_cast<void>(memory.take());
    constexpr std::size_t fit = entry_memory::entries_max / entry_memory::entries_each_max;
    for (std::size_t nth = 0; nth < fit + 10; ++nth) memory.give(std::vector<entry>(entry_memory::entries_each_max));
    EXPECT_EQ(memory.size(), fit);
}

}  // namespace
