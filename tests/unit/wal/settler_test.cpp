// SPDX-License-Identifier: Apache-2.0
#include <chronik/testing/disk.hpp>
#include <chronik/wal/journal.hpp>

#include <gtest/gtest.h>

#include <cstring>

namespace chronik::wal {
namespace {

using journal_type = journal<chronik::testing::disk_directory>;

/// The first eight bytes of a payload are its time.
std::int64_t time_of(entry_kind, std::span<std::byte const> payload) {
    return static_cast<std::int64_t>(load<std::uint64_t, std::endian::little>(payload.data()));
}

shared_bytes payload_of(std::uint64_t index) {
    std::vector<std::byte> made(3000 + index, static_cast<std::byte>(index));
    store<std::uint64_t, std::endian::little>(made.data(), 1000 + index);
    return shared_bytes{std::move(made)};
}

struct wal_settler : ::testing::Test {
    options limits{.segment_bytes = 64 * 1024,
                   .staged_bytes_max = 64 * 1024,
                   .spare_segments = 1,
                   .segments_max = 64,
                   .groups_max = 16,
                   .unsettled_segments_max = 4,
                   .timestamp_of = time_of};
    chronik::testing::disk disk{1};
    chronik::testing::disk_directory files = disk.directory();
    std::optional<journal_type> journal = *journal_type::open(files, limits, 1);

    result<void> append(group_id group, std::uint64_t index, bool commit = true) {
        entry const one = entry_at(index, {1 + index / 10});
        if (auto staged = journal->stage(group, std::optional<hard_state>{}, std::span{&one, 1}); !staged)
            return staged;
        if (auto flushed = journal->flush(); !flushed) return flushed;
        if (commit) journal->committed(group, one.index);
        auto prepared = journal->prepare();
        return prepared || prepared.error() == errc::out_of_space ? result<void>{} : prepared;
    }
    static entry entry_at(std::uint64_t index, log_term term) {
        return {.term = term,
                .index = {index},
                .kind = entry_kind::command,
                .base_offset = {(index - 1) * 2},
                .record_count = 2,
                .payload = payload_of(index)};
    }
    /// One flush with an entry for each of the groups, which is committed.
    ///
    /// returns   false where a spare segment was missing
    bool append_to_all(std::uint64_t groups, std::uint64_t index) {
        entry const one = entry_at(index, {1});
        for (std::uint64_t group = 1; group <= groups; ++group) {
            if (!journal->stage(group_id{group}, std::optional<hard_state>{}, std::span{&one, 1})) return false;
        }
        EXPECT_TRUE(journal->flush());
        for (std::uint64_t group = 1; group <= groups; ++group) journal->committed(group_id{group}, one.index);
        return true;
    }
    /// One piece of the preparer's work. returns   whether it moved entries
    bool work_once() {
        auto job = journal->begin_prepare();
        if (!job) return false;
        bool const moves = std::holds_alternative<settle_job<chronik::testing::disk_directory>>(job->what());
        job->run();
        EXPECT_TRUE(journal->finish_prepare(std::move(*job)));
        return moves;
    }
    void append_up_to(group_id group, std::uint64_t last) {
        for (auto at = journal->find(group)->last_index().value + 1; at <= last; ++at) ASSERT_TRUE(append(group, at));
    }
    void reopen() {
        journal.reset();
        recovery_report report;
        auto again = journal_type::open(files, limits, 2, &report);
        ASSERT_TRUE(again) << report.file << ": " << report.what;
        journal = std::move(*again);
    }
    /// Two hundred committed entries of group 1, none of them settled, and a round is due.
    void begin_full(std::uint64_t seed) {
        journal.reset();
        disk = chronik::testing::disk{seed};
        files = disk.directory();
        limits.unsettled_segments_max = 0;
        journal = *journal_type::open(files, limits, seed);
        journal->create_group({1});
        append_up_to({1}, 200);
        limits.unsettled_segments_max = 4;
        reopen();
        journal->committed({1}, journal->find({1})->last_index());
    }
    /// A bit of the record of an entry turns; `byte` counts from its beginning. returns   where the record is
    detail::slot rot(group_id group, log_index index, std::size_t byte) {
        auto const slot = journal->find(group)->slot_of(index);
        (*disk.bytes(slot.home->name))[slot.position + byte] ^= std::byte{4};
        return slot;
    }
    std::size_t settled_files() {
        std::size_t count = 0;
        auto const names = files.list();
        for (auto const& each : *names) count += parse_settled_name(each) ? 1U : 0U;
        return count;
    }
    void expect_all(group_id group) {
        auto const& log = *journal->find(group);
        for (auto at = log.first_index(); at <= log.last_index(); ++at) {
            auto const found = log.read(at);
            ASSERT_TRUE(found) << at.value;
            EXPECT_EQ(found->payload, payload_of(at.value));
            EXPECT_EQ(found->index, at);
            EXPECT_EQ(found->term, log.term_at(at));
            EXPECT_EQ(log.index_of_offset(found->base_offset + 1), at);
        }
    }
};

}  // namespace

TEST_F(wal_settler, moves_committed_entries_so_that_the_journal_stays_short) {
    journal->create_group({1});
    append_up_to({1}, 200);

    auto const& log = *journal->find({1});
    EXPECT_GT(log.floor().index, log_index{100});
    EXPECT_EQ(log.base_index(), log_index{0});
    EXPECT_LE(journal->metrics().segments_kept, limits.unsettled_segments_max + 2);
    expect_all({1});
    reopen();
    expect_all({1});
    EXPECT_GT(journal->find({1})->committed_index(), log_index{100});
}

TEST_F(wal_settler, a_round_takes_no_more_segments_than_make_its_runs_worth_their_syncs) {
    limits.settle_run_bytes = 1;
    reopen();
    journal->create_group({1});
    append_up_to({1}, 120);
    ASSERT_GT(journal->find({1})->floor().index, log_index{0});

    std::size_t fewest = limits.segments_max;
    for (std::uint64_t index = 121; index <= 300; ++index) {
        ASSERT_TRUE(append({1}, index));
        fewest = std::min<std::size_t>(fewest, journal->metrics().segments_kept);
    }
    EXPECT_GE(fewest, limits.unsettled_segments_max) << "the newest stay in the journal as long as they may";
    expect_all({1});
}

TEST_F(wal_settler, a_round_ends_though_the_load_goes_on) {
    // Two pieces of work for a third of a segment: one spare and five runs while six groups fill one. A round that
    // took in what is written meanwhile would never come to the last of them.
    constexpr std::uint64_t groups = 6;
    limits.settle_runs_max = 1;
    reopen();
    for (std::uint64_t group = 1; group <= groups; ++group) journal->create_group({group});
    std::size_t most = 0;
    for (std::uint64_t index = 1; index <= 150; ++index) {
        ASSERT_TRUE(append_to_all(groups, index)) << "round " << index << " of the load had to wait";
        work_once();
        work_once();
        most = std::max<std::size_t>(most, journal->metrics().segments_kept);
    }

    EXPECT_LE(most, limits.unsettled_segments_max + 3);
    for (std::uint64_t group = 1; group <= groups; ++group) {
        EXPECT_GT(journal->find({group})->floor().index, log_index{100}) << "group " << group;
        expect_all({group});
    }
}

TEST_F(wal_settler, the_longer_the_journal_is_the_more_moves_before_a_spare) {
    constexpr std::size_t unsettled_max = 4;
    limits.settle_run_bytes = 1;  // each run is what one segment has
    auto const moves_before_a_spare = [&](std::size_t kept) {
        journal.reset();
        disk = chronik::testing::disk{kept};
        files = disk.directory();
        limits.unsettled_segments_max = 0;
        journal = *journal_type::open(files, limits, kept);
        journal->create_group({1});
        std::uint64_t index = 1;
        while (journal->metrics().segments_kept + 1 < kept) EXPECT_TRUE(append({1}, index++));
        // The last of them takes the spare, and no other is made.
        while (journal->metrics().segments_kept < kept) {
            entry const one = entry_at(index, {1 + index / 10});
            EXPECT_TRUE(journal->stage(group_id{1}, std::optional<hard_state>{}, std::span{&one, 1}));
            EXPECT_TRUE(journal->flush());
            ++index;
        }
        limits.unsettled_segments_max = unsettled_max;
        reopen();
        journal->committed({1}, journal->find({1})->last_index());
        std::size_t moves = 0;
        while (work_once()) ++moves;
        EXPECT_EQ(journal->metrics().segments_spare, 1U);
        return moves;
    };

    EXPECT_EQ(moves_before_a_spare(unsettled_max + 1), 1U) << "half a segment";
    EXPECT_EQ(moves_before_a_spare(unsettled_max + 3), 2U) << "a segment and a half";
}

TEST_F(wal_settler, what_is_settled_is_never_replaced) {
    journal->create_group({1});
    append_up_to({1}, 100);
    ASSERT_GT(journal->find({1})->floor().index, log_index{20});

    EXPECT_EQ(append({1}, 20), result<void>(failure(errc::compacted)));
    expect_all({1});
}

TEST_F(wal_settler, what_was_moving_for_a_group_that_went_is_not_taken_for_the_next_of_its_id) {
    using moving_job = settle_job<chronik::testing::disk_directory>;
    journal->create_group({1});
    std::optional<background_job<chronik::testing::disk_directory>> moving;
    for (std::uint64_t index = 1; index <= 200 && !moving; ++index) {
        entry const one{.term = {1},
                        .index = {index},
                        .kind = entry_kind::command,
                        .base_offset = {(index - 1) * 2},
                        .record_count = 2,
                        .payload = payload_of(index)};
        ASSERT_TRUE(journal->stage({1}, std::optional<hard_state>{}, std::span{&one, 1}));
        ASSERT_TRUE(journal->flush());
        journal->committed({1}, one.index);
        auto job = journal->begin_prepare();
        if (job && std::holds_alternative<moving_job>(job->what())) {
            moving.emplace(std::move(*job));
        } else if (job) {
            job->run();
            ASSERT_TRUE(journal->finish_prepare(std::move(*job)));
        }
    }
    ASSERT_TRUE(moving);

    journal->remove_group({1});
    journal->create_group({1});
    moving->run();
    ASSERT_TRUE(journal->finish_prepare(std::move(*moving)));

    EXPECT_EQ(journal->find({1})->floor().index, log_index{0});
    EXPECT_EQ(journal->find({1})->last_index(), log_index{0});
    append_up_to({1}, 200);
    EXPECT_GT(journal->find({1})->floor().index, log_index{0});
    expect_all({1});
    reopen();
    expect_all({1});
}

TEST_F(wal_settler, finds_the_first_entry_of_a_time) {
    journal->create_group({1});
    journal->configure_settling({1}, {.segment_bytes = 40'000});
    append_up_to({1}, 120);
    auto const& log = *journal->find({1});
    ASSERT_GT(log.settled().size(), 3U);

    for (std::uint64_t index = 1; index <= log.floor().index.value; ++index) {
        auto const found = log.first_settled_reaching(static_cast<std::int64_t>(1000 + index));
        ASSERT_TRUE(found);
        EXPECT_EQ(*found, log_index{index});
    }
    EXPECT_EQ(*log.first_settled_reaching(static_cast<std::int64_t>(1001 + log.floor().index.value)), std::nullopt);
    EXPECT_EQ(*log.first_settled_reaching(0), log_index{1});
}

TEST_F(wal_settler, files_begin_anew_at_the_limits_of_the_group) {
    journal->create_group({1});
    journal->configure_settling({1}, {.segment_bytes = 40'000});
    append_up_to({1}, 120);

    for (auto const& each : journal->find({1})->settled()) EXPECT_LT(each->data_bytes(), 40'000U + 3200U);
    EXPECT_EQ(settled_files(), 2 * journal->find({1})->settled().size());
}

TEST_F(wal_settler, a_log_compacted_in_its_settled_part_loses_whole_files_and_remembers_its_start) {
    journal->create_group({1});
    journal->configure_settling({1}, {.segment_bytes = 40'000});
    append_up_to({1}, 120);
    auto const files_before = settled_files();
    auto const second = journal->find({1})->settled()[1]->first_index();

    ASSERT_TRUE(journal->compact({1}, second + 1));
    ASSERT_TRUE(journal->flush());
    ASSERT_TRUE(journal->prepare());

    EXPECT_EQ(settled_files(), files_before - 2);
    EXPECT_EQ(journal->find({1})->first_index(), second + 1);
    EXPECT_EQ(journal->find({1})->read(second).error(), errc::compacted);
    EXPECT_EQ(journal->find({1})->base_offset(), log_offset{second.value * 2});
    expect_all({1});
    reopen();
    EXPECT_EQ(journal->find({1})->first_index(), second + 1);
    expect_all({1});
}

TEST_F(wal_settler, files_of_a_removed_group_go) {
    journal->create_group({1});
    append_up_to({1}, 100);
    ASSERT_GT(settled_files(), 0U);

    journal->remove_group({1});
    ASSERT_TRUE(journal->flush());
    ASSERT_TRUE(journal->prepare());

    EXPECT_EQ(settled_files(), 0U);
    reopen();
    EXPECT_EQ(journal->find({1}), nullptr);
}

TEST_F(wal_settler, a_group_that_lags_does_not_keep_old_segments) {
    journal->create_group({1});
    journal->create_group({2});
    for (std::uint64_t index = 1; index <= 2; ++index) ASSERT_TRUE(append({2}, index, false));
    append_up_to({1}, 400);

    EXPECT_GT(journal->metrics().moved_entries, 0U);
    EXPECT_LE(journal->metrics().segments_kept, limits.unsettled_segments_max + 3);
    EXPECT_EQ(journal->find({2})->floor().index, log_index{0});
    expect_all({2});
    reopen();
    expect_all({1});
    expect_all({2});
}

TEST_F(wal_settler, a_load_that_is_faster_than_settling_waits_and_does_not_lengthen_the_journal) {
    journal->create_group({1});
    std::size_t most = 0;
    std::size_t waited = 0;
    std::uint64_t index = 1;
    // A whole segment's worth of appends for each piece of the preparer's work.
    while (index < 4000) {
        for (int nth = 0; nth < 20; ++nth) {
            std::vector<std::byte> payload(3000);
            entry const one{.term = {1},
                            .index = {index},
                            .kind = entry_kind::command,
                            .base_offset = {index},
                            .record_count = 1,
                            .payload = shared_bytes{std::move(payload)}};
            auto const staged = journal->stage(group_id{1}, std::optional<hard_state>{}, std::span{&one, 1});
            ASSERT_TRUE(staged || staged.error() == errc::out_of_space);
            ASSERT_TRUE(journal->flush());
            if (!staged) { ++waited; break; }
            journal->committed({1}, {index++});
        }
        if (auto job = journal->begin_prepare()) {
            job->run();
            ASSERT_TRUE(journal->finish_prepare(std::move(*job)));
        }
        most = std::max<std::size_t>(most, journal->metrics().segments_kept);
    }
    EXPECT_GT(waited, 10U);
    EXPECT_LT(most, 2 * limits.unsettled_segments_max);
}

TEST_F(wal_settler, a_full_device_stops_neither_reading_nor_what_fits_and_is_forgiven_when_there_is_room) {
    journal->create_group({1});
    append_up_to({1}, 60);
    std::uint64_t used = 0;
    auto const names = files.list();
    for (auto const& each : *names) used += disk.bytes(each)->size();
    disk.limit_bytes(used + 100);

    std::uint64_t index = 61;
    while (append({1}, index)) ++index;
    EXPECT_EQ(append({1}, index), result<void>(failure(errc::out_of_space)));
    EXPECT_FALSE(journal->has_failed());
    EXPECT_GT(journal->metrics().settle_failures + journal->metrics().prepare_failures, 0U);
    expect_all({1});

    disk.limit_bytes(used * 10);
    for (int turn = 0; turn < 40; ++turn) (void)journal->prepare();
    ASSERT_TRUE(append({1}, index));
    append_up_to({1}, index + 100);
    expect_all({1});
    reopen();
    expect_all({1});
}

TEST_F(wal_settler, what_has_rotted_in_the_journal_is_not_settled_and_ends_it) {
    constexpr log_index rotten{5};
    constexpr std::size_t payload_bytes = 3005;
    // Checksum, length, kind, flush, group, term, mark; first and last byte of the payload; padding.
    for (std::size_t byte : {0UL, 4UL, 9UL, 17UL, 24UL, 32UL, 61UL, record_header_bytes, record_header_bytes + 3004,
                             record_header_bytes + payload_bytes}) {
        begin_full(100 + byte);
        if (HasFatalFailure()) return;
        auto const place = rot({1}, rotten, byte);
        std::string const file = place.home->name;
        auto const kept = journal->metrics().segments_kept;

        auto const done = journal->prepare();

        ASSERT_FALSE(done) << "byte " << byte;
        EXPECT_EQ(done.error(), errc::storage_failed);
        EXPECT_EQ(journal->cause(), errc::corrupt_record);
        ASSERT_TRUE(journal->damage());
        EXPECT_EQ(journal->damage()->kind, finding_kind::corrupt);
        EXPECT_EQ(journal->damage()->file, file);
        EXPECT_EQ(journal->damage()->position, place.position);
        EXPECT_EQ(journal->damage()->bytes, record_bytes(payload_bytes));
        EXPECT_EQ(journal->damage()->group, group_id{1});
        EXPECT_EQ(journal->damage()->index, rotten);
        EXPECT_EQ(journal->find({1})->floor().index, log_index{0}) << "nothing is sealed";
        EXPECT_EQ(journal->metrics().segments_kept, kept) << "nothing is removed";
        EXPECT_EQ(settled_files(), 0U);
        EXPECT_FALSE(journal->begin_prepare());
        entry const more = entry_at(201, {21});
        EXPECT_EQ(journal->stage({1}, std::optional<hard_state>{}, std::span{&more, 1}).error(), errc::storage_failed);

        // The next start reads all of it, and says the same.
        journal.reset();
        recovery_report report;
        EXPECT_EQ(journal_type::open(files, limits, 3, &report).error(), errc::corrupt_record);
        EXPECT_EQ(report.file, file);
        EXPECT_EQ(report.position, place.position);
    }
}

TEST_F(wal_settler, what_has_rotted_leaves_the_file_that_was_to_grow_as_it_is) {
    begin_full(7);
    journal->configure_settling({1}, {.segment_bytes = 40'000});
    ASSERT_TRUE(work_once());
    log_index const floor = journal->find({1})->floor().index;
    ASSERT_GT(floor, log_index{5});
    ASSERT_LT(floor, log_index{20});
    rot({1}, floor + 1, record_header_bytes + 9);

    EXPECT_FALSE(journal->prepare());

    EXPECT_EQ(journal->cause(), errc::corrupt_record);
    ASSERT_TRUE(journal->damage());
    EXPECT_EQ(journal->damage()->index, floor + 1);
    auto const& log = *journal->find({1});
    EXPECT_EQ(log.floor().index, floor);
    for (auto at = log.first_index(); at <= floor; ++at) {
        auto const found = log.read(at);
        ASSERT_TRUE(found) << at.value;
        EXPECT_EQ(found->payload, payload_of(at.value));
    }
}

TEST_F(wal_settler, what_has_rotted_is_not_written_again_at_the_end_of_the_journal) {
    journal->create_group({1});
    journal->create_group({2});
    ASSERT_TRUE(append({2}, 1, false));
    auto const place = rot({2}, {1}, record_header_bytes + 100);
    std::string const file = place.home->name;
    std::uint64_t index = 1;
    while (index < 400 && append({1}, index)) ++index;

    ASSERT_LT(index, 400U) << "what is left in old segments is moved before that";
    EXPECT_EQ(journal->cause(), errc::corrupt_record);
    ASSERT_TRUE(journal->damage());
    EXPECT_EQ(journal->damage()->group, group_id{2});
    EXPECT_EQ(journal->damage()->index, log_index{1});
    EXPECT_EQ(journal->damage()->file, file);
    EXPECT_EQ(journal->damage()->position, place.position);
    EXPECT_EQ(journal->find({2})->slot_of({1}).position, place.position) << "it is where it was";
    EXPECT_EQ(journal->find({2})->slot_of({1}).home->name, file);
}

TEST_F(wal_settler, a_payload_that_has_changed_is_an_error_for_who_reads_it) {
    journal->create_group({1});
    append_up_to({1}, 100);
    auto const name = journal->find({1})->settled().front()->name();
    auto& bytes = *disk.bytes(name.data());
    bytes[100] ^= std::byte{1};

    EXPECT_EQ(journal->find({1})->read({1}).error(), errc::corrupt_record);
    EXPECT_TRUE(journal->find({1})->read({2}));
}

}  // namespace chronik::wal
