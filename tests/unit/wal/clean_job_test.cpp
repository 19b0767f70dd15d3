// SPDX-License-Identifier: Apache-2.0
#include <chronik/testing/disk.hpp>
#include <chronik/wal/clean_job.hpp>
#include <chronik/wal/journal.hpp>
#include <chronik/wal/remove_job.hpp>
#include <chronik/wal/settled_payloads.hpp>

#include <gtest/gtest.h>

namespace chronik::wal {
namespace {

using journal_type = journal<chronik::testing::disk_directory>;
using job_type = clean_job<chronik::testing::disk_directory>;

/// The first eight bytes of a payload are its time.
std::int64_t time_of(entry_kind kind, std::span<std::byte const> payload) {
    if (kind != entry_kind::command) return no_timestamp;
    return static_cast<std::int64_t>(load<std::uint64_t, std::endian::little>(payload.data()));
}

shared_bytes payload_of(std::uint64_t index) {
    std::vector<std::byte> made(2000 + index, static_cast<std::byte>(index));
    store<std::uint64_t, std::endian::little>(made.data(), 1000 + index);
    return shared_bytes{std::move(made)};
}

/// Entries of two records each, every hundredth a configuration; runs of about 30 000 bytes.
struct wal_clean_job : ::testing::Test {
    options limits{.segment_bytes = 64 * 1024,
                   .staged_bytes_max = 64 * 1024,
                   .spare_segments = 1,
                   .segments_max = 64,
                   .groups_max = 16,
                   .unsettled_segments_max = 2,
                   .timestamp_of = time_of};
    chronik::testing::disk disk{1};
    chronik::testing::disk_directory files = disk.directory();
    std::optional<journal_type> journal = *journal_type::open(files, limits, 1);
    log_offset next_offset;

    void SetUp() override {
        journal->create_group({1});
        journal->configure_settling({1}, {.segment_bytes = 30'000});
        append_up_to(250);
    }
    group_log const& log() const { return *journal->find({1}); }

    void append_up_to(std::uint64_t last) {
        for (auto index = log().last_index().value + 1; index <= last; ++index) {
            bool const command = index % 100 != 0;
            entry const one{.term = {1 + index / 60},
                            .index = {index},
                            .kind = command ? entry_kind::command : entry_kind::configuration,
                            .base_offset = next_offset,
                            .record_count = command ? 2U : 0U,
                            .payload = payload_of(index)};
            next_offset = one.next_offset();
            ASSERT_TRUE(journal->stage(group_id{1}, std::optional<hard_state>{}, std::span{&one, 1}));
            ASSERT_TRUE(journal->flush());
            journal->committed({1}, one.index);
            ASSERT_TRUE(journal->prepare());
        }
    }

    /// Keeps every tenth entry.
    static job_type::rewritten tenth(entry const& each) {
        return each.index.value % 10 == 0 ? std::optional{each.payload} : std::nullopt;
    }
    job_type written(std::vector<group_log::settled_ptr> runs) {
        auto const last = runs.back()->last_index();
        auto job = journal->begin_cleaning(std::move(runs));
        while (!*job.step(5000, tenth)) {}
        EXPECT_TRUE(job.finish(last));
        return job;
    }
    void reopen() {
        journal.reset();
        recovery_report report;
        auto again = journal_type::open(files, limits, 2, &report);
        ASSERT_TRUE(again) << report.file << ": " << report.what;
        journal = std::move(*again);
    }
    std::vector<std::string> settled_names() {
        auto names = *files.list();
        std::erase_if(names, [](auto const& each) { return !parse_settled_name(each); });
        return names;
    }
};

}  // namespace

TEST_F(wal_clean_job, makes_one_run_of_several_with_a_row_for_many_markers) {
    auto const runs = journal->cleanable({1});
    ASSERT_GT(runs.size(), 3U);
    auto const last = runs[2]->last_index();
    auto const job = written({runs.begin(), runs.begin() + 3});
    EXPECT_TRUE(journal->finish_cleaning(job));

    auto const& first = *log().settled().front();
    EXPECT_EQ(log().settled()[1], runs[3]);
    EXPECT_EQ(first.last_index(), last);
    EXPECT_LT(first.rows(), last.value / 3);
    EXPECT_EQ(first.dirty_bytes(), 0U);
    log_offset offset;
    for (log_index at{1}; at <= last; ++at) {
        auto const found = log().read(at);
        ASSERT_TRUE(found) << at.value;
        EXPECT_EQ(found->base_offset, offset);
        EXPECT_EQ(found->term, log().term_at(at));
        EXPECT_EQ(found->record_count, 2U);
        if (at.value % 10 == 0) EXPECT_EQ(found->payload, payload_of(at.value));
        else EXPECT_TRUE(found->payload.empty());
        EXPECT_EQ(found->kind, at.value % 10 == 0 ? entry_kind::command : entry_kind::no_op);
        EXPECT_EQ(log().index_of_offset(offset), at);
        EXPECT_EQ(log().index_of_offset(offset + 1), at);
        EXPECT_EQ(log().base_before(at + 1)->next_offset, found->next_offset());
        offset = found->next_offset();
    }
}

TEST_F(wal_clean_job, replaced_files_go_and_a_restart_finds_the_new_ones) {
    auto const files_before = settled_names().size();
    auto const runs = journal->cleanable({1});
    EXPECT_TRUE(journal->finish_cleaning(written({runs.begin(), runs.begin() + 3})));
    ASSERT_TRUE(journal->prepare());
    EXPECT_EQ(settled_names().size(), files_before - 4);

    auto const before = *log().read(log_index{10});
    reopen();
    EXPECT_EQ(*log().read(log_index{10}), before);
    EXPECT_TRUE(log().read(log_index{9})->payload.empty());
    EXPECT_TRUE(log().settled().front()->header().is_cleaned());

    // Once more, over what is clean and what is not.
    journal->configure_settling({1}, {.segment_bytes = 30'000});
    auto const again = journal->cleanable({1});
    EXPECT_TRUE(journal->finish_cleaning(written({again.begin(), again.begin() + 2})));
    EXPECT_EQ(log().settled().front()->name().generation, 2U);
    reopen();
    EXPECT_EQ(log().settled().front()->name().generation, 2U);
}

TEST_F(wal_clean_job, what_is_looked_for_by_time_has_a_payload_that_reaches_it) {
    auto const runs = journal->cleanable({1});
    EXPECT_TRUE(journal->finish_cleaning(written(runs)));
    auto const last = runs.back()->last_index().value;
    for (std::uint64_t index = 1; index <= last / 10 * 10; ++index) {
        auto const found = log().first_settled_reaching(static_cast<std::int64_t>(1000 + index));
        std::uint64_t expected = (index + 9) / 10 * 10;
        if (expected % 100 == 0) expected += 10;  // a configuration, which has no time
        if (expected > last / 10 * 10) break;
        EXPECT_EQ(*found, log_index{expected}) << index;
    }
}

TEST_F(wal_clean_job, configurations_stay_and_are_found_without_reading_what_is_between) {
    append_up_to(380);
    EXPECT_TRUE(journal->finish_cleaning(written(journal->cleanable({1}))));
    std::vector<std::uint64_t> found;
    for (auto at = log().next_configuration(log().first_index()); at && *at;
         at = log().next_configuration(**at + 1))
        found.push_back((*at)->value);
    EXPECT_EQ(found, (std::vector<std::uint64_t>{100, 200, 300}));
    EXPECT_EQ(log().read(log_index{100})->payload, payload_of(100));
}

TEST_F(wal_clean_job, a_log_that_has_moved_on_takes_nothing_and_the_files_go) {
    auto const files_before = settled_names().size();
    auto const runs = journal->cleanable({1});
    auto const job = written({runs.begin(), runs.begin() + 2});
    ASSERT_TRUE(journal->compact({1}, runs[0]->last_index() + 1));
    EXPECT_FALSE(journal->finish_cleaning(job));
    ASSERT_TRUE(journal->flush());
    ASSERT_TRUE(journal->prepare());
    EXPECT_EQ(settled_names().size(), files_before - 2);
    EXPECT_EQ(log().read(runs[1]->first_index())->payload, payload_of(runs[1]->first_index().value));

    auto removed = written({runs[1]});
    journal->remove_group({1});
    EXPECT_FALSE(journal->finish_cleaning(removed));
    ASSERT_TRUE(journal->flush());
    ASSERT_TRUE(journal->prepare());
    EXPECT_TRUE(settled_names().empty());
}

TEST_F(wal_clean_job, without_space_gives_back_what_it_took) {
    auto const before = settled_names();
    auto const runs = journal->cleanable({1});
    disk.limit_bytes(disk.bytes_used() + 3000);
    auto job = journal->begin_cleaning({runs.front()});
    result<bool> done = false;
    while (done && !*done) done = job.step(1000, [](entry const& each) -> job_type::rewritten { return each.payload; });
    auto const finished = done ? job.finish(runs.front()->last_index()) : std::unexpected(done.error());
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error(), std::errc::no_space_on_device);
    job.abandon();
    EXPECT_EQ(settled_names(), before);
}

TEST_F(wal_clean_job, that_cannot_open_what_it_has_made_leaves_what_was_there) {
    auto const before = settled_names();
    auto const runs = journal->cleanable({1});
    auto job = journal->begin_cleaning({runs.front()});
    result<bool> done = false;
    while (done && !*done) done = job.step(1000, [](entry const& each) -> job_type::rewritten { return each.payload; });
    ASSERT_TRUE(done);
    disk.fail(chronik::testing::disk_operation::open, 1, std::errc::too_many_files_open);
    EXPECT_EQ(job.finish(runs.front()->last_index()).error(), std::errc::too_many_files_open);
    job.abandon();
    EXPECT_EQ(settled_names(), before);

    EXPECT_TRUE(journal->finish_cleaning(written({runs.front()}))) << "again, under the same names";
    EXPECT_EQ(log().read({10})->payload, payload_of(10));
}

TEST_F(wal_clean_job, what_has_rotted_is_an_error_and_not_cleaned_away) {
    auto const runs = journal->cleanable({1});
    (*disk.bytes(runs.front()->name().data()))[5] ^= std::byte{1};
    auto job = journal->begin_cleaning({runs.front()});
    auto const done = job.step(1 << 20, tenth);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error(), errc::corrupt_record);
    job.abandon();
}

TEST_F(wal_clean_job, a_damaged_header_of_a_cleaned_run_is_refused_with_its_group) {
    auto const runs = journal->cleanable({1});
    EXPECT_TRUE(journal->finish_cleaning(written(runs)));
    ASSERT_TRUE(journal->prepare());
    (*disk.bytes(log().settled().front()->name().rows()))[70] ^= std::byte{1};
    journal.reset();
    recovery_report report;
    auto const again = journal_type::open(files, limits, 2, &report);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error(), errc::corrupt_record);
    EXPECT_EQ(report.group, group_id{1});
}

}  // namespace chronik::wal
