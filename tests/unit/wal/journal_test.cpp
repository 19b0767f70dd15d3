// SPDX-License-Identifier: Apache-2.0
#include <chronik/testing/disk.hpp>
#include <chronik/wal/journal.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace chronik::wal {
namespace {

using journal_type = journal<chronik::testing::disk_directory>;

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

class wal_journal : public ::testing::Test {
protected:
    result<void> stage(group_id group, entry const& one) {
        return journal_->stage(group, same_state, std::span{&one, 1});
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

}  // namespace

TEST_F(wal_journal, many_groups_share_one_write_and_one_sync) {
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

TEST_F(wal_journal, an_entry_is_not_readable_before_its_flush_has_finished) {
    auto const& log = journal_->create_group({1});
    ASSERT_TRUE(stage({1}, make(1)));

    EXPECT_EQ(log.last_index(), log_index{1});
    EXPECT_EQ(log.read({1}).error(), errc::busy);

    ASSERT_TRUE(journal_->flush());
    EXPECT_EQ(log.read({1}), make(1));
}

TEST_F(wal_journal, one_buffer_fills_while_the_other_is_flushed) {
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

TEST_F(wal_journal, remembers_term_vote_entries_and_offsets) {
    journal_->create_group({7});
    std::vector const entries{make(1, 3, 10, 0, 5), make(2, 3, 0, 5, 0), make(3, 4, 20, 5, 2)};
    ASSERT_TRUE(journal_->stage(group_id{7}, std::optional{hard_state{{4}, {2}}}, std::span{entries}));
    ASSERT_TRUE(journal_->flush());

    reopen();

    auto const* log = journal_->find({7});
    ASSERT_NE(log, nullptr);
    EXPECT_EQ(log->hard_state(), (hard_state{{4}, {2}}));
    EXPECT_EQ(log->last_index(), log_index{3});
    EXPECT_EQ(log->term_at({2}), log_term{3});
    EXPECT_EQ(log->next_offset(), log_offset{7});
    for (auto const& each : entries) EXPECT_EQ(log->read(each.index), each);
}

TEST_F(wal_journal, an_entry_at_or_below_the_last_cuts_the_log_there) {
    auto const& log = journal_->create_group({1});
    for (std::uint64_t index = 1; index <= 5; ++index) ASSERT_TRUE(stage({1}, make(index, 1)));
    ASSERT_TRUE(stage({1}, make(3, 2)));

    EXPECT_EQ(log.last_index(), log_index{3});
    EXPECT_EQ(log.last_term(), log_term{2});
    ASSERT_TRUE(journal_->flush());
    reopen();
    EXPECT_EQ(journal_->find({1})->last_index(), log_index{3});
    EXPECT_EQ(journal_->find({1})->term_at({3}), log_term{2});
}

TEST_F(wal_journal, refuses_gaps_compacted_places_and_unknown_groups) {
    journal_->create_group({1});
    EXPECT_EQ(stage({1}, make(2)).error(), errc::log_gap);
    EXPECT_EQ(stage({2}, make(1)).error(), errc::unknown_group);
    for (std::uint64_t index = 1; index <= 4; ++index) ASSERT_TRUE(stage({1}, make(index)));
    ASSERT_TRUE(journal_->compact({1}, {3}));

    EXPECT_EQ(stage({1}, make(2)).error(), errc::compacted);
    EXPECT_EQ(journal_->find({1})->read({2}).error(), errc::compacted);
    EXPECT_EQ(journal_->find({1})->term_at({2}), log_term{1});
    EXPECT_EQ(journal_->find({1})->term_at({1}).error(), errc::compacted);
    EXPECT_EQ(journal_->find({1})->term_at({5}).error(), errc::out_of_range);
    EXPECT_EQ(journal_->compact({1}, {6}).error(), errc::out_of_range);
}

TEST_F(wal_journal, a_full_staging_buffer_is_busy_and_stages_nothing_of_the_write) {
    auto const& log = journal_->create_group({1});
    ASSERT_TRUE(journal_->flush());
    ASSERT_TRUE(journal_->prepare());
    std::uint64_t index = 0;
    while (stage({1}, make(index + 1, 1, 5000))) ++index;

    EXPECT_EQ(stage({1}, make(index + 1, 1, 5000)).error(), errc::busy);
    EXPECT_EQ(log.last_index(), log_index{index});
    ASSERT_TRUE(journal_->flush());
    ASSERT_TRUE(journal_->prepare());
    EXPECT_TRUE(stage({1}, make(index + 1, 1, 5000)));
}

TEST_F(wal_journal, an_entry_larger_than_the_limit_is_refused_and_one_of_the_limit_is_not) {
    journal_->create_group({1});
    EXPECT_EQ(stage({1}, make(1, 1, limits_.payload_bytes_max() + 1)).error(), errc::too_large);
    EXPECT_TRUE(stage({1}, make(1, 1, limits_.payload_bytes_max())));
    EXPECT_TRUE(journal_->flush());
}

TEST_F(wal_journal, a_full_device_refuses_new_writes_but_reads_go_on_and_space_can_come_back) {
    auto const& log = journal_->create_group({1});
    disk_.limit_bytes(2 * limits_.segment_bytes);
    std::uint64_t index = 0;
    std::error_code refused;
    while (!refused) {
        auto const staged = stage({1}, make(index + 1, 1, 9000));
        if (!staged) refused = staged.error();
        if (staged) ++index;
        ASSERT_TRUE(journal_->flush());
        auto const prepared = journal_->prepare();
        EXPECT_TRUE(prepared || prepared.error() == errc::out_of_space);
    }
    EXPECT_EQ(refused, errc::out_of_space);
    EXPECT_FALSE(journal_->has_failed());
    EXPECT_TRUE(log.read({1}));

    // What is compacted makes room also on a full device.
    ASSERT_TRUE(journal_->compact({1}, {index}));
    ASSERT_TRUE(journal_->flush());
    for (int turn = 0; turn < 20; ++turn) ASSERT_TRUE(journal_->prepare());
    EXPECT_TRUE(stage({1}, make(index + 1, 1, 9000)));
    EXPECT_TRUE(journal_->flush());
    EXPECT_GT(journal_->metrics().segments_recycled, 0U);
}

TEST_F(wal_journal, without_descriptors_what_fits_into_the_open_files_is_written_and_the_rest_when_there_are_some) {
    auto const& log = journal_->create_group({1});
    disk_.fail(chronik::testing::disk_operation::create, 1, std::errc::too_many_files_open, true);
    std::uint64_t index = 0;
    std::error_code prepared;
    while (stage({1}, make(index + 1, 1, 9000))) {
        ++index;
        ASSERT_TRUE(journal_->flush());
        auto const done = journal_->prepare();
        if (!done) prepared = done.error();
    }
    EXPECT_EQ(prepared, errc::out_of_descriptors);
    EXPECT_GT(journal_->metrics().no_descriptors, 0U);
    EXPECT_EQ(journal_->metrics().prepare_failures, 0U) << "the disk is not full";
    EXPECT_FALSE(journal_->has_failed());
    for (std::uint64_t at = 1; at <= index; ++at) EXPECT_TRUE(log.read({at}));

    disk_.heal();
    for (int turn = 0; turn < 20; ++turn) ASSERT_TRUE(journal_->prepare());
    EXPECT_TRUE(stage({1}, make(index + 1, 1, 9000)));
    EXPECT_TRUE(journal_->flush());
    reopen();
    EXPECT_EQ(journal_->find({1})->last_index(), log_index{index + 1});
}

TEST_F(wal_journal, a_segment_is_not_recycled_while_a_reader_holds_a_payload_of_it) {
    auto const& log = journal_->create_group({1});
    ASSERT_TRUE(stage({1}, make(1, 1, 500)));
    ASSERT_TRUE(journal_->flush());
    auto held = *log.read({1});
    std::uint64_t index = 1;
    auto turn = [&] {
        ++index;
        ASSERT_TRUE(stage({1}, make(index, 1, 9000)));
        ASSERT_TRUE(journal_->flush());
        ASSERT_TRUE(journal_->compact({1}, {index}));
        ASSERT_TRUE(journal_->flush());
        ASSERT_TRUE(journal_->prepare());
    };

    for (int i = 0; i < 60; ++i) turn();

    EXPECT_EQ(held.payload, make(1, 1, 500).payload);
    auto const free_before = journal_->metrics().segments_free;
    held = {};
    for (int i = 0; i < 12; ++i) turn();
    EXPECT_LT(journal_->metrics().segments_free, free_before + 1);
    EXPECT_LE(journal_->metrics().segments_created, 6U);
}

TEST_F(wal_journal, segments_in_the_middle_are_recycled_while_an_idle_group_keeps_the_first) {
    journal_->create_group({1});
    journal_->create_group({2});
    ASSERT_TRUE(stage({1}, make(1)));
    for (std::uint64_t index = 1; index <= 80; ++index) {
        ASSERT_TRUE(stage({2}, make(index, 1, 9000)));
        ASSERT_TRUE(journal_->flush());
        ASSERT_TRUE(journal_->compact({2}, {index}));
        ASSERT_TRUE(journal_->flush());
        ASSERT_TRUE(journal_->prepare());
    }

    EXPECT_LE(journal_->metrics().segments_kept, 3U);
    reopen();
    EXPECT_EQ(journal_->find({1})->read({1}), make(1));
    EXPECT_EQ(journal_->find({2})->first_index(), log_index{80});
    EXPECT_EQ(journal_->find({2})->read({80}), make(80, 1, 9000));
}

TEST_F(wal_journal, a_removed_group_is_gone_after_a_restart_and_its_segments_are_freed) {
    journal_->create_group({1});
    journal_->create_group({2});
    for (std::uint64_t index = 1; index <= 12; ++index) {
        ASSERT_TRUE(stage({1}, make(index, 1, 9000)));
        ASSERT_TRUE(journal_->flush());
        ASSERT_TRUE(journal_->prepare());
    }
    journal_->remove_group({1});
    ASSERT_TRUE(journal_->flush());

    EXPECT_EQ(journal_->metrics().segments_kept, 1U);
    reopen();
    EXPECT_EQ(journal_->groups(), std::vector{group_id{2}});
}

TEST_F(wal_journal, a_group_that_was_removed_and_comes_again_begins_anew_also_after_a_restart) {
    journal_->create_group({1});
    journal_->create_group({2});
    for (std::uint64_t index = 1; index <= 20; ++index) {
        ASSERT_TRUE(stage({1}, make(index, 3)));
        // Keeps the first segment, with what the first life of group 1 has written.
        if (index == 1) { ASSERT_TRUE(stage({2}, make(1))); }
        ASSERT_TRUE(journal_->flush());
    }
    ASSERT_TRUE(journal_->compact({1}, {11}));
    ASSERT_TRUE(journal_->flush());
    auto const roll = [&] {
        for (std::uint64_t index = journal_->find({2})->last_index().value + 1, end = index + 9; index < end; ++index) {
            ASSERT_TRUE(stage({2}, make(index, 1, 9000)));
            ASSERT_TRUE(journal_->flush());
            ASSERT_TRUE(journal_->prepare());
        }
    };
    roll();
    journal_->remove_group({1});
    auto const& again = journal_->create_group({1});
    EXPECT_EQ(again.last_index(), log_index{0});
    ASSERT_TRUE(stage({1}, make(1, 4, 50)));
    ASSERT_TRUE(journal_->flush());
    roll();

    for (int starts = 0; starts < 2; ++starts) {
        reopen();
        auto const& log = *journal_->find({1});
        EXPECT_EQ(log.base_index(), log_index{0});
        EXPECT_EQ(log.last_index(), log_index{1});
        EXPECT_EQ(log.read({1})->payload, make(1, 4, 50).payload);
        EXPECT_EQ(log.hard_state().term, log_term{});
    }
}

TEST_F(wal_journal, a_closed_journal_takes_nothing_more_and_reports_a_clean_shutdown) {
    journal_->create_group({1});
    ASSERT_TRUE(stage({1}, make(1)));
    EXPECT_EQ(journal_->close().error(), errc::busy);
    ASSERT_TRUE(journal_->flush());
    ASSERT_TRUE(journal_->close());
    ASSERT_TRUE(journal_->flush());
    EXPECT_EQ(stage({1}, make(2)).error(), errc::closed);

    reopen();

    EXPECT_TRUE(report_.closed);
    EXPECT_EQ(report_.state, tail_state::clean);
    EXPECT_EQ(report_.cut_bytes, 0U);
    EXPECT_TRUE(stage({1}, make(2)));
}

TEST_F(wal_journal, of_another_identity_is_refused) {
    auto other = limits_;
    other.log_id.bytes[0] = std::byte{9};

    auto const opened = journal_type::open(files_, other, 1, &report_);

    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error(), errc::wrong_owner);
    EXPECT_EQ(report_.file, segment_name(1));
}

TEST_F(wal_journal, of_an_unknown_version_is_refused_by_its_number) {
    auto& bytes = *disk_.bytes(segment_name(1));
    for (std::size_t copy : {std::size_t{0}, header_copy_stride}) {
        store<std::uint32_t, std::endian::little>(bytes.data() + copy + 8, 42);
        auto const crc = detail::header_crc(std::span{bytes}.subspan(copy).first<header_copy_bytes>());
        store<std::uint32_t, std::endian::little>(bytes.data() + copy + 12, crc);
    }

    auto const opened = journal_type::open(files_, limits_, 1, &report_);

    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error(), errc::unsupported_version);
    EXPECT_NE(report_.what.find("42"), std::string::npos);
}

TEST_F(wal_journal, opens_with_larger_segments_than_it_was_written_with) {
    journal_->create_group({1});
    ASSERT_TRUE(stage({1}, make(1)));
    ASSERT_TRUE(journal_->flush());
    limits_.segment_bytes *= 2;
    reopen();

    for (std::uint64_t index = 2; index <= 40; ++index) {
        ASSERT_TRUE(stage({1}, make(index, 1, 9000)));
        ASSERT_TRUE(journal_->flush());
        ASSERT_TRUE(journal_->prepare());
    }
    reopen();
    EXPECT_EQ(journal_->find({1})->last_index(), log_index{40});
}

TEST_F(wal_journal, begins_with_a_small_segment_and_goes_on_with_whole_ones) {
    disk_ = chronik::testing::disk{7};
    files_ = disk_.directory();
    limits_.segment_bytes = 128 * 1024;
    limits_.first_segment_bytes = 64 * 1024;
    limits_.staged_bytes_max = 128 * 1024;
    reopen();
    EXPECT_EQ(disk_.bytes_used(), limits_.first_segment_bytes) << "all that open() waits for";
    reopen();
    EXPECT_EQ(disk_.bytes_used(), limits_.first_segment_bytes) << "also after a start that wrote nothing";

    std::size_t const too_large_for_the_first = 70'000;
    journal_->create_group({1});
    ASSERT_TRUE(stage({1}, make(1)));
    EXPECT_EQ(stage({1}, make(2, 1, too_large_for_the_first)).error(), errc::out_of_space) << "until there is another";
    ASSERT_TRUE(journal_->flush());
    ASSERT_TRUE(journal_->prepare());
    ASSERT_TRUE(stage({1}, make(2, 1, too_large_for_the_first)));
    for (std::uint64_t index = 3; index <= 30; ++index) {
        ASSERT_TRUE(stage({1}, make(index, 1, 9000)));
        ASSERT_TRUE(journal_->flush());
        ASSERT_TRUE(journal_->prepare());
    }
    EXPECT_EQ(disk_.bytes(segment_name(1))->size(), limits_.first_segment_bytes);
    ASSERT_GT(journal_->metrics().segments_kept, 2U);
    for (std::uint64_t number = 2; number <= journal_->metrics().segments_kept; ++number)
        EXPECT_EQ(disk_.bytes(segment_name(number))->size(), limits_.segment_bytes) << number;
    reopen();
    EXPECT_EQ(journal_->find({1})->last_index(), log_index{30});
    EXPECT_EQ(journal_->find({1})->read({2})->payload.size(), too_large_for_the_first);
}

TEST_F(wal_journal, a_segment_of_another_size_is_removed_when_nobody_needs_it_and_not_recycled) {
    disk_ = chronik::testing::disk{8};
    files_ = disk_.directory();
    limits_.segment_bytes = 128 * 1024;
    limits_.first_segment_bytes = 64 * 1024;
    limits_.staged_bytes_max = 128 * 1024;
    reopen();
    journal_->create_group({1});
    std::uint64_t index = 0;
    while (journal_->metrics().segments_recycled < 3) {
        ++index;
        ASSERT_LT(index, 200U);
        ASSERT_TRUE(stage({1}, make(index, 1, 9000)));
        ASSERT_TRUE(journal_->flush());
        ASSERT_TRUE(journal_->compact({1}, {index}));
        ASSERT_TRUE(journal_->flush());
        ASSERT_TRUE(journal_->prepare());
    }
    EXPECT_EQ(disk_.bytes(segment_name(1)), nullptr);
    EXPECT_EQ(journal_->metrics().segments_removed, 1U);
    reopen();
    EXPECT_EQ(journal_->find({1})->last_index(), log_index{index});
}

TEST_F(wal_journal, the_same_seed_and_calls_give_the_same_bytes) {
    auto run = [this] {
        chronik::testing::disk disk{9};
        auto files = disk.directory();
        auto made = *journal_type::open(files, limits_, 5);
        made.create_group({1});
        auto const one = make(1);
        EXPECT_TRUE(made.stage(group_id{1}, same_state, std::span{&one, 1}));
        EXPECT_TRUE(made.flush());
        return *disk.bytes(segment_name(1));
    };
    EXPECT_EQ(run(), run());
}

}  // namespace chronik::wal
