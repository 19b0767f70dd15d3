// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/log_tail.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace {

using namespace chronik;
using raft::cost_of;
using raft::shared_entries;

struct raft_log_tail : ::testing::Test {
    static log_index i(std::uint64_t index) { return {index}; }
    static entry numbered(std::uint64_t index) {
        return {.term = {1}, .index = i(index), .base_offset = {index}, .payload = shared_bytes::copy_of("x")};
    }
    /// A run of those from `first` to `last`, as it comes in a message.
    void push(std::uint64_t first, std::uint64_t last) {
        std::vector<entry> made;
        for (std::uint64_t at = first; at <= last; ++at) made.push_back(numbered(at));
        shared_entries items = std::move(made);
        auto const cost = cost_of(items);
        tail.push(std::move(items), cost);
    }
    entry const& push_own(std::uint64_t index, bool may_continue) {
        return tail.push(may_continue, room, {1}, i(index), entry_kind::command, {index}, 1, shared_bytes{});
    }
    std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t last) const {
        std::vector<std::uint64_t> seen;
        tail.for_each(i(first), i(last), [&](entry const& each) {
            seen.push_back(each.index.value);
            return true;
        });
        return seen;
    }

    raft::log_tail tail;
    raft::entry_memory memory;
    shared_entries room;
};

using numbers_of = std::vector<std::uint64_t>;

TEST_F(raft_log_tail, entries_of_several_runs_are_found) {
    push(5, 7);
    push(8, 8);
    push(9, 12);

    for (std::uint64_t at = 5; at <= 12; ++at) EXPECT_EQ(tail[i(at)].index, i(at));
    EXPECT_EQ(numbers(6, 10), (numbers_of{6, 7, 8, 9, 10}));
    EXPECT_EQ(numbers(8, 8), (numbers_of{8}));
    EXPECT_EQ(tail.bytes(), 8 * cost_of(numbered(5)));
}

TEST_F(raft_log_tail, a_part_of_one_run_is_shared_and_one_of_several_is_put_together) {
    push(5, 7);
    push(8, 9);

    EXPECT_EQ(tail.part(i(6), i(7), &memory).begin(), &tail[i(6)]);
    EXPECT_EQ(tail.part(i(9), i(9), &memory).begin(), &tail[i(9)]);
    auto const joined = tail.part(i(7), i(9), nullptr);
    EXPECT_EQ(joined, (shared_entries{numbered(7), numbered(8), numbered(9)}));
    EXPECT_NE(joined.begin(), &tail[i(7)]);
}

TEST_F(raft_log_tail, own_entries_share_a_block_until_somebody_else_holds_it) {
    entry const* const first = &push_own(1, false);
    room.reserve(8);
    push_own(2, true);
    EXPECT_EQ(&tail[i(2)], &tail[i(1)] + 1);
    EXPECT_EQ(room.capacity(), 8U) << "it was not needed";

    auto const sent = tail.part(i(1), i(2), &memory);
    entry const* const third = &push_own(3, true);
    EXPECT_EQ(sent.size(), 2U);
    EXPECT_NE(third, sent.end());
    EXPECT_EQ(room.capacity(), 0U) << "it was taken";
    static_cast<void>(first);

    push_own(4, false);
    EXPECT_NE(&tail[i(4)], &tail[i(3)] + 1) << "what is in a write gets no more";
    EXPECT_EQ(numbers(1, 4), (numbers_of{1, 2, 3, 4}));
}

TEST_F(raft_log_tail, what_is_durable_goes_from_the_front) {
    push(5, 7);
    push(8, 9);

    tail.drop_to(i(5), &memory);
    EXPECT_EQ(numbers(6, 9), (numbers_of{6, 7, 8, 9}));
    EXPECT_EQ(tail.bytes(), 4 * cost_of(numbered(5)));

    auto const held = tail.part(i(8), i(9), &memory);
    tail.drop_to(i(7), &memory);
    EXPECT_EQ(memory.size(), 1U) << "a block that nobody holds is used again";
    tail.drop_to(i(9), &memory);
    EXPECT_EQ(memory.size(), 1U);
    EXPECT_TRUE(tail.empty());
    EXPECT_EQ(tail.bytes(), 0U);
}

TEST_F(raft_log_tail, what_conflicts_goes_from_the_end) {
    push(5, 7);
    push(8, 9);
    push(10, 10);

    tail.truncate_from(i(7));
    EXPECT_EQ(numbers(5, 6), (numbers_of{5, 6}));
    EXPECT_EQ(tail.bytes(), 2 * cost_of(numbered(5)));

    push(7, 7);
    EXPECT_EQ(numbers(5, 7), (numbers_of{5, 6, 7}));
    tail.truncate_from(i(5));
    EXPECT_TRUE(tail.empty());
    EXPECT_EQ(tail.bytes(), 0U);
}

}  // namespace
