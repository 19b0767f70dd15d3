// SPDX-License-Identifier: Apache-2.0
#include <chronik/testing/disk.hpp>
#include <chronik/wal/journal.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace chronik::wal {
namespace {

using chronik::testing::disk_operation;
using journal_type = journal<chronik::testing::disk_directory>;
using moving_job = settle_job<chronik::testing::disk_directory>;

constexpr std::uint64_t groups = 8;

struct wal_settle_job : ::testing::Test {
    options limits{.segment_bytes = 64 * 1024,
                   .staged_bytes_max = 64 * 1024,
                   .spare_segments = 1,
                   .segments_max = 64,
                   .groups_max = 16};
    chronik::testing::disk disk{1};
    chronik::testing::disk_directory files = disk.directory();
    std::optional<journal_type> journal = *journal_type::open(files, limits, 1);

    static shared_bytes payload_of(std::uint64_t group, std::uint64_t index) {
        return shared_bytes{std::vector<std::byte>(2000 + index, static_cast<std::byte>(group * 31 + index))};
    }
    void stage(std::uint64_t group, std::uint64_t index) {
        entry const one{.term = {1},
                        .index = {index},
                        .kind = entry_kind::command,
                        .base_offset = {index - 1},
                        .record_count = 1,
                        .payload = payload_of(group, index)};
        ASSERT_TRUE(journal->stage({group}, std::optional<hard_state>{}, std::span{&one, 1}));
    }
    /// A round is due: `each` committed entries of every group.
    void fill(std::uint64_t each) {
        for (std::uint64_t group = 1; group <= groups; ++group) journal->create_group({group});
        for (std::uint64_t index = 1; index <= each; ++index) {
            for (std::uint64_t group = 1; group <= groups; ++group) stage(group, index);
            ASSERT_TRUE(journal->flush());
            ASSERT_TRUE(journal->prepare());
        }
        limits.unsettled_segments_max = 2;
        reopen();
        for (std::uint64_t group = 1; group <= groups; ++group)
            journal->committed({group}, journal->find({group})->last_index());
    }
    void reopen() {
        journal.reset();
        recovery_report report;
        auto again = journal_type::open(files, limits, 2, &report);
        ASSERT_TRUE(again) << report.file << ": " << report.what;
        journal = std::move(*again);
    }
    /// The next piece of work that moves entries, not begun; others are done.
    std::optional<background_job<chronik::testing::disk_directory>> next_move() {
        while (auto job = journal->begin_prepare()) {
            if (std::holds_alternative<moving_job>(job->what())) return job;
            job->run();
            EXPECT_TRUE(journal->finish_prepare(std::move(*job)));
        }
        return std::nullopt;
    }
    std::uint64_t settled_groups() {
        std::uint64_t count = 0;
        for (std::uint64_t group = 1; group <= groups; ++group)
            count += journal->find({group})->floor().index > log_index{0} ? 1U : 0U;
        return count;
    }
    /// Group 1 has `left` entries that are not committed; those of group 2 are, and move on until the others are
    /// staged at the end of the journal.
    void move_what_is_left(std::uint64_t left) {
        for (std::uint64_t group = 1; group <= 2; ++group) journal->create_group({group});
        for (std::uint64_t index = 1; index <= left; ++index) stage(1, index);
        ASSERT_TRUE(journal->flush());
        limits.unsettled_segments_max = 1;
        reopen();
        for (std::uint64_t index = 1; journal->metrics().moved_entries == 0; ++index) {
            ASSERT_LT(index, 2000U);
            stage(2, index);
            ASSERT_TRUE(journal->flush());
            journal->committed({2}, {index});
            while (journal->metrics().moved_entries == 0) {
                auto job = journal->begin_prepare();
                if (!job) break;
                job->run();
                ASSERT_TRUE(journal->finish_prepare(std::move(*job)));
            }
        }
    }
    std::vector<settled_name> settled_files() {
        std::vector<settled_name> found;
        auto const names = files.list();
        for (auto const& each : *names) {
            if (auto const name = parse_settled_name(each)) found.push_back(*name);
        }
        return found;
    }
    void expect_all(std::uint64_t last) {
        for (std::uint64_t group = 1; group <= groups; ++group) {
            for (std::uint64_t index = 1; index <= last; ++index) {
                auto const found = journal->find({group})->read({index});
                ASSERT_TRUE(found) << "group " << group << ", entry " << index << ": " << found.error().message();
                EXPECT_EQ(found->payload, payload_of(group, index));
            }
        }
    }
};

}  // namespace

TEST_F(wal_settle_job, moves_runs_of_many_groups_and_syncs_their_names_once) {
    fill(20);
    auto job = next_move();
    ASSERT_TRUE(job);
    EXPECT_EQ(std::get<moving_job>(job->what()).runs().size(), groups);

    auto const syncs = disk.count(disk_operation::sync);
    auto const directory_syncs = disk.count(disk_operation::sync_directory);
    job->run();
    EXPECT_EQ(disk.count(disk_operation::sync) - syncs, 2 * groups);
    EXPECT_EQ(disk.count(disk_operation::sync_directory) - directory_syncs, 1U);
    ASSERT_TRUE(journal->finish_prepare(std::move(*job)));

    EXPECT_EQ(settled_groups(), groups);
    expect_all(20);
    ASSERT_TRUE(journal->flush());
    reopen();
    EXPECT_EQ(settled_groups(), groups);
    expect_all(20);
}

TEST_F(wal_settle_job, writes_all_before_it_syncs_any) {
    fill(20);
    auto job = next_move();
    ASSERT_TRUE(job);
    // The first sync does not come back: what was written by then is all of it.
    disk.fail(disk_operation::sync, 1, std::errc::io_error, true);
    auto const writes = disk.count(disk_operation::write);
    job->run();
    EXPECT_EQ(disk.count(disk_operation::write) - writes, 3 * groups) << "payloads, header and rows of each";
    EXPECT_FALSE(journal->finish_prepare(std::move(*job)));
    EXPECT_TRUE(journal->has_failed()) << "a failed sync is final";
    EXPECT_EQ(settled_groups(), 0U);
}

TEST_F(wal_settle_job, takes_no_more_runs_than_it_may) {
    limits.settle_runs_max = 3;
    fill(20);
    for (std::uint64_t expected : {3U, 6U, 8U}) {
        auto job = next_move();
        ASSERT_TRUE(job);
        EXPECT_LE(std::get<moving_job>(job->what()).runs().size(), limits.settle_runs_max);
        job->run();
        ASSERT_TRUE(journal->finish_prepare(std::move(*job)));
        EXPECT_EQ(settled_groups(), expected);
    }
    expect_all(20);
}

TEST_F(wal_settle_job, what_a_full_device_has_room_for_is_moved_and_the_rest_later) {
    fill(20);
    disk.limit_bytes(disk.bytes_used() + 3 * 64 * 1024);
    auto job = next_move();
    ASSERT_TRUE(job);
    job->run();
    EXPECT_EQ(journal->finish_prepare(std::move(*job)), result<void>(failure(errc::out_of_space)));
    auto const moved = settled_groups();
    EXPECT_GT(moved, 0U);
    EXPECT_LT(moved, groups);
    EXPECT_EQ(journal->metrics().settle_failures, groups - moved);
    EXPECT_EQ(settled_files().size(), 2 * moved) << "what could not be moved takes no space";
    expect_all(20);

    disk.limit_bytes(std::uint64_t{1} << 30);
    for (int turn = 0; turn < 200 && settled_groups() < groups; ++turn) {
        (void)journal->prepare();
        ASSERT_TRUE(journal->flush());
    }
    EXPECT_EQ(settled_groups(), groups);
    reopen();
    expect_all(20);
}

/// From the n-th time on that a file is made or opened there are too many.
using nth_file = std::pair<disk_operation, std::uint64_t>;
struct wal_settle_job_without_descriptors : wal_settle_job, ::testing::WithParamInterface<nth_file> {
    /// Moves what it can, and with descriptors again the rest.
    void run_into_it() {
        auto job = next_move();
        ASSERT_TRUE(job);
        auto const [what, nth] = GetParam();
        disk.fail(what, nth, std::errc::too_many_files_open, true);
        job->run();
        EXPECT_EQ(journal->finish_prepare(std::move(*job)), result<void>(failure(errc::out_of_descriptors)));
        EXPECT_FALSE(journal->has_failed());
        EXPECT_GT(journal->metrics().no_descriptors, 0U);
        EXPECT_EQ(journal->metrics().settle_failures, 0U) << "the disk is not full";
        disk.heal();
    }
    bool is_settled_to(std::uint64_t last) {
        for (std::uint64_t group = 1; group <= groups; ++group) {
            if (journal->find({group})->floor().index < log_index{last}) return false;
        }
        return true;
    }
    void settle_to(std::uint64_t last) {
        for (int turn = 0; turn < 200 && !is_settled_to(last); ++turn) {
            ASSERT_TRUE(journal->prepare());
            ASSERT_TRUE(journal->flush());
        }
        EXPECT_TRUE(is_settled_to(last));
    }
};

TEST_P(wal_settle_job_without_descriptors, new_files_are_made_later_and_nothing_is_lost) {
    fill(20);
    run_into_it();
    EXPECT_EQ(settled_files().size(), 2 * settled_groups()) << "what could not be moved takes no space";
    expect_all(20);

    settle_to(1);
    EXPECT_EQ(settled_groups(), groups);
    reopen();
    expect_all(20);
}

INSTANTIATE_TEST_SUITE_P(each, wal_settle_job_without_descriptors,
                         ::testing::Values(nth_file{disk_operation::create, 1}, nth_file{disk_operation::create, 2},
                                           nth_file{disk_operation::create, 2 * groups},
                                           nth_file{disk_operation::open, 1}, nth_file{disk_operation::open, 2},
                                           nth_file{disk_operation::open, 2 * groups},
                                           nth_file{disk_operation::open, 2 * groups + 1},
                                           nth_file{disk_operation::open, 2 * groups + 2},
                                           nth_file{disk_operation::open, 4 * groups}));

TEST_F(wal_settle_job, files_that_could_not_be_opened_again_grow_from_where_they_were_known_to_end) {
    fill(20);
    for (int turn = 0; turn < 200 && settled_groups() < groups; ++turn) {
        ASSERT_TRUE(journal->prepare());
        ASSERT_TRUE(journal->flush());
    }
    for (std::uint64_t index = 21; index <= 40; ++index) {
        for (std::uint64_t group = 1; group <= groups; ++group) stage(group, index);
        ASSERT_TRUE(journal->flush());
        ASSERT_TRUE(journal->prepare());
    }
    for (std::uint64_t group = 1; group <= groups; ++group) journal->committed({group}, {40});
    auto job = next_move();
    for (int turn = 0; turn < 20 && !job; ++turn) job = next_move();  // the last round found nothing: it is waited for
    ASSERT_TRUE(job);
    auto const floor = journal->find({1})->floor().index;
    std::size_t const runs = std::get<moving_job>(job->what()).runs().size();
    EXPECT_FALSE(std::get<moving_job>(job->what()).runs().front().begins_files());

    // All is written and synced; what fails is to look at it.
    disk.fail(disk_operation::open, 2 * runs + 1, std::errc::too_many_files_open, true);
    job->run();
    EXPECT_EQ(journal->finish_prepare(std::move(*job)), result<void>(failure(errc::out_of_descriptors)));
    EXPECT_EQ(journal->find({1})->floor().index, floor);
    expect_all(40);

    disk.heal();
    for (int turn = 0; turn < 200 && journal->find({1})->floor().index == floor; ++turn) {
        ASSERT_TRUE(journal->prepare());
        ASSERT_TRUE(journal->flush());
    }
    EXPECT_GT(journal->find({1})->floor().index, floor);
    expect_all(40);
    reopen();
    expect_all(40);
}

TEST_F(wal_settle_job, one_run_with_damage_ends_it_and_says_where) {
    fill(20);
    auto const place = journal->find({5})->slot_of({2});
    (*disk.bytes(place.home->name))[place.position + record_header_bytes + 7] ^= std::byte{1};
    auto job = next_move();
    ASSERT_TRUE(job);
    disk.limit_bytes(disk.bytes_used() + 6 * 64 * 1024);  // the last runs find no room, which is not the reason
    job->run();
    EXPECT_EQ(journal->finish_prepare(std::move(*job)), result<void>(failure(errc::storage_failed)));
    EXPECT_EQ(journal->cause(), errc::corrupt_record);
    ASSERT_TRUE(journal->damage());
    EXPECT_EQ(journal->damage()->group, group_id{5});
    EXPECT_EQ(journal->damage()->position, place.position);
    EXPECT_EQ(journal->find({5})->floor().index, log_index{0});
}

TEST_F(wal_settle_job, a_group_that_goes_meanwhile_leaves_the_others_theirs) {
    fill(20);
    auto job = next_move();
    ASSERT_TRUE(job);
    journal->remove_group({3});
    journal->create_group({3});
    job->run();
    ASSERT_TRUE(journal->finish_prepare(std::move(*job)));
    EXPECT_EQ(settled_groups(), groups - 1);
    EXPECT_EQ(journal->find({3})->last_index(), log_index{0});

    ASSERT_TRUE(journal->flush());
    ASSERT_TRUE(journal->prepare());
    for (auto const& each : settled_files()) EXPECT_NE(each.group, group_id{3});
    reopen();
    EXPECT_EQ(settled_groups(), groups - 1);
    EXPECT_EQ(journal->find({3})->last_index(), log_index{0});
}

TEST_F(wal_settle_job, a_file_that_is_compacted_away_while_it_was_to_grow_takes_nothing) {
    fill(12);
    auto first = next_move();
    ASSERT_TRUE(first);
    first->run();
    ASSERT_TRUE(journal->finish_prepare(std::move(*first)));
    ASSERT_TRUE(journal->flush());
    log_index const floor = journal->find({1})->floor().index;
    ASSERT_GT(floor, log_index{0});
    std::optional<background_job<chronik::testing::disk_directory>> growing;
    for (std::uint64_t index = 13; !growing; ++index) {
        ASSERT_LT(index, 200U);
        for (std::uint64_t group = 1; group <= groups; ++group) stage(group, index);
        ASSERT_TRUE(journal->flush());
        for (std::uint64_t group = 1; group <= groups; ++group) journal->committed({group}, {index});
        growing = next_move();
    }
    auto& runs = std::get<moving_job>(growing->what()).runs();
    auto const of_first = std::ranges::find(runs, group_id{1}, [](auto const& each) { return each.group(); });
    ASSERT_NE(of_first, runs.end());
    ASSERT_FALSE(of_first->begins_files());
    ASSERT_TRUE(journal->compact({1}, of_first->begins_after() + 1));
    growing->run();
    ASSERT_TRUE(journal->finish_prepare(std::move(*growing)));

    auto const& log = *journal->find({1});
    EXPECT_EQ(log.floor().index, log.base_index());
    EXPECT_TRUE(log.settled().empty());
    log_index const last = log.last_index();
    log_index const begin = log.first_index();
    ASSERT_TRUE(journal->flush());
    ASSERT_TRUE(journal->prepare());
    ASSERT_TRUE(journal->flush());
    reopen();
    EXPECT_EQ(journal->find({1})->first_index(), begin);
    EXPECT_EQ(journal->find({1})->last_index(), last);
    for (auto at = begin; at <= last; ++at) EXPECT_EQ(journal->find({1})->read(at)->payload, payload_of(1, at.value));
}

TEST_F(wal_settle_job, an_entry_on_its_way_to_the_end_of_the_journal_is_read_where_it_was) {
    move_what_is_left(2);
    constexpr std::uint64_t old_home = 1;

    auto const& log = *journal->find({1});
    EXPECT_EQ(log.slot_of({1}).home->header.sequence, old_home);
    EXPECT_EQ(log.read({1})->payload, payload_of(1, 1)) << "staged in its new place, and not durable there";
    ASSERT_TRUE(journal->prepare());
    auto flush = journal->begin_flush();
    ASSERT_TRUE(flush);
    ASSERT_TRUE(journal->prepare());
    EXPECT_EQ(log.read({2})->payload, payload_of(1, 2)) << "while it is written";
    flush->run();
    ASSERT_TRUE(journal->finish_flush(std::move(*flush)));
    EXPECT_GT(log.slot_of({1}).home->header.sequence, old_home);
    EXPECT_EQ(log.read({1})->payload, payload_of(1, 1));
    EXPECT_EQ(journal->metrics().moved_entries, 2U) << "once, not again and again";
    reopen();
    EXPECT_EQ(journal->find({1})->read({2})->payload, payload_of(1, 2));
}

TEST_F(wal_settle_job, an_entry_that_is_cut_on_its_way_stays_cut) {
    move_what_is_left(1);

    entry const other{.term = {2},
                      .index = {1},
                      .kind = entry_kind::command,
                      .base_offset = {0},
                      .record_count = 1,
                      .payload = payload_of(7, 7)};
    ASSERT_TRUE(journal->stage({1}, std::optional<hard_state>{}, std::span{&other, 1}));
    ASSERT_TRUE(journal->flush());
    EXPECT_EQ(journal->find({1})->read({1})->payload, payload_of(7, 7));
    reopen();
    EXPECT_EQ(journal->find({1})->read({1})->payload, payload_of(7, 7));
}

}  // namespace chronik::wal
