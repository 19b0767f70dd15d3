// SPDX-License-Identifier: Apache-2.0
#include "journal_script.hpp"

#include <chronik/wal/snapshot_store.hpp>

#include <gtest/gtest.h>

#include <string>

// A snapshot and the log that begins behind it are two files and a record, in an order that a crash may cut anywhere.

namespace chronik::crash {
namespace {

using disk_snapshots = wal::snapshot_store<testing::disk_directory>;
constexpr group_id group{3};

/// The state of a machine that has applied everything up to an index.
std::string state_of(log_index index) {
    return "state up to " + std::to_string(index.value) + std::string(900 * index.value % 5000, 's');
}

wal::chunk_source chunks_of(std::string text) {
    return [text = std::move(text), at = std::size_t{0}]() mutable {
        auto const piece = text.substr(std::min(at, text.size()), 700);
        at += piece.size();
        return shared_bytes::copy_of(piece);
    };
}

/// What a node does by and by: appends, takes a snapshot and compacts behind it, takes over a leader's snapshot.
class node {
public:
    node(disk_journal& journal, disk_snapshots& snapshots, std::uint64_t seed)
        : journal_(journal), snapshots_(snapshots), chance_(seed) {}

    bool run() {
        if (!journal_.find(group)) journal_.create_group(group);
        for (int step = 0; step < 14; ++step) {
            if (!append()) return false;
            bool const ok = chance_.chance(60) ? take() : install();
            if (!ok) return false;
            if (chance_.chance(50) && !journal_.prepare()) return false;
        }
        return true;
    }
    /// Everything up to here was acknowledged.
    log_index durable() const { return durable_; }

private:
    bool append() {
        auto const& log = *journal_.find(group);
        std::vector<entry> entries;
        log_offset offset = log.next_offset();
        for (std::uint64_t count = chance_.between(1, 4); count > 0; --count) {
            entries.push_back({.term = log_term{1},
                               .index = log.last_index() + 1 + entries.size(),
                               .kind = entry_kind::command,
                               .base_offset = offset,
                               .record_count = 1,
                               .payload = payload_of(group, log.last_index() + 1 + entries.size(), log_term{1}, 500)});
            offset = entries.back().next_offset();
        }
        if (!journal_.stage(group, std::optional{wal::hard_state{{1}, {}}}, entries)) return false;
        return flush();
    }

    /// Only of what is durable: then the file counts as soon as it has its name.
    bool take() {
        auto const& log = *journal_.find(group);
        log_index const index = log.last_index();
        if (index == log.base_index()) return true;
        auto job = snapshots_.begin_save(group, index, {1}, log.next_offset(), shared_bytes::copy_of("members"),
                                         chunks_of(state_of(index)));
        if (!finish(job)) return false;
        log_index const kept{index.value - std::min(index.value - log.base_index().value, chance_.below(3))};
        if (!journal_.compact(group, kept + 1)) return false;
        if (chance_.chance(50) && !flush()) return false;
        return discard(index);
    }

    /// File first, then the record, then the acknowledgement, then the old files.
    bool install() {
        auto const& log = *journal_.find(group);
        log_index const index = log.last_index() + chance_.between(1, 4);
        auto const text = state_of(index);
        auto const all = shared_bytes::copy_of(text);
        log_offset const offset{log.next_offset().value + 10};
        for (std::size_t at = 0; at < all.size();) {
            std::size_t const size = std::min<std::size_t>(1000, all.size() - at);
            auto job = snapshots_.begin_gather(group, index, {1}, offset, shared_bytes::copy_of("members"), all.size(),
                                               crc32c::value(all.view()), at, all.slice(at, size));
            if (!finish(job)) return false;
            at += size;
        }
        if (!journal_.replace_log(group, index, {1}, offset)) return false;
        return flush() && discard(index);
    }

    bool discard(log_index kept) {
        auto job = snapshots_.begin_discard(group, kept);
        return !job || finish(*job);
    }
    bool finish(disk_snapshots::job_type& job) {
        while (!job.finished()) job.run();
        return snapshots_.finish(job).has_value();
    }
    bool flush() {
        if (!journal_.flush()) return false;
        durable_ = journal_.find(group)->last_index();
        return true;
    }

    disk_journal& journal_;
    disk_snapshots& snapshots_;
    chronik::random chance_;
    log_index durable_{};
};

/// False when the power went before the end.
bool run_until_cut(testing::disk& disk, std::uint64_t seed, log_index& durable) {
    auto files = disk.directory();
    auto journal = disk_journal::open(files, small_options(), seed);
    if (!journal) return false;
    auto snapshots = disk_snapshots::open(files, small_options().log_id);
    if (!snapshots) return false;
    node worker{*journal, *snapshots, seed};
    bool const complete = worker.run();
    durable = worker.durable();
    return complete;
}

}  // namespace

TEST(snapshot_crash, at_every_operation_leaves_a_log_and_the_state_it_begins_behind) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        testing::disk whole{seed};
        log_index durable;
        ASSERT_TRUE(run_until_cut(whole, seed, durable));
        auto const operations = whole.operations();
        ASSERT_GT(operations, 100U);

        for (std::uint64_t at = 1; at <= operations; ++at) {
            for (auto outcome :
                 {testing::crash_outcome::by_seed, testing::crash_outcome::lost, testing::crash_outcome::kept}) {
                testing::disk disk{seed * 977 + at};
                disk.power_off_after(at);
                durable = {};
                run_until_cut(disk, seed, durable);
                disk.crash(outcome);

                auto files = disk.directory();
                wal::recovery_report report;
                auto journal = disk_journal::open(files, small_options(), seed + at, &report);
                ASSERT_TRUE(journal) << "seed " << seed << " operation " << at << ": " << report.what;
                wal::snapshot_report found;
                auto snapshots = disk_snapshots::open(files, small_options().log_id, &found);
                ASSERT_TRUE(snapshots) << snapshots.error().message();
                ASSERT_TRUE(found.damaged.empty()) << "seed " << seed << " operation " << at;

                auto const* log = journal->find(group);
                if (log == nullptr) {
                    ASSERT_EQ(durable, log_index{});
                    continue;
                }
                ASSERT_GE(log->last_index(), durable) << "seed " << seed << " operation " << at;
                auto const snapshot = snapshots->find(group, *log);
                if (log->base_index() == log_index{} && !snapshot) continue;
                ASSERT_TRUE(snapshot) << "seed " << seed << " operation " << at << ": the log begins behind "
                                      << log->base_index().value << " and nothing says what was before";
                ASSERT_EQ(snapshot->content.text(), state_of(snapshot->base.index));
                ASSERT_GE(snapshot->base.index, log->base_index());
            }
        }
    }
}

}  // namespace chronik::crash
