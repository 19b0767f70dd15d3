// SPDX-License-Identifier: Apache-2.0
#include "journal_script.hpp"

#include <gtest/gtest.h>

#include <array>

namespace chronik::crash {
namespace {

constexpr std::size_t steps = 90;

wal::options settling_options() {
    auto limits = small_options();
    limits.unsettled_segments_max = 2;
    limits.settle_run_bytes = 16 * 1024;  // rounds of one segment and of several
    return limits;
}

/// Small files, so that runs end in the middle of one and begin others.
void configure(auto& journal) {
    for (std::uint64_t id = 1; id < 12; ++id)
        journal.configure_settling({id}, {.segment_bytes = 20'000 + id * 3000, .segment_ms = 1 << 30});
}

template <class Composed>
std::uint64_t operations_of(std::uint64_t seed) {
    testing::disk disk{seed};
    auto files = disk.directory();
    auto journal = Composed::journal::open(files, settling_options(), seed);
    configure(*journal);
    script whole{seed, steps, true};
    whole.run(*journal);
    EXPECT_TRUE(whole.completed());
    EXPECT_GT(journal->metrics().settled_entries, 15U);
    EXPECT_GT(journal->metrics().segments_recycled, 1U);
    EXPECT_GT(disk.count(testing::disk_operation::remove), 2U);
    EXPECT_TRUE(script::same(read_all(*journal), whole.last()));
    return disk.operations();
}

template <class Composed>
class settling_crash : public ::testing::Test {};
TYPED_TEST_SUITE(settling_crash, laws::journal_compositions, laws::composition_names);

}  // namespace

TYPED_TEST(settling_crash, at_every_operation_recovers_everything_finished) {
    std::size_t cases = 0;
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        auto const operations = operations_of<TypeParam>(seed);
        for (std::uint64_t at = 1; at <= operations; ++at) {
            auto const outcome = std::array{testing::crash_outcome::by_seed, testing::crash_outcome::lost,
                                            testing::crash_outcome::kept}[at % 3];
            testing::disk disk{seed * 7919 + at};
            auto files = disk.directory();
            disk.power_off_after(at);
            script run{seed, steps, true};
            if (auto journal = TypeParam::journal::open(files, settling_options(), seed)) {
                configure(*journal);
                run.run(*journal);
            }
            disk.crash(outcome);

            auto after = disk.directory();
            wal::recovery_report report;
            auto recovered = TypeParam::journal::open(after, settling_options(), seed + at, &report);
            ASSERT_TRUE(recovered) << "seed " << seed << " operation " << at << ": " << report.file << " at "
                                   << report.position << ": " << report.what;
            ASSERT_TRUE(run.allows(read_all(*recovered))) << "seed " << seed << " operation " << at;
            ++cases;
        }
    }
    EXPECT_GT(cases, 500U);
}

TYPED_TEST(settling_crash, during_recovery_changes_nothing_about_what_is_recovered) {
    constexpr std::uint64_t seed = 5;
    auto const operations = operations_of<TypeParam>(seed);
    for (std::uint64_t at = 100; at <= operations; at += 23) {
        testing::disk disk{seed * 31 + at};
        auto files = disk.directory();
        disk.power_off_after(at);
        script run{seed, steps, true};
        if (auto journal = TypeParam::journal::open(files, settling_options(), seed)) {
            configure(*journal);
            run.run(*journal);
        }
        disk.crash();

        bool complete = false;
        for (std::uint64_t cut = 1; !complete; ++cut) {
            ASSERT_LT(cut, 1000U);
            disk.power_off_after(cut);
            auto during = disk.directory();
            complete = TypeParam::journal::open(during, settling_options(), seed + cut).has_value();
            disk.crash();
        }
        auto after = disk.directory();
        auto const recovered = TypeParam::journal::open(after, settling_options(), seed);
        ASSERT_TRUE(recovered) << "operation " << at;
        ASSERT_TRUE(run.allows(read_all(*recovered))) << "operation " << at;
    }
}

TYPED_TEST(settling_crash, again_and_again_loses_nothing_finished) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        testing::disk disk{seed};
        random chance{seed};
        log_index last;
        std::uint64_t settled = 0;
        for (std::uint64_t life = 0; life < 40; ++life) {
            auto files = disk.directory();
            disk.power_off_after(chance.between(1, 150));
            if (auto journal = TypeParam::journal::open(files, settling_options(), chance())) {
                configure(*journal);
                if (journal->find({1}) == nullptr) journal->create_group({1});
                auto const& log = *journal->find({1});
                ASSERT_GE(log.last_index(), last) << "seed " << seed << " life " << life;
                for (log_index at = log.first_index(); at <= log.last_index(); ++at) {
                    auto const found = log.read(at);
                    ASSERT_TRUE(found) << "seed " << seed << " life " << life << " entry " << at.value;
                    ASSERT_EQ(found->payload, payload_of({1}, at, {1}, found->payload.size()));
                }
                while (true) {
                    log_index const index = log.last_index() + 1;
                    entry const made{.term = {1},
                                     .index = index,
                                     .kind = entry_kind::command,
                                     .base_offset = {},
                                     .record_count = 0,
                                     .payload = payload_of({1}, index, {1}, chance.below(9000))};
                    (void)journal->stage(group_id{1}, std::optional<wal::hard_state>{}, std::span{&made, 1});
                    if (!journal->flush()) break;
                    if (journal->metrics().unsynced_bytes == 0) last = log.last_index();
                    journal->committed({1}, log.last_index());
                    if (chance.chance(3)) (void)journal->compact({1}, log.first_index() + chance.below(10));
                    if (!journal->prepare()) break;
                }
                settled += journal->metrics().settled_entries;
            }
            disk.crash();
        }
        EXPECT_GT(settled, 20U);
    }
}

TEST(settling_damage, every_flipped_bit_of_the_rows_is_refused_or_read_as_damage_and_never_as_another_entry) {
    testing::disk disk{4};
    auto files = disk.directory();
    auto journal = disk_journal::open(files, settling_options(), 4);
    configure(*journal);
    script run{4, steps, true};
    run.run(*journal);
    auto const before = read_all(*journal);
    auto const names = files.list();
    std::string rows;
    for (auto const& each : *names) {
        if (each.ends_with(".rows")) rows = each;
    }
    ASSERT_FALSE(rows.empty());
    std::size_t const end = disk.bytes(rows)->size();
    std::size_t refused = 0;
    std::size_t read_as_damage = 0;
    for (std::size_t bit = 0; bit < end * 8; ++bit) {
        if (bit == 64 * 8) bit = wal::settled_header_bytes * 8;  // what follows in the header is zero, and checked
        auto damaged = disk.copy(bit);
        (*damaged.bytes(rows))[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        auto there = damaged.directory();
        wal::recovery_report report;
        auto const recovered = disk_journal::open(there, settling_options(), 5, &report);
        if (!recovered) {
            ++refused;
            ASSERT_EQ(report.file, rows);
            continue;
        }
        for (auto id : recovered->groups()) {
            auto const& log = *recovered->find(id);
            for (auto at = log.first_index(); at <= log.last_index(); ++at) {
                auto const found = log.read(at);
                if (!found) ++read_as_damage;
                else ASSERT_EQ(*found, before.at(id.value).entries.at(at.value)) << "bit " << bit;
            }
        }
    }
    EXPECT_GT(refused, 100U);
    EXPECT_GT(refused + read_as_damage, (64 + wal::settled_row_bytes) * 8U);
}

}  // namespace chronik::crash
