// SPDX-License-Identifier: Apache-2.0
#include "journal_script.hpp"

#include <gtest/gtest.h>

namespace chronik::crash {
namespace {

constexpr std::size_t steps = 60;

/// Operations of the whole script on a disk that never fails.
template <class Composed>
std::uint64_t operations_of(std::uint64_t seed) {
    testing::disk disk{seed};
    auto files = disk.directory();
    auto journal = Composed::journal::open(files, small_options(), seed);
    script whole{seed, steps};
    whole.run(*journal);
    EXPECT_TRUE(whole.completed());
    EXPECT_GT(journal->metrics().segments_recycled, 0U);
    return disk.operations();
}

std::string describe(wal::recovery_report const& report) {
    return report.file + " at " + std::to_string(report.position) + ": " + report.what;
}

/// Cuts the power at one operation, lets the disk forget, recovers, and looks.
template <class Composed>
void crash_at(std::uint64_t seed, std::uint64_t operation, testing::crash_outcome outcome) {
    testing::disk disk{seed * 7919 + operation};
    auto files = disk.directory();
    disk.power_off_after(operation);
    script run{seed, steps};
    if (auto journal = Composed::journal::open(files, small_options(), seed)) run.run(*journal);
    disk.crash(outcome);

    auto after = disk.directory();
    wal::recovery_report report;
    auto recovered = Composed::journal::open(after, small_options(), seed + operation, &report);
    ASSERT_TRUE(recovered) << "seed " << seed << " operation " << operation << ": " << recovered.error().message()
                           << ", " << describe(report);
    ASSERT_TRUE(run.allows(read_all(*recovered))) << "seed " << seed << " operation " << operation;
}

template <class Composed>
class journal_crash : public ::testing::Test {};
TYPED_TEST_SUITE(journal_crash, laws::journal_compositions, laws::composition_names);

}  // namespace

TYPED_TEST(journal_crash, at_every_operation_recovers_everything_finished) {
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        auto const operations = operations_of<TypeParam>(seed);
        for (std::uint64_t at = 1; at <= operations; ++at) {
            for (auto outcome :
                 {testing::crash_outcome::by_seed, testing::crash_outcome::lost, testing::crash_outcome::kept}) {
                crash_at<TypeParam>(seed, at, outcome);
                if (this->HasFatalFailure()) return;
            }
        }
    }
}

TYPED_TEST(journal_crash, with_a_first_segment_that_is_smaller_recovers_everything_finished) {
    auto limits = small_options();
    limits.segment_bytes = 128 * 1024;
    limits.first_segment_bytes = 64 * 1024;
    constexpr std::uint64_t seed = 4;
    auto const operations = [&] {
        testing::disk disk{seed};
        auto files = disk.directory();
        auto journal = TypeParam::journal::open(files, limits, seed);
        script whole{seed, steps};
        whole.run(*journal);
        EXPECT_TRUE(whole.completed());
        EXPECT_GT(journal->metrics().segments_created, 1U);
        return disk.operations();
    }();
    for (std::uint64_t at = 1; at <= operations; ++at) {
        testing::disk disk{seed * 7919 + at};
        auto files = disk.directory();
        disk.power_off_after(at);
        script run{seed, steps};
        if (auto journal = TypeParam::journal::open(files, limits, seed)) run.run(*journal);
        disk.crash();

        auto after = disk.directory();
        wal::recovery_report report;
        auto const recovered = TypeParam::journal::open(after, limits, seed + at, &report);
        ASSERT_TRUE(recovered) << "operation " << at << ": " << describe(report);
        ASSERT_TRUE(run.allows(read_all(*recovered))) << "operation " << at;
    }
}

TEST(journal_crash_without_syncs, that_loses_all_that_was_written_leaves_an_empty_journal) {
    auto limits = small_options();
    limits.sync = false;
    // Nothing is synced before a segment is full.
    limits.segment_bytes = 1024 * 1024;
    limits.unsynced_bytes_max = 64 * 1024 * 1024;
    constexpr std::size_t few_steps = 20;
    auto const operations = [&] {
        testing::disk disk{2};
        auto files = disk.directory();
        auto journal = disk_journal::open(files, limits, 2);
        script whole{2, few_steps};
        whole.run(*journal);
        EXPECT_EQ(journal->metrics().syncs, 0U);
        return disk.operations();
    }();
    for (std::uint64_t at = 1; at <= operations; ++at) {
        testing::disk disk{at};
        auto files = disk.directory();
        disk.power_off_after(at);
        script run{2, few_steps};
        if (auto journal = disk_journal::open(files, limits, 2)) run.run(*journal);
        disk.crash(testing::crash_outcome::lost);

        for (std::uint64_t life = 0; life < 2; ++life) {
            auto after = disk.directory();
            wal::recovery_report report;
            auto const recovered = disk_journal::open(after, limits, at + life, &report);
            ASSERT_TRUE(recovered) << "operation " << at << ": " << describe(report);
            ASSERT_TRUE(recovered->groups().empty()) << "operation " << at;
            ASSERT_EQ(report.records, 0U) << "operation " << at;
        }
    }
}

TYPED_TEST(journal_crash, during_recovery_changes_nothing_about_what_is_recovered) {
    constexpr std::uint64_t seed = 5;
    auto const operations = operations_of<TypeParam>(seed);
    for (std::uint64_t at = 3; at <= operations; at += 7) {
        testing::disk disk{seed * 31 + at};
        auto files = disk.directory();
        disk.power_off_after(at);
        script run{seed, steps};
        if (auto journal = TypeParam::journal::open(files, small_options(), seed)) run.run(*journal);
        disk.crash();

        // The power goes at every operation of the recovery, each time after the recoveries before it were cut too.
        bool complete = false;
        for (std::uint64_t cut = 1; !complete; ++cut) {
            ASSERT_LT(cut, 1000U);
            disk.power_off_after(cut);
            auto during = disk.directory();
            complete = TypeParam::journal::open(during, small_options(), seed + cut).has_value();
            disk.crash();
        }
        auto after = disk.directory();
        auto const recovered = TypeParam::journal::open(after, small_options(), seed);
        ASSERT_TRUE(recovered) << "operation " << at;
        ASSERT_TRUE(run.allows(read_all(*recovered))) << "operation " << at;
    }
}

TYPED_TEST(journal_crash, again_and_again_loses_nothing_finished) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        testing::disk disk{seed};
        random chance{seed};
        log_index last;
        for (std::uint64_t life = 0; life < 25; ++life) {
            auto files = disk.directory();
            disk.power_off_after(chance.between(1, 60));
            if (auto journal = TypeParam::journal::open(files, small_options(), chance())) {
                if (journal->find({1}) == nullptr) journal->create_group({1});
                ASSERT_GE(journal->find({1})->last_index(), last) << "seed " << seed << " life " << life;
                while (true) {
                    auto const& log = *journal->find({1});
                    std::vector<entry> entries;
                    for (std::uint64_t i = 1; i <= chance.between(1, 5); ++i) {
                        log_index const index = log.last_index() + i;
                        entries.push_back({.term = {1},
                                           .index = index,
                                           .kind = entry_kind::command,
                                           .base_offset = {},
                                           .record_count = 0,
                                           .payload = payload_of({1}, index, {1}, chance.below(5000))});
                    }
                    (void)journal->stage(group_id{1}, std::optional<wal::hard_state>{}, entries);
                    if (!journal->flush()) break;
                    if (journal->metrics().unsynced_bytes == 0) last = log.last_index();
                    if (chance.chance(30)) (void)journal->compact({1}, last);
                    if (!journal->prepare()) break;
                }
            }
            disk.crash();
        }
    }
}

TYPED_TEST(journal_crash, a_sync_that_fails_is_final_and_nothing_is_finished_after_it) {
    constexpr std::uint64_t seed = 6;
    for (auto what :
         {testing::disk_operation::sync, testing::disk_operation::write, testing::disk_operation::sync_directory}) {
        for (std::uint64_t nth = 1;; ++nth) {
            testing::disk disk{seed + nth};
            auto files = disk.directory();
            disk.fail(what, nth, std::errc::io_error);
            script run{seed, steps};
            auto journal = TypeParam::journal::open(files, small_options(), seed);
            if (journal) {
                run.run(*journal);
                if (run.completed()) break;
                ASSERT_TRUE(journal->has_failed());
                EXPECT_EQ(journal->cause(), std::errc::io_error);
                EXPECT_EQ(journal->stage(group_id{1}, std::optional<wal::hard_state>{}, {}),
                          result<void>(failure(errc::storage_failed)));
                EXPECT_FALSE(journal->begin_flush().has_value());
                EXPECT_FALSE(journal->begin_prepare().has_value());
            }
            disk.crash();
            auto after = disk.directory();
            auto const recovered = TypeParam::journal::open(after, small_options(), seed + 1);
            ASSERT_TRUE(recovered) << "failure number " << nth;
            ASSERT_TRUE(run.allows(read_all(*recovered))) << "failure number " << nth;
        }
    }
}

TYPED_TEST(journal_crash, what_a_start_goes_on_from_is_on_the_medium_although_the_last_sync_before_it_failed) {
    constexpr std::uint64_t seed = 8;
    for (std::uint64_t nth = 1;; ++nth) {
        testing::disk disk{seed + nth};
        disk.fail(testing::disk_operation::sync, nth, std::errc::io_error);
        script run{seed, steps};
        {
            auto files = disk.directory();
            auto journal = TypeParam::journal::open(files, small_options(), seed);
            if (journal) run.run(*journal);
            if (run.completed()) break;
        }
        // Without a power failure between: the pages are there, and clean.
        model seen;
        {
            auto files = disk.directory();
            auto const journal = TypeParam::journal::open(files, small_options(), seed + 1);
            ASSERT_TRUE(journal) << "failure number " << nth;
            seen = read_all(*journal);
        }
        disk.crash();
        auto files = disk.directory();
        auto const journal = TypeParam::journal::open(files, small_options(), seed + 2);
        ASSERT_TRUE(journal) << "failure number " << nth;
        ASSERT_TRUE(script::same(seen, read_all(*journal))) << "failure number " << nth;
    }
}

}  // namespace chronik::crash
