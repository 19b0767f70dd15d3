// SPDX-License-Identifier: Apache-2.0
#include "../../laws/journal_compositions.hpp"

#include <chronik/testing/disk.hpp>
#include <chronik/wal/journal.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <vector>

namespace chronik::wal {
namespace {

using namespace std::chrono_literals;

options bounded() {
    return {.segment_bytes = 256 * 1024,
            .staged_bytes_max = 48 * 1024,
            .spare_segments = 2,
            .idle_segments_max = 1,
            .segments_max = 16,
            .groups_max = 16,
            .unsynced_bytes_max = 100 * 1024,
            .sync_interval = 10ms};
}

entry make(std::uint64_t index, std::size_t size) {
    return {.term = {1},
            .index = {index},
            .kind = entry_kind::command,
            .base_offset = {},
            .record_count = 0,
            .payload = shared_bytes{std::vector<std::byte>(size, static_cast<std::byte>(index))}};
}

template <class Composed>
class wal_journal_sync : public ::testing::Test {
protected:
    using journal_type = Composed::journal;

    wal_journal_sync() {
        journal_.create_group({1});
        EXPECT_TRUE(journal_.sync());
        EXPECT_TRUE(journal_.prepare());
    }
    result<void> stage(std::size_t size) {
        auto const one = make(journal_.find({1})->last_index().value + 1, size);
        return journal_.stage(group_id{1}, std::optional<hard_state>{}, std::span{&one, 1});
    }
    std::uint64_t syncs() const { return journal_.metrics().syncs; }
    std::uint64_t unsynced() const { return journal_.metrics().unsynced_bytes; }

    options limits_ = bounded();
    chronik::testing::disk disk_{1};
    chronik::testing::disk_directory files_ = disk_.directory();
    journal_type journal_{*journal_type::open(files_, limits_, 1)};
};
TYPED_TEST_SUITE(wal_journal_sync, chronik::laws::journal_compositions, chronik::laws::composition_names);

using chronik::laws::composed;
using wal_staged_without_sync = wal_journal_sync<composed<staged_sink, no_sync>>;
using wal_staged_by_interval = wal_journal_sync<composed<staged_sink, interval_sync>>;
using wal_mapped_without_sync = wal_journal_sync<composed<mapped_sink, no_sync>>;
using wal_mapped_with_commits = wal_journal_sync<composed<mapped_sink, alternating_commit_sync>>;

}  // namespace

TYPED_TEST(wal_journal_sync, what_is_unsynced_stays_within_its_bound_and_what_is_beyond_is_busy) {
    std::size_t const most = typename TypeParam::sync{}.unsynced_bytes_max(this->limits_);
    std::size_t refused = 0;
    for (int turn = 0; turn < 200; ++turn) {
        auto job = this->journal_.begin_flush();
        while (true) {
            auto const staged = this->stage(3000);
            ASSERT_LE(this->unsynced(), most);
            if (staged) continue;
            ASSERT_TRUE(staged.error() == errc::busy || staged.error() == errc::out_of_space);
            refused += staged.error() == errc::busy ? 1U : 0U;
            break;
        }
        if (job) {
            job->run();
            ASSERT_TRUE(this->journal_.finish_flush(std::move(*job)));
        }
        ASSERT_TRUE(this->journal_.compact({1}, this->journal_.find({1})->last_index()));
        ASSERT_TRUE(this->journal_.prepare());
    }
    EXPECT_GT(refused, 100U);
    EXPECT_GT(this->journal_.find({1})->last_index().value, 500U) << "and goes on after a flush";
}

TYPED_TEST(wal_journal_sync, sync_makes_all_of_it_durable_whatever_the_policy) {
    ASSERT_TRUE(this->stage(500));
    ASSERT_TRUE(this->journal_.flush());
    ASSERT_TRUE(this->journal_.sync());
    EXPECT_EQ(this->unsynced(), 0U);

    this->disk_.crash(chronik::testing::crash_outcome::lost);
    auto after = this->disk_.directory();
    auto const recovered = TypeParam::journal::open(after, this->limits_, 2);
    ASSERT_TRUE(recovered);
    EXPECT_EQ(recovered->find({1})->read({1}), make(1, 500));
}

TYPED_TEST(wal_journal_sync, where_syncs_are_rare_and_writes_are_staged_the_device_begins_before_the_sync) {
    this->limits_.write_back_bytes = 8 * 1024;
    chronik::testing::disk disk{1};
    auto files = disk.directory();
    auto journal = *TypeParam::journal::open(files, this->limits_, 1);
    journal.create_group({1});
    ASSERT_TRUE(journal.sync());
    for (std::uint64_t index = 1; index <= 16; ++index) {
        auto const one = make(index, 2000);
        ASSERT_TRUE(journal.stage(group_id{1}, std::optional<hard_state>{}, std::span{&one, 1}));
        ASSERT_TRUE(journal.flush());
    }
    bool const has_use = !TypeParam::syncs_every_flush && !TypeParam::sink::stores_in_place;
    EXPECT_EQ(disk.write_backs(), has_use ? 4U : 0U);
}

TYPED_TEST(wal_journal_sync, the_device_begins_with_a_large_flush_while_it_is_copied) {
    this->limits_.segment_bytes = std::size_t{4} << 20;
    this->limits_.staged_bytes_max = std::size_t{2} << 20;
    chronik::testing::disk disk{1};
    auto files = disk.directory();
    auto journal = *TypeParam::journal::open(files, this->limits_, 1);
    journal.create_group({1});
    ASSERT_TRUE(journal.sync());
    std::vector<entry> all;
    for (std::uint64_t index = 1; index <= 5; ++index) all.push_back(make(index, 200'000));
    ASSERT_TRUE(journal.stage(group_id{1}, std::optional<hard_state>{}, all));
    ASSERT_TRUE(journal.sync());

    // At 256, 512 and 768 KiB of the file.
    EXPECT_EQ(disk.write_backs(), TypeParam::sink::stores_in_place ? 0U : 3U);
    disk.crash(chronik::testing::crash_outcome::lost);
    auto after = disk.directory();
    auto const recovered = TypeParam::journal::open(after, this->limits_, 2);
    ASSERT_TRUE(recovered);
    for (entry const& each : all) EXPECT_EQ(recovered->find({1})->read(each.index), each);
}

TYPED_TEST(wal_journal_sync, closing_syncs_what_is_unsynced_before_the_mark_that_vouches_for_it) {
    ASSERT_TRUE(this->stage(500));
    ASSERT_TRUE(this->journal_.flush());
    ASSERT_TRUE(this->journal_.close());
    ASSERT_TRUE(this->journal_.flush());
    EXPECT_EQ(this->unsynced(), 0U);

    this->disk_.crash(chronik::testing::crash_outcome::lost);
    auto after = this->disk_.directory();
    recovery_report report;
    auto const recovered = TypeParam::journal::open(after, this->limits_, 2, &report);
    ASSERT_TRUE(recovered);
    EXPECT_TRUE(report.closed);
    EXPECT_EQ(recovered->find({1})->last_index(), log_index{1});
}

TYPED_TEST(wal_journal_sync, a_payload_is_made_where_it_will_stand) {
    auto const room = this->journal_.claim({1}, 1000);
    ASSERT_TRUE(room);
    ASSERT_EQ(room->size(), 1000U);
    auto const wanted = make(1, 700);
    std::ranges::copy(wanted.payload.view(), room->begin());
    EXPECT_EQ(this->stage(10).error(), errc::busy) << "one claim at a time, and nothing beside it";
    EXPECT_FALSE(this->journal_.begin_flush());

    auto head = wanted;
    head.payload = {};
    ASSERT_TRUE(this->journal_.commit({1}, head, 700));
    ASSERT_TRUE(this->stage(20));
    ASSERT_TRUE(this->journal_.sync());

    EXPECT_EQ(this->journal_.find({1})->read({1}), wanted);
    auto const again = TypeParam::journal::open(this->files_, this->limits_, 2);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->find({1})->read({1}), wanted);
    EXPECT_EQ(again->find({1})->read({2}), make(2, 20));
}

TYPED_TEST(wal_journal_sync, a_claim_that_is_given_up_or_refused_leaves_no_trace) {
    ASSERT_TRUE(this->journal_.claim({1}, 1000));
    this->journal_.abandon();
    ASSERT_TRUE(this->journal_.claim({1}, 1000));
    EXPECT_EQ(this->journal_.commit({1}, make(7, 0), 10).error(), errc::log_gap);
    EXPECT_EQ(this->journal_.claim({2}, 10).error(), errc::unknown_group);
    EXPECT_EQ(this->journal_.claim({1}, this->journal_.payload_bytes_max() + 1).error(), errc::too_large);

    ASSERT_TRUE(this->stage(30));
    ASSERT_TRUE(this->journal_.flush());
    EXPECT_EQ(this->journal_.find({1})->read({1}), make(1, 30));
}

TYPED_TEST(wal_journal_sync, is_read_and_continued_by_every_other_composition) {
    ASSERT_TRUE(this->stage(500));
    ASSERT_TRUE(this->journal_.sync());
    {
        using other_type = journal<chronik::testing::disk_directory, mapped_sink, no_sync>;
        auto other = other_type::open(this->files_, this->limits_, 2);
        ASSERT_TRUE(other);
        auto const one = make(2, 600);
        ASSERT_TRUE(other->stage(group_id{1}, std::optional<hard_state>{}, std::span{&one, 1}));
        ASSERT_TRUE(other->sync());
    }
    auto const again = journal<chronik::testing::disk_directory>::open(this->files_, this->limits_, 3);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->find({1})->read({1}), make(1, 500));
    EXPECT_EQ(again->find({1})->read({2}), make(2, 600));
}

TEST_F(wal_staged_without_sync, syncs_when_half_of_the_bound_is_unsynced_and_not_before) {
    auto const before = syncs();
    while (unsynced() + 2000 < limits_.unsynced_bytes_max / 2) {
        ASSERT_TRUE(stage(1000));
        ASSERT_TRUE(journal_.flush());
    }
    EXPECT_EQ(syncs(), before);
    EXPECT_TRUE(journal_.find({1})->read({1})) << "finished, without a sync";

    ASSERT_TRUE(stage(3000));
    ASSERT_TRUE(journal_.flush());
    EXPECT_EQ(syncs(), before + 1);
    EXPECT_EQ(unsynced(), 0U);
}

TEST_F(wal_staged_without_sync, a_segment_is_recycled_only_after_a_sync_of_what_says_that_it_is_free) {
    for (std::uint64_t turn = 0; journal_.metrics().segments_recycled < 3; ++turn) {
        ASSERT_LT(turn, 1000U);
        if (!stage(9000)) { ASSERT_TRUE(journal_.prepare()); }
        ASSERT_TRUE(journal_.compact({1}, journal_.find({1})->last_index()));
        ASSERT_TRUE(journal_.flush());
        ASSERT_TRUE(journal_.prepare());
        if (journal_.metrics().segments_free > 0) { EXPECT_EQ(unsynced(), 0U); }
    }
}

TEST_F(wal_staged_by_interval, syncs_what_is_older_than_the_interval_also_when_nothing_new_is_staged) {
    auto const before = syncs();
    journal_.now(time_point{});
    ASSERT_TRUE(stage(1000));
    ASSERT_TRUE(journal_.flush());
    journal_.now(time_point{} + 9ms);
    EXPECT_FALSE(journal_.begin_flush());
    EXPECT_EQ(syncs(), before);

    journal_.now(time_point{} + 10ms);
    ASSERT_TRUE(journal_.flush());
    EXPECT_EQ(syncs(), before + 1);
    EXPECT_EQ(unsynced(), 0U);
    journal_.now(time_point{} + 30ms);
    EXPECT_FALSE(journal_.begin_flush()) << "nothing is unsynced";
}

TEST_F(wal_mapped_without_sync, a_flush_writes_nothing) {
    auto const operations = disk_.operations();
    ASSERT_TRUE(stage(1000));
    ASSERT_TRUE(journal_.flush());
    EXPECT_EQ(disk_.operations(), operations);
    EXPECT_EQ(journal_.find({1})->read({1}), make(1, 1000));
}

TEST_F(wal_mapped_with_commits, nothing_is_stored_while_a_sync_is_under_way) {
    ASSERT_TRUE(stage(1000));
    auto job = journal_.begin_flush();
    ASSERT_TRUE(job);
    EXPECT_EQ(stage(1000).error(), errc::busy);
    job->run();
    ASSERT_TRUE(journal_.finish_flush(std::move(*job)));
    EXPECT_TRUE(stage(1000));
}

TEST_F(wal_mapped_with_commits, the_next_segment_is_begun_after_a_sync_of_the_full_one) {
    auto const kept = journal_.metrics().segments_kept;
    while (stage(5000)) { ASSERT_TRUE(journal_.flush()); }
    EXPECT_EQ(journal_.metrics().segments_kept, kept) << "not begun by the write that did not fit";
    EXPECT_EQ(stage(5000).error(), errc::busy);

    ASSERT_TRUE(journal_.flush());
    EXPECT_TRUE(stage(5000));
    EXPECT_EQ(journal_.metrics().segments_kept, kept + 1);
}

}  // namespace chronik::wal
