// SPDX-License-Identifier: Apache-2.0
#include "../../laws/journal_compositions.hpp"

#include <chronik/testing/disk.hpp>
#include <chronik/wal/journal.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace chronik::wal {
namespace {

options small() {
    return {.segment_bytes = 64 * 1024,
            .staged_bytes_max = 64 * 1024,
            .spare_segments = 1,
            .idle_segments_max = 1,
            .segments_max = 16,
            .groups_max = 16};
}

entry make(std::uint64_t index, std::uint64_t term = 1, std::size_t size = 100, std::uint64_t offset = 0,
           std::uint32_t count = 0) {
    return {.term = {term},
            .index = {index},
            .kind = entry_kind::command,
            .base_offset = {offset},
            .record_count = count,
            .payload = shared_bytes{std::vector<std::byte>(size, static_cast<std::byte>(index))}};
}

constexpr std::optional<hard_state> same_state{};

template <class Composed>
class wal_journal : public ::testing::Test {
protected:
    using journal_type = Composed::journal;

    result<void> offer(group_id group, entry const& one) {
        return journal_->stage(group, same_state, std::span{&one, 1});
    }
    /// What is refused as busy is offered again after a flush, as hosts do.
    result<void> stage(group_id group, entry const& one) {
        auto const staged = offer(group, one);
        if (staged || staged.error() != errc::busy) return staged;
        if (auto const flushed = journal_->flush(); !flushed) return flushed;
        return offer(group, one);
    }
    void reopen() {
        journal_.emplace(*journal_type::open(files_, limits_, 2, &report_));
    }

    options limits_ = small();
    chronik::testing::disk disk_{1};
    chronik::testing::disk_directory files_ = disk_.directory();
    recovery_report report_;
    std::optional<journal_type> journal_{*journal_type::open(files_, limits_, 1)};
};
TYPED_TEST_SUITE(wal_journal, chronik::laws::journal_compositions, chronik::laws::composition_names);

/// What is so because records are staged, and every flush is synced.
using wal_journal_of_today = wal_journal<chronik::laws::composed<staged_sink, sync_by_option>>;

}  // namespace

TEST_F(wal_journal_of_today, many_groups_share_one_write_and_one_sync) {
    for (std::uint64_t group = 1; group <= 10; ++group) journal_->create_group({group});
    for (std::uint64_t group = 1; group <= 10; ++group) ASSERT_TRUE(stage({group}, make(1)));
    auto const writes = disk_.count(chronik::testing::disk_operation::write);
    auto const syncs = disk_.count(chronik::testing::disk_operation::sync);

    ASSERT_TRUE(journal_->flush());

    // The second is the mark after the sync.
    EXPECT_EQ(disk_.count(chronik::testing::disk_operation::write), writes + 2);
    EXPECT_EQ(disk_.count(chronik::testing::disk_operation::sync), syncs + 1);
    EXPECT_EQ(journal_->metrics().syncs, 1U);
    EXPECT_EQ(journal_->metrics().entries, 10U);
}

TYPED_TEST(wal_journal, an_entry_is_not_readable_before_its_flush_has_finished) {
    auto const& log = this->journal_->create_group({1});
    ASSERT_TRUE(this->stage({1}, make(1)));

    EXPECT_EQ(log.last_index(), log_index{1});
    EXPECT_EQ(log.read({1}).error(), errc::busy);

    ASSERT_TRUE(this->journal_->flush());
    EXPECT_EQ(log.read({1}), make(1));
}

TEST_F(wal_journal_of_today, one_buffer_fills_while_the_other_is_flushed) {
    auto const& log = journal_->create_group({1});
    ASSERT_TRUE(stage({1}, make(1)));
    auto first = journal_->begin_flush();
    ASSERT_TRUE(first);

    ASSERT_TRUE(stage({1}, make(2)));
    EXPECT_FALSE(journal_->begin_flush());
    first->run();
    ASSERT_TRUE(journal_->finish_flush(std::move(*first)));

    EXPECT_TRUE(log.read({1}));
    EXPECT_EQ(log.read({2}).error(), errc::busy);
    ASSERT_TRUE(journal_->flush());
    EXPECT_TRUE(log.read({2}));
}

TYPED_TEST(wal_journal, remembers_term_vote_entries_and_offsets) {
    this->journal_->create_group({7});
    std::vector const entries{make(1, 3, 10, 0, 5), make(2, 3, 0, 5, 0), make(3, 4, 20, 5, 2)};
    ASSERT_TRUE(this->journal_->stage(group_id{7}, std::optional{hard_state{{4}, {2}}}, std::span{entries}));
    ASSERT_TRUE(this->journal_->flush());

    this->reopen();

    auto const* log = this->journal_->find({7});
    ASSERT_NE(log, nullptr);
    EXPECT_EQ(log->hard_state(), (hard_state{{4}, {2}}));
    EXPECT_EQ(log->last_index(), log_index{3});
    EXPECT_EQ(log->term_at({2}), log_term{3});
    EXPECT_EQ(log->next_offset(), log_offset{7});
    for (auto const& each : entries) EXPECT_EQ(log->read(each.index), each);
}

TYPED_TEST(wal_journal, an_entry_at_or_below_the_last_cuts_the_log_there) {
    auto const& log = this->journal_->create_group({1});
    for (std::uint64_t index = 1; index <= 5; ++index) ASSERT_TRUE(this->stage({1}, make(index, 1)));
    ASSERT_TRUE(this->stage({1}, make(3, 2)));

    EXPECT_EQ(log.last_index(), log_index{3});
    EXPECT_EQ(log.last_term(), log_term{2});
    ASSERT_TRUE(this->journal_->flush());
    this->reopen();
    EXPECT_EQ(this->journal_->find({1})->last_index(), log_index{3});
    EXPECT_EQ(this->journal_->find({1})->term_at({3}), log_term{2});
}

TYPED_TEST(wal_journal, refuses_gaps_compacted_places_and_unknown_groups) {
    this->journal_->create_group({1});
    EXPECT_EQ(this->stage({1}, make(2)).error(), errc::log_gap);
    EXPECT_EQ(this->stage({2}, make(1)).error(), errc::unknown_group);
    for (std::uint64_t index = 1; index <= 4; ++index) ASSERT_TRUE(this->stage({1}, make(index)));
    ASSERT_TRUE(this->journal_->compact({1}, {3}));

    EXPECT_EQ(this->stage({1}, make(2)).error(), errc::compacted);
    EXPECT_EQ(this->journal_->find({1})->read({2}).error(), errc::compacted);
    EXPECT_EQ(this->journal_->find({1})->term_at({2}), log_term{1});
    EXPECT_EQ(this->journal_->find({1})->term_at({1}).error(), errc::compacted);
    EXPECT_EQ(this->journal_->find({1})->term_at({5}).error(), errc::out_of_range);
    EXPECT_EQ(this->journal_->compact({1}, {6}).error(), errc::out_of_range);
}

TYPED_TEST(wal_journal, what_does_not_fit_before_a_flush_is_busy_and_nothing_of_it_is_staged) {
    auto const& log = this->journal_->create_group({1});
    ASSERT_TRUE(this->journal_->flush());
    ASSERT_TRUE(this->journal_->prepare());
    std::uint64_t index = 0;
    while (this->offer({1}, make(index + 1, 1, 5000))) ++index;

    EXPECT_EQ(this->offer({1}, make(index + 1, 1, 5000)).error(), errc::busy);
    EXPECT_EQ(log.last_index(), log_index{index});
    ASSERT_TRUE(this->journal_->flush());
    ASSERT_TRUE(this->journal_->prepare());
    EXPECT_TRUE(this->stage({1}, make(index + 1, 1, 5000)));
}

TYPED_TEST(wal_journal, an_entry_larger_than_the_limit_is_refused_and_one_of_the_limit_is_not) {
    this->journal_->create_group({1});
    EXPECT_EQ(this->stage({1}, make(1, 1, this->journal_->payload_bytes_max() + 1)).error(), errc::too_large);
    EXPECT_TRUE(this->stage({1}, make(1, 1, this->journal_->payload_bytes_max())));
    EXPECT_TRUE(this->journal_->flush());
}

TYPED_TEST(wal_journal, a_full_device_refuses_new_writes_but_reads_go_on_and_space_can_come_back) {
    auto const& log = this->journal_->create_group({1});
    this->disk_.limit_bytes(2 * this->limits_.segment_bytes);
    std::uint64_t index = 0;
    std::error_code refused;
    while (!refused) {
        auto const staged = this->stage({1}, make(index + 1, 1, 9000));
        if (!staged) refused = staged.error();
        if (staged) ++index;
        ASSERT_TRUE(this->journal_->flush());
        auto const prepared = this->journal_->prepare();
        EXPECT_TRUE(prepared || prepared.error() == errc::out_of_space);
    }
    EXPECT_EQ(refused, errc::out_of_space);
    EXPECT_FALSE(this->journal_->has_failed());
    EXPECT_TRUE(log.read({1}));

    // What is compacted makes room also on a full device.
    ASSERT_TRUE(this->journal_->compact({1}, {index}));
    ASSERT_TRUE(this->journal_->flush());
    for (int turn = 0; turn < 20; ++turn) ASSERT_TRUE(this->journal_->prepare());
    EXPECT_TRUE(this->stage({1}, make(index + 1, 1, 9000)));
    EXPECT_TRUE(this->journal_->flush());
    EXPECT_GT(this->journal_->metrics().segments_recycled, 0U);
}

TYPED_TEST(wal_journal, without_descriptors_what_fits_into_the_open_files_is_written_and_the_rest_when_there_are_some) {
    auto const& log = this->journal_->create_group({1});
    this->disk_.fail(chronik::testing::disk_operation::create, 1, std::errc::too_many_files_open, true);
    std::uint64_t index = 0;
    std::error_code prepared;
    while (this->stage({1}, make(index + 1, 1, 9000))) {
        ++index;
        ASSERT_TRUE(this->journal_->flush());
        auto const done = this->journal_->prepare();
        if (!done) prepared = done.error();
    }
    EXPECT_EQ(prepared, errc::out_of_descriptors);
    EXPECT_GT(this->journal_->metrics().no_descriptors, 0U);
    EXPECT_EQ(this->journal_->metrics().prepare_failures, 0U) << "the disk is not full";
    EXPECT_FALSE(this->journal_->has_failed());
    for (std::uint64_t at = 1; at <= index; ++at) EXPECT_TRUE(log.read({at}));

    this->disk_.heal();
    for (int turn = 0; turn < 20; ++turn) ASSERT_TRUE(this->journal_->prepare());
    EXPECT_TRUE(this->stage({1}, make(index + 1, 1, 9000)));
    EXPECT_TRUE(this->journal_->flush());
    this->reopen();
    EXPECT_EQ(this->journal_->find({1})->last_index(), log_index{index + 1});
}

TYPED_TEST(wal_journal, a_segment_is_not_recycled_while_a_reader_holds_a_payload_of_it) {
    auto const& log = this->journal_->create_group({1});
    ASSERT_TRUE(this->stage({1}, make(1, 1, 500)));
    ASSERT_TRUE(this->journal_->flush());
    auto held = *log.read({1});
    std::uint64_t index = 1;
    auto turn = [&, this] {
        ++index;
        ASSERT_TRUE(this->stage({1}, make(index, 1, 9000)));
        ASSERT_TRUE(this->journal_->flush());
        ASSERT_TRUE(this->journal_->compact({1}, {index}));
        ASSERT_TRUE(this->journal_->flush());
        ASSERT_TRUE(this->journal_->prepare());
    };

    for (int i = 0; i < 60; ++i) turn();

    EXPECT_EQ(held.payload, make(1, 1, 500).payload);
    auto const free_before = this->journal_->metrics().segments_free;
    held = {};
    for (int i = 0; i < 12; ++i) turn();
    EXPECT_LT(this->journal_->metrics().segments_free, free_before + 1);
    EXPECT_LE(this->journal_->metrics().segments_created, 6U);
}

TYPED_TEST(wal_journal, segments_in_the_middle_are_recycled_while_an_idle_group_keeps_the_first) {
    this->journal_->create_group({1});
    this->journal_->create_group({2});
    ASSERT_TRUE(this->stage({1}, make(1)));
    for (std::uint64_t index = 1; index <= 80; ++index) {
        ASSERT_TRUE(this->stage({2}, make(index, 1, 9000)));
        ASSERT_TRUE(this->journal_->flush());
        ASSERT_TRUE(this->journal_->compact({2}, {index}));
        ASSERT_TRUE(this->journal_->flush());
        ASSERT_TRUE(this->journal_->prepare());
    }

    EXPECT_LE(this->journal_->metrics().segments_kept, 3U);
    this->reopen();
    EXPECT_EQ(this->journal_->find({1})->read({1}), make(1));
    EXPECT_EQ(this->journal_->find({2})->first_index(), log_index{80});
    EXPECT_EQ(this->journal_->find({2})->read({80}), make(80, 1, 9000));
}

TYPED_TEST(wal_journal, a_removed_group_is_gone_after_a_restart_and_its_segments_are_freed) {
    this->journal_->create_group({1});
    this->journal_->create_group({2});
    for (std::uint64_t index = 1; index <= 12; ++index) {
        ASSERT_TRUE(this->stage({1}, make(index, 1, 9000)));
        ASSERT_TRUE(this->journal_->flush());
        ASSERT_TRUE(this->journal_->prepare());
    }
    this->journal_->remove_group({1});
    ASSERT_TRUE(this->journal_->flush());

    EXPECT_EQ(this->journal_->metrics().segments_kept, 1U);
    this->reopen();
    EXPECT_EQ(this->journal_->groups(), std::vector{group_id{2}});
}

TYPED_TEST(wal_journal, a_group_that_was_removed_and_comes_again_begins_anew_also_after_a_restart) {
    this->journal_->create_group({1});
    this->journal_->create_group({2});
    for (std::uint64_t index = 1; index <= 20; ++index) {
        ASSERT_TRUE(this->stage({1}, make(index, 3)));
        // Keeps the first segment, with what the first life of group 1 has written.
        if (index == 1) { ASSERT_TRUE(this->stage({2}, make(1))); }
        ASSERT_TRUE(this->journal_->flush());
    }
    ASSERT_TRUE(this->journal_->compact({1}, {11}));
    ASSERT_TRUE(this->journal_->flush());
    auto const roll = [&, this] {
        auto const last = this->journal_->find({2})->last_index().value;
        for (std::uint64_t index = last + 1; index < last + 10; ++index) {
            ASSERT_TRUE(this->stage({2}, make(index, 1, 9000)));
            ASSERT_TRUE(this->journal_->flush());
            ASSERT_TRUE(this->journal_->prepare());
        }
    };
    roll();
    this->journal_->remove_group({1});
    auto const& again = this->journal_->create_group({1});
    EXPECT_EQ(again.last_index(), log_index{0});
    ASSERT_TRUE(this->stage({1}, make(1, 4, 50)));
    ASSERT_TRUE(this->journal_->flush());
    roll();

    for (int starts = 0; starts < 2; ++starts) {
        this->reopen();
        auto const& log = *this->journal_->find({1});
        EXPECT_EQ(log.base_index(), log_index{0});
        EXPECT_EQ(log.last_index(), log_index{1});
        EXPECT_EQ(log.read({1})->payload, make(1, 4, 50).payload);
        EXPECT_EQ(log.hard_state().term, log_term{});
    }
}

TYPED_TEST(wal_journal, a_closed_journal_takes_nothing_more_and_reports_a_clean_shutdown) {
    this->journal_->create_group({1});
    ASSERT_TRUE(this->stage({1}, make(1)));
    EXPECT_EQ(this->journal_->close().error(), errc::busy);
    ASSERT_TRUE(this->journal_->flush());
    ASSERT_TRUE(this->journal_->close());
    ASSERT_TRUE(this->journal_->flush());
    EXPECT_EQ(this->stage({1}, make(2)).error(), errc::closed);

    this->reopen();

    EXPECT_TRUE(this->report_.closed);
    EXPECT_EQ(this->report_.state, tail_state::clean);
    EXPECT_EQ(this->report_.cut_bytes, 0U);
    EXPECT_TRUE(this->stage({1}, make(2)));
}

TYPED_TEST(wal_journal, of_another_identity_is_refused) {
    auto other = this->limits_;
    other.log_id.bytes[0] = std::byte{9};

    auto const opened = TypeParam::journal::open(this->files_, other, 1, &this->report_);

    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error(), errc::wrong_owner);
    EXPECT_EQ(this->report_.file, segment_name(1));
}

TYPED_TEST(wal_journal, of_an_unknown_version_is_refused_by_its_number) {
    auto& bytes = *this->disk_.bytes(segment_name(1));
    for (std::size_t copy : {std::size_t{0}, header_copy_stride}) {
        store<std::uint32_t, std::endian::little>(bytes.data() + copy + 8, 42);
        auto const crc = detail::header_crc(std::span{bytes}.subspan(copy).template first<header_copy_bytes>());
        store<std::uint32_t, std::endian::little>(bytes.data() + copy + 12, crc);
    }

    auto const opened = TypeParam::journal::open(this->files_, this->limits_, 1, &this->report_);

    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error(), errc::unsupported_version);
    EXPECT_NE(this->report_.what.find("42"), std::string::npos);
}

TYPED_TEST(wal_journal, opens_with_larger_segments_than_it_was_written_with) {
    this->journal_->create_group({1});
    ASSERT_TRUE(this->stage({1}, make(1)));
    ASSERT_TRUE(this->journal_->flush());
    this->limits_.segment_bytes *= 2;
    this->reopen();

    for (std::uint64_t index = 2; index <= 40; ++index) {
        ASSERT_TRUE(this->stage({1}, make(index, 1, 9000)));
        ASSERT_TRUE(this->journal_->flush());
        ASSERT_TRUE(this->journal_->prepare());
    }
    this->reopen();
    EXPECT_EQ(this->journal_->find({1})->last_index(), log_index{40});
}

TYPED_TEST(wal_journal, begins_with_a_small_segment_and_goes_on_with_whole_ones) {
    this->disk_ = chronik::testing::disk{7};
    this->files_ = this->disk_.directory();
    this->limits_.segment_bytes = 128 * 1024;
    this->limits_.first_segment_bytes = 64 * 1024;
    this->limits_.staged_bytes_max = 128 * 1024;
    this->reopen();
    EXPECT_EQ(this->disk_.bytes_used(), this->limits_.first_segment_bytes) << "all that open() waits for";
    this->reopen();
    EXPECT_EQ(this->disk_.bytes_used(), this->limits_.first_segment_bytes) << "also after a start that wrote nothing";

    std::size_t const too_large_for_the_first = 70'000;
    this->journal_->create_group({1});
    ASSERT_TRUE(this->stage({1}, make(1)));
    EXPECT_EQ(this->stage({1}, make(2, 1, too_large_for_the_first)).error(), errc::out_of_space)
        << "until there is another";
    ASSERT_TRUE(this->journal_->flush());
    ASSERT_TRUE(this->journal_->prepare());
    ASSERT_TRUE(this->stage({1}, make(2, 1, too_large_for_the_first)));
    for (std::uint64_t index = 3; index <= 30; ++index) {
        ASSERT_TRUE(this->stage({1}, make(index, 1, 9000)));
        ASSERT_TRUE(this->journal_->flush());
        ASSERT_TRUE(this->journal_->prepare());
    }
    EXPECT_EQ(this->disk_.bytes(segment_name(1))->size(), this->limits_.first_segment_bytes);
    ASSERT_GT(this->journal_->metrics().segments_kept, 2U);
    for (std::uint64_t number = 2; number <= this->journal_->metrics().segments_kept; ++number)
        EXPECT_EQ(this->disk_.bytes(segment_name(number))->size(), this->limits_.segment_bytes) << number;
    this->reopen();
    EXPECT_EQ(this->journal_->find({1})->last_index(), log_index{30});
    EXPECT_EQ(this->journal_->find({1})->read({2})->payload.size(), too_large_for_the_first);
}

TYPED_TEST(wal_journal, a_segment_of_another_size_is_removed_when_nobody_needs_it_and_not_recycled) {
    this->disk_ = chronik::testing::disk{8};
    this->files_ = this->disk_.directory();
    this->limits_.segment_bytes = 128 * 1024;
    this->limits_.first_segment_bytes = 64 * 1024;
    this->limits_.staged_bytes_max = 128 * 1024;
    this->reopen();
    this->journal_->create_group({1});
    std::uint64_t index = 0;
    while (this->journal_->metrics().segments_recycled < 3) {
        ++index;
        ASSERT_LT(index, 200U);
        ASSERT_TRUE(this->stage({1}, make(index, 1, 9000)));
        ASSERT_TRUE(this->journal_->flush());
        ASSERT_TRUE(this->journal_->compact({1}, {index}));
        ASSERT_TRUE(this->journal_->flush());
        ASSERT_TRUE(this->journal_->prepare());
    }
    EXPECT_EQ(this->disk_.bytes(segment_name(1)), nullptr);
    EXPECT_EQ(this->journal_->metrics().segments_removed, 1U);
    this->reopen();
    EXPECT_EQ(this->journal_->find({1})->last_index(), log_index{index});
}

TYPED_TEST(wal_journal, the_same_seed_and_calls_give_the_same_bytes) {
    auto run = [this] {
        chronik::testing::disk disk{9};
        auto files = disk.directory();
        auto made = *TypeParam::journal::open(files, this->limits_, 5);
        made.create_group({1});
        auto const one = make(1);
        EXPECT_TRUE(made.stage(group_id{1}, same_state, std::span{&one, 1}));
        EXPECT_TRUE(made.flush());
        return *disk.bytes(segment_name(1));
    };
    EXPECT_EQ(run(), run());
}

}  // namespace chronik::wal
