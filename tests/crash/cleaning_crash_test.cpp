// SPDX-License-Identifier: Apache-2.0
#include "journal_script.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>

namespace chronik::crash {
namespace {

constexpr group_id group{1};

wal::options cleaning_options() {
    auto limits = small_options();
    limits.unsettled_segments_max = 2;
    return limits;
}

/// What the log must say after everything: each entry as it was written, or as the rule below leaves it.
class story {
public:
    using rewritten = wal::clean_job<testing::disk_directory>::rewritten;

    explicit story(std::uint64_t seed) : chance_(seed) {}

    /// Goes on until the disk fails or enough has been cleaned.
    void run(auto& journal, std::size_t cleanings) {
        journal.configure_settling(group, {.segment_bytes = 12'000, .segment_ms = 1 << 30});
        if (journal.find(group) == nullptr) journal.create_group(group);
        auto const& log = *journal.find(group);
        while (cleanings > 0) {
            if (!append(journal, log)) return;
            if (log.last_index().value % 5 == 0) {
                if (auto const cleaned = clean(journal); cleaned) cleanings -= *cleaned;
                else return;
            }
            // What retention does: whole runs, or a part of one.
            if (chance_.chance(40)) {
                auto const first = std::min(log.last_index(), log.first_index() + chance_.below(6));
                if (!journal.compact(group, first)) return;
            }
        }
        completed_ = true;
    }
    bool completed() const { return completed_; }
    std::size_t cleaned() const { return cleaned_; }

    /// Nothing that was synced is missing, nothing is invented, and nothing that counts again was cleaned away.
    ::testing::AssertionResult holds(auto const& journal) const {
        auto const* const log = journal.find(group);
        if (log == nullptr) {
            if (flushed_ == log_index{}) return ::testing::AssertionSuccess();
            return ::testing::AssertionFailure() << "the group is gone";
        }
        if (log->last_index() < flushed_) {
            return ::testing::AssertionFailure()
                   << "ends at " << log->last_index().value << ", was flushed to " << flushed_.value;
        }
        auto offset = log->base_offset();
        for (auto at = log->first_index(); at <= log->last_index(); ++at) {
            auto const found = log->read(at);
            if (!found) return ::testing::AssertionFailure() << at.value << ": " << found.error().message();
            auto const& written = written_.at(at.value);
            if (found->index != at || found->term != written.term || found->base_offset != offset ||
                found->record_count != written.record_count || log->term_at(at) != written.term)
                return ::testing::AssertionFailure() << at.value << " has another place";
            offset = found->next_offset();
            if (*found == written || at > cleaned_to_) {
                if (*found != written) return ::testing::AssertionFailure() << at.value << " was cleaned too early";
                continue;
            }
            auto const rest = rewrite(written);
            bool const is_rest = rest ? found->payload == *rest && found->kind == written.kind
                                      : found->payload.empty() && found->kind == entry_kind::no_op;
            if (!is_rest) return ::testing::AssertionFailure() << at.value << " says something else";
        }
        return ::testing::AssertionSuccess();
    }

private:
    /// Every other entry goes, every third is cut short.
    static std::optional<shared_bytes> rewrite(entry const& whole) {
        if (whole.index.value % 2 == 0) return std::nullopt;
        if (whole.index.value % 3 == 0) return whole.payload.slice(0, whole.payload.size() / 2);
        return whole.payload;
    }

    bool append(auto& journal, wal::group_log const& log) {
        log_index const index = log.last_index() + 1;
        entry const made{.term = {1 + index.value / 50},
                         .index = index,
                         .kind = index.value % 29 == 0 ? entry_kind::configuration : entry_kind::command,
                         .base_offset = log.next_offset(),
                         .record_count = index.value % 29 == 0 ? 0U : index.value / 40 % 2 == 0 ? 1U : 2U,
                         .payload = payload_of(group, index, {1}, 100 + chance_.below(5000))};
        written_[index.value] = made;
        if (!journal.stage(group, std::optional<wal::hard_state>{}, std::span{&made, 1})) {
            return journal.flush() && journal.prepare();
        }
        if (!journal.flush()) return false;
        if (journal.metrics().unsynced_bytes == 0) flushed_ = std::max(flushed_, log.last_index());
        journal.committed(group, log.last_index());
        return journal.prepare().has_value();
    }

    /// All that can be cleaned, in runs of one to three; nothing after an error of the disk.
    std::optional<std::size_t> clean(auto& journal) {
        auto runs = journal.cleanable(group);
        if (runs.empty()) return 0;
        runs.erase(runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(chance_.below(runs.size())));
        runs.resize(std::min<std::size_t>(runs.size(), 1 + chance_.below(3)));
        cleaned_to_ = std::max(cleaned_to_, runs.back()->last_index());
        auto job = journal.begin_cleaning(runs);
        while (true) {
            auto const done = job.step(2000, [&](entry const& each) -> rewritten {
                auto const known = written_.find(each.index.value);
                // What was cut before is not cut again.
                if (known == written_.end() || each != known->second) return std::optional{each.payload};
                return rewrite(each);
            });
            if (!done) return std::nullopt;
            if (*done) break;
        }
        if (!job.finish(runs.back()->last_index())) return std::nullopt;
        bool const taken = journal.finish_cleaning(job);
        cleaned_ += taken ? 1U : 0U;
        if (!journal.prepare()) return std::nullopt;
        return taken ? 1 : 0;
    }

    random chance_;
    std::map<std::uint64_t, entry> written_;
    log_index flushed_;
    log_index cleaned_to_;
    std::size_t cleaned_ = 0;
    bool completed_ = false;
};

constexpr std::size_t cleanings_per_story = 5;

template <class Composed>
std::uint64_t operations_of(std::uint64_t seed) {
    testing::disk disk{seed};
    auto files = disk.directory();
    auto journal = Composed::journal::open(files, cleaning_options(), seed);
    story whole{seed};
    whole.run(*journal, cleanings_per_story);
    EXPECT_TRUE(whole.completed());
    EXPECT_TRUE(whole.holds(*journal));
    return disk.operations();
}

template <class Composed>
class cleaning_crash : public ::testing::Test {};
TYPED_TEST_SUITE(cleaning_crash, laws::journal_compositions, laws::composition_names);

}  // namespace

TYPED_TEST(cleaning_crash, at_every_operation_keeps_every_entry_as_it_was_or_as_it_was_cleaned) {
    std::size_t cases = 0;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        auto const operations = operations_of<TypeParam>(seed);
        for (std::uint64_t at = 1; at <= operations; ++at) {
            auto const outcome = std::array{testing::crash_outcome::by_seed, testing::crash_outcome::lost,
                                            testing::crash_outcome::kept}[at % 3];
            testing::disk disk{seed * 6007 + at};
            auto files = disk.directory();
            disk.power_off_after(at);
            story run{seed};
            if (auto journal = TypeParam::journal::open(files, cleaning_options(), seed))
                run.run(*journal, cleanings_per_story);
            disk.crash(outcome);

            auto after = disk.directory();
            wal::recovery_report report;
            auto const recovered = TypeParam::journal::open(after, cleaning_options(), seed + at, &report);
            ASSERT_TRUE(recovered) << "seed " << seed << " operation " << at << ": " << report.file << " at "
                                   << report.position << ": " << report.what;
            ASSERT_TRUE(run.holds(*recovered)) << "seed " << seed << " operation " << at;
            ++cases;
        }
    }
    this->RecordProperty("cases", static_cast<int>(cases));
    EXPECT_GT(cases, 1000U);
}

TYPED_TEST(cleaning_crash, during_recovery_changes_nothing_about_what_is_recovered) {
    constexpr std::uint64_t seed = 4;
    auto const operations = operations_of<TypeParam>(seed);
    for (std::uint64_t at = operations / 3; at <= operations; at += 17) {
        testing::disk disk{seed * 31 + at};
        auto files = disk.directory();
        disk.power_off_after(at);
        story run{seed};
        if (auto journal = TypeParam::journal::open(files, cleaning_options(), seed))
            run.run(*journal, cleanings_per_story);
        disk.crash();

        bool complete = false;
        for (std::uint64_t cut = 1; !complete; ++cut) {
            ASSERT_LT(cut, 1000U);
            disk.power_off_after(cut);
            auto during = disk.directory();
            complete = TypeParam::journal::open(during, cleaning_options(), seed + cut).has_value();
            disk.crash();
        }
        auto after = disk.directory();
        auto const recovered = TypeParam::journal::open(after, cleaning_options(), seed);
        ASSERT_TRUE(recovered) << "operation " << at;
        ASSERT_TRUE(run.holds(*recovered)) << "operation " << at;
    }
}

TYPED_TEST(cleaning_crash, of_the_process_alone_and_then_of_the_machine_loses_nothing) {
    // The process dies with a finished header in the page cache; the next relies on it and removes what it replaced.
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        auto const operations = operations_of<TypeParam>(seed);
        for (std::uint64_t at = operations / 2; at <= operations; at += 3) {
            testing::disk disk{seed * 101 + at};
            auto files = disk.directory();
            disk.power_off_after(at);
            story run{seed};
            if (auto journal = TypeParam::journal::open(files, cleaning_options(), seed))
                run.run(*journal, cleanings_per_story);
            disk.power_off_after(1'000'000);
            {
                auto next_process = disk.directory();
                ASSERT_TRUE(TypeParam::journal::open(next_process, cleaning_options(), seed + 7)) << "operation " << at;
            }
            disk.crash(testing::crash_outcome::lost);
            auto after = disk.directory();
            auto const recovered = TypeParam::journal::open(after, cleaning_options(), seed + 9);
            ASSERT_TRUE(recovered) << "seed " << seed << " operation " << at;
            ASSERT_TRUE(run.holds(*recovered)) << "seed " << seed << " operation " << at;
        }
    }
}

TYPED_TEST(cleaning_crash, a_write_or_sync_that_fails_at_any_call_loses_nothing_and_nothing_is_promised_after_it) {
    constexpr std::uint64_t seed = 1;
    std::map<testing::disk_operation, std::uint64_t> calls;
    {
        testing::disk disk{seed};
        auto files = disk.directory();
        auto journal = TypeParam::journal::open(files, cleaning_options(), seed);
        story{seed}.run(*journal, cleanings_per_story);
        for (auto const what :
             {testing::disk_operation::sync, testing::disk_operation::write, testing::disk_operation::sync_directory})
            calls[what] = disk.count(what);
    }
    std::size_t cases = 0;
    for (auto const& [what, count] : calls) {
        for (std::uint64_t nth = 1; nth <= count; nth += what == testing::disk_operation::write ? 5 : 1, ++cases) {
            testing::disk disk{seed + nth};
            auto files = disk.directory();
            disk.fail(what, nth, std::errc::io_error);
            story run{seed};
            if (auto journal = TypeParam::journal::open(files, cleaning_options(), seed)) {
                run.run(*journal, cleanings_per_story);
                disk.heal();
                // A job of the cleaner belongs to its caller until it is finished; everything else is the journal's.
                if (journal->has_failed()) {
                    entry one;
                    one.term = {9};
                    one.index = journal->find(group)->last_index() + 1;
                    EXPECT_EQ(journal->stage(group, std::optional<wal::hard_state>{}, std::span{&one, 1}),
                              result<void>(failure(errc::storage_failed)));
                    EXPECT_FALSE(journal->begin_flush());
                }
            }
            disk.crash(nth % 2 == 0 ? testing::crash_outcome::lost : testing::crash_outcome::by_seed);
            auto after = disk.directory();
            auto const recovered = TypeParam::journal::open(after, cleaning_options(), seed + 9);
            ASSERT_TRUE(recovered) << static_cast<int>(what) << " call " << nth;
            ASSERT_TRUE(run.holds(*recovered)) << static_cast<int>(what) << " call " << nth;
        }
    }
    EXPECT_GT(cases, 200U);
}

}  // namespace chronik::crash
