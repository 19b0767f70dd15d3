// SPDX-License-Identifier: Apache-2.0
#include <chronik/wal/group_log.hpp>

#include <gtest/gtest.h>

namespace chronik::wal {
namespace {

struct wal_group_log : ::testing::Test {
    segment home;
    group_log log{group_id{1}};

    void append(std::uint64_t index, std::uint64_t offset, std::uint32_t count) {
        log.append({index}, {.term = {1}, .base_offset = {offset}, .home = &home, .record_count = count});
    }
};

}  // namespace

TEST_F(wal_group_log, finds_the_entry_of_an_offset_past_entries_without_records) {
    append(1, 0, 0);
    append(2, 0, 3);
    append(3, 3, 0);
    append(4, 3, 2);

    EXPECT_EQ(log.index_of_offset({0}), log_index{2});
    EXPECT_EQ(log.index_of_offset({2}), log_index{2});
    EXPECT_EQ(log.index_of_offset({3}), log_index{4});
    EXPECT_EQ(log.index_of_offset({5}).error(), errc::out_of_range);
}

TEST_F(wal_group_log, counts_the_live_entries_of_a_segment) {
    for (std::uint64_t index = 1; index <= 10; ++index) append(index, index - 1, 1);
    EXPECT_EQ(home.live, 10U);

    append(8, 7, 1);
    EXPECT_EQ(home.live, 8U);
    EXPECT_FALSE(log.compact_to(*log.base_before({5})));
    EXPECT_EQ(home.live, 4U);
    EXPECT_TRUE(log.clear());
    EXPECT_EQ(home.live, 0U);
    EXPECT_EQ(log.last_index(), log_index{4});
}

TEST_F(wal_group_log, counts_the_payload_of_what_is_in_the_journal) {
    for (std::uint64_t index = 1; index <= 10; ++index)
        log.append({index}, {.term = {1}, .base_offset = {index - 1}, .home = &home, .length = 100, .record_count = 1});
    EXPECT_EQ(log.payload_bytes(), 1000U);

    log.append({8}, {.term = {2}, .base_offset = {7}, .home = &home, .length = 7, .record_count = 1});
    EXPECT_EQ(log.payload_bytes(), 707U);
    log.move({8}, {.term = {2}, .base_offset = {7}, .home = &home, .position = 9, .length = 7, .record_count = 1});
    EXPECT_EQ(log.payload_bytes(), 707U);
    log.compact_to(*log.base_before({5}));
    EXPECT_EQ(log.payload_bytes(), 307U);
    log.clear();
    EXPECT_EQ(log.payload_bytes(), 0U);
}

TEST_F(wal_group_log, a_compacted_log_still_knows_the_term_and_offset_it_begins_after) {
    for (std::uint64_t index = 1; index <= 4; ++index) append(index, (index - 1) * 10, 10);
    log.compact_to(*log.base_before({3}));

    EXPECT_EQ(log.first_index(), log_index{3});
    EXPECT_EQ(log.base_offset(), log_offset{20});
    EXPECT_EQ(log.term_at({2}), log_term{1});
    EXPECT_EQ(log.index_of_offset({19}).error(), errc::compacted);
    EXPECT_EQ(log.index_of_offset({20}), log_index{3});
}

TEST_F(wal_group_log, stays_right_over_many_compactions_and_cuts) {
    for (std::uint64_t index = 1; index <= 5000; ++index) {
        append(index, index - 1, 1);
        if (index % 3 == 0) log.compact_to(*log.base_before({index - 1}));
        ASSERT_EQ(log.last_index(), log_index{index});
        ASSERT_EQ(log.index_of_offset({index - 1}), log_index{index});
    }
    EXPECT_LE(home.live, 4U);
}

}  // namespace chronik::wal
