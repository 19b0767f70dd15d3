// SPDX-License-Identifier: Apache-2.0
#include <chronik/testing/disk.hpp>
#include <chronik/wal/inspect.hpp>
#include <chronik/wal/journal.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace chronik::wal {
namespace {

using journal_type = journal<chronik::testing::disk_directory>;

struct wal_inspect : ::testing::Test {
    options limits{.segment_bytes = 64 * 1024,
                   .staged_bytes_max = 64 * 1024,
                   .spare_segments = 1,
                   .segments_max = 16,
                   .groups_max = 16};
    chronik::testing::disk disk{1};
    chronik::testing::disk_directory files = disk.directory();
    journal_type journal = *journal_type::open(files, limits, 1);

    void append(std::uint64_t index) {
        entry const one{.term = {2},
                        .index = {index},
                        .kind = entry_kind::command,
                        .base_offset = {index * 3},
                        .record_count = 3,
                        .payload = shared_bytes{std::vector<std::byte>(9000, static_cast<std::byte>(index))}};
        ASSERT_TRUE(journal.stage(group_id{5}, std::optional<hard_state>{}, std::span{&one, 1}));
        ASSERT_TRUE(journal.flush());
        ASSERT_TRUE(journal.prepare());
    }
};

}  // namespace

TEST_F(wal_inspect, visits_every_entry_in_order_and_changes_nothing) {
    journal.create_group({5});
    for (std::uint64_t index = 1; index <= 20; ++index) append(index);
    auto const operations = disk.operations();

    std::vector<std::uint64_t> seen;
    auto const inspected = inspect(files, [&](inspected_record const& record) {
        if (record.header.type != record_type::entry) return;
        seen.push_back(record.header.index.value);
        EXPECT_EQ(record.header.group, group_id{5});
        EXPECT_EQ(record.header.base_offset, log_offset{seen.size() * 3});
        EXPECT_EQ(record.payload.size(), 9000U);
        EXPECT_EQ(record.payload.data()[1], static_cast<std::byte>(seen.size()));
    });

    ASSERT_TRUE(inspected);
    ASSERT_EQ(seen.size(), 20U);
    EXPECT_TRUE(std::ranges::is_sorted(seen));
    EXPECT_TRUE(inspected->damaged.empty());
    EXPECT_GT(inspected->segments, 2U);
    EXPECT_EQ(disk.operations(), operations);
}

TEST_F(wal_inspect, goes_on_past_a_torn_tail_and_a_damaged_segment_and_names_both) {
    journal.create_group({5});
    for (std::uint64_t index = 1; index <= 8; ++index) append(index);
    auto copy = disk.copy(1);
    (*copy.bytes(segment_name(1)))[20000] ^= std::byte{1};
    auto there = copy.directory();

    std::size_t entries = 0;
    auto const inspected =
        inspect(there, [&](inspected_record const& record) { entries += record.header.type == record_type::entry; });

    ASSERT_TRUE(inspected);
    ASSERT_EQ(inspected->damaged.size(), 1U);
    EXPECT_EQ(inspected->damaged[0].file, segment_name(1));
    EXPECT_EQ(inspected->damaged[0].state, tail_state::corrupt);
    EXPECT_GT(entries, 1U);
}

}  // namespace chronik::wal
