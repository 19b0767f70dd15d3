// SPDX-License-Identifier: Apache-2.0
#include "journal_script.hpp"

#include <gtest/gtest.h>

namespace chronik::crash {
namespace {

void append(auto& journal, std::uint64_t index, std::size_t size) {
    entry const made{.term = {1},
                     .index = {index},
                     .kind = entry_kind::command,
                     .base_offset = {index - 1},
                     .record_count = 1,
                     .payload = payload_of({1}, {index}, {1}, size)};
    std::optional<wal::hard_state> const state{{log_term{1}, node_id{2}}};
    ASSERT_TRUE(journal.stage(group_id{1}, state, std::span{&made, 1}));
    ASSERT_TRUE(journal.sync());
}

/// A start has fewer.
constexpr std::uint64_t syncs_max = 12;

template <class Composed>
class failing_start : public ::testing::Test {};
TYPED_TEST_SUITE(failing_start, laws::journal_compositions, laws::composition_names);

}  // namespace

/// What such a sync was for is in the page cache and not on the device, and no later sync brings it there: the next
/// start in the same power must not take it for durable.
TYPED_TEST(failing_start, after_any_sync_that_failed_the_next_one_makes_durable_what_it_goes_on_behind) {
    std::size_t failed = 0;
    // What begins in the sector that a failed sync has lost writes it again: so the end is anywhere in its sector.
    for (std::size_t size = 400; size < 400 + 512; size += 8) {
        for (std::uint64_t nth = 1; nth <= syncs_max; ++nth) {
            testing::disk disk{nth};
            auto files = disk.directory();
            {
                auto journal = TypeParam::journal::open(files, small_options(), 1);
                journal->create_group({1});
                for (std::uint64_t index = 1; index <= 3; ++index) append(*journal, index, size);
            }
            // The process ends and the power stays: the newest sync mark is in the page cache alone.
            disk.fail(testing::disk_operation::sync, nth, std::errc::io_error);
            if (!TypeParam::journal::open(files, small_options(), 2)) ++failed;
            disk.heal();
            {
                auto journal = TypeParam::journal::open(files, small_options(), 3);
                ASSERT_TRUE(journal) << nth;
                append(*journal, 4, size);
            }
            disk.crash(testing::crash_outcome::lost);
            files = disk.directory();
            wal::recovery_report report;

            auto const recovered = TypeParam::journal::open(files, small_options(), 4, &report);

            ASSERT_TRUE(recovered) << "sync " << nth << " behind " << size << " bytes: " << report.what;
            EXPECT_EQ(recovered->find({1})->last_index(), log_index{4}) << nth;
        }
    }
    EXPECT_GE(failed, 64U) << "a start relies on nothing that it has not synced";
}

}  // namespace chronik::crash
