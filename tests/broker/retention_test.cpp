// SPDX-License-Identifier: Apache-2.0
#include <partitions/retention.hpp>

#include <chronik/testing/disk.hpp>
#include <chronik/wal/journal.hpp>

#include <gtest/gtest.h>

namespace broker::partitions {
namespace {

namespace wal = chronik::wal;
using chronik::log_index;
using journal_type = wal::journal<chronik::testing::disk_directory>;

/// The first eight bytes of a payload are its time.
std::int64_t time_of(chronik::entry_kind, std::span<std::byte const> payload) {
    return static_cast<std::int64_t>(chronik::load<std::uint64_t, std::endian::little>(payload.data()));
}

/// Entries of 3000 bytes at times 1, 2, 3..., settled in runs of about 30 000.
struct retention : ::testing::Test {
    wal::options limits{.segment_bytes = 64 * 1024,
                        .staged_bytes_max = 64 * 1024,
                        .spare_segments = 1,
                        .segments_max = 64,
                        .groups_max = 16,
                        .unsettled_segments_max = 4,
                        .timestamp_of = time_of};
    chronik::testing::disk disk{1};
    chronik::testing::disk_directory files = disk.directory();
    journal_type journal = *journal_type::open(files, limits, 1);
    wal::group_log const& log = journal.create_group({1});

    void SetUp() override {
        journal.configure_settling({1}, {.segment_bytes = 30'000});
        for (std::uint64_t index = 1; index <= 200; ++index) {
            std::vector<std::byte> payload(3000);
            chronik::store<std::uint64_t, std::endian::little>(payload.data(), index);
            chronik::entry const one{.term = {1},
                                     .index = {index},
                                     .kind = chronik::entry_kind::command,
                                     .base_offset = {index - 1},
                                     .record_count = 1,
                                     .payload = chronik::shared_bytes{std::move(payload)}};
            ASSERT_TRUE(journal.stage(chronik::group_id{1}, std::optional<wal::hard_state>{}, std::span{&one, 1}));
            ASSERT_TRUE(journal.flush());
            journal.committed({1}, one.index);
            ASSERT_TRUE(journal.prepare());
        }
        ASSERT_GT(log.settled().size(), 5U);
    }
    std::int64_t settled_bytes() const {
        std::int64_t sum = 0;
        for (auto const& run : log.settled()) sum += static_cast<std::int64_t>(run->data_bytes());
        return sum;
    }
};

}  // namespace

TEST_F(retention, keeps_all_where_nothing_is_limited) {
    EXPECT_EQ(first_retained(log, {.ms = -1, .bytes = -1}, 1'000'000), log_index{1});
}

TEST_F(retention, drops_runs_whose_newest_record_is_too_old) {
    auto const second = log.settled()[1]->first_index();
    auto const newest_of_first = log.settled()[0]->newest_ms();

    EXPECT_EQ(first_retained(log, {.ms = 100, .bytes = -1}, newest_of_first + 100), log_index{1});
    EXPECT_EQ(first_retained(log, {.ms = 100, .bytes = -1}, newest_of_first + 101), second);
}

TEST_F(retention, never_drops_what_is_in_the_journal) {
    EXPECT_EQ(first_retained(log, {.ms = 0, .bytes = 0}, 1'000'000), log.floor().index + 1);
}

TEST_F(retention, leaves_at_least_the_bytes_that_are_asked_for) {
    auto const total = settled_bytes();
    auto const first_run = static_cast<std::int64_t>(log.settled()[0]->data_bytes());

    EXPECT_EQ(first_retained(log, {.ms = -1, .bytes = total}, 0), log_index{1});
    EXPECT_EQ(first_retained(log, {.ms = -1, .bytes = total - first_run + 1}, 0), log_index{1});
    EXPECT_EQ(first_retained(log, {.ms = -1, .bytes = total - first_run}, 0), log.settled()[1]->first_index());
}

}  // namespace broker::partitions
