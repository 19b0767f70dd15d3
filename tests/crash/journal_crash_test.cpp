// SPDX-License-Identifier: Apache-2.0
#include "journal_script.hpp"

#include <gtest/gtest.h>

namespace chronik::crash {
namespace {

constexpr std::size_t steps = 60;

/// Operations of the whole script on a disk that never fails.
std::uint64_t operations_of(std::uint64_t seed) {
    testing::disk disk{seed};
    auto files = disk.directory();
    auto journal = disk_journal::open(files, small_options(), seed);
    script whole{seed, steps};
    whole.run(*journal);
    EXPECT_TRUE(whole.completed());
    EXPECT_GT(journal->metrics().segments_recycled, 0U);
    return disk.operations();
}

std::string describe(wal::recovery_report const& report) { return report.file + " at " + std::to_string(report.position) + ": " + report.what; }

/// Cuts the power at one operation, lets the disk forget, recovers, and looks.
void crash_at(std::uint64_t seed, std::uint64_t operation, testing::crash_outcome outcome) {
    testing::disk disk{seed * 7919 + operation};
    auto files = disk.directory();
    disk.power_off_after(operation);
    script run{seed, steps};
    if (auto journal = disk_journal::open(files, small_options(), seed)) run.run(*journal);
    disk.crash(outcome);

    auto after = disk.directory();
    wal::recovery_report report;
    auto recovered = disk_journal::open(after, small_options(), seed + operation, &report);
    ASSERT_TRUE(recovered) << "seed " << seed << " operation " << operation << ": " << recovered.error().message() << ", " << describe(report);
    ASSERT_TRUE(run.allows(read_all(*recovered))) << "seed " << seed << " operation " << operation;
}

}  // namespace

TEST(journal_crash, at_every_operation_recovers_everything_finished) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        auto const operations = operations_of(seed);
        for (std::uint64_t at = 1; at <= operations; ++at) {
            for (auto outcome : {testing::crash_outcome::by_seed, testing::crash_outcome::lost, testing::crash_outcome::kept}) {
                crash_at(seed, at, outcome);
                if (HasFatalFailure()) return;
            }
        }
    }
}

}  // namespace chronik::crash
