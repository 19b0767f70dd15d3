// SPDX-License-Identifier: Apache-2.0
#include <chronik/testing/disk.hpp>
#include <chronik/wal/group_log.hpp>
#include <chronik/wal/snapshot_file.hpp>
#include <chronik/wal/snapshot_job.hpp>
#include <chronik/wal/snapshot_store.hpp>

#include <gtest/gtest.h>

#include <string>

namespace chronik::wal {
namespace {

using store_type = snapshot_store<testing::disk_directory>;
constexpr group_id group{7};
constexpr log_uuid owner{};

chunk_source in_pieces(std::string text, std::size_t size) {
    return [text = std::move(text), size, at = std::size_t{0}]() mutable {
        auto const piece = text.substr(std::min(at, text.size()), size);
        at += piece.size();
        return shared_bytes::copy_of(piece);
    };
}

struct wal_snapshots : ::testing::Test {
    testing::disk disk{1};
    testing::disk_directory files = disk.directory();
    snapshot_report report;
    store_type store = *store_type::open(files, owner);

    void reopen() {
        files = disk.directory();
        report = {};
        store = *store_type::open(files, owner, &report);
    }
    result<std::optional<stored_snapshot>> run(store_type::job_type job) {
        while (!job.finished()) job.run();
        return store.finish(job);
    }
    result<std::optional<stored_snapshot>> save(std::uint64_t index, std::string text, std::uint64_t term = 1) {
        return run(store.begin_save(group, {index}, {term}, {index * 10}, shared_bytes::copy_of("members"),
                                    in_pieces(std::move(text), 3)));
    }
    result<std::optional<stored_snapshot>> gather(std::uint64_t index, std::string const& whole, std::size_t at,
                                                  std::size_t size) {
        auto const all = shared_bytes::copy_of(whole);
        return run(store.begin_gather(group, {index}, {1}, {0}, shared_bytes::copy_of("members"), whole.size(),
                                      crc32c::value(all.view()), at, all.slice(at, size)));
    }
    /// A log that begins behind `base` and has no entries.
    static group_log log_behind(std::uint64_t base, std::uint64_t term = 1) {
        return group_log{group, {{base}, {term}, {base * 10}}};
    }
};

}  // namespace

TEST_F(wal_snapshots, what_was_saved_is_found_with_all_that_it_is) {
    auto const saved = save(5, "the state");
    ASSERT_TRUE(saved);
    ASSERT_TRUE(*saved);
    reopen();
    EXPECT_EQ(report.whole, 1U);

    auto const found = store.find(group, log_behind(5));

    ASSERT_TRUE(found);
    EXPECT_EQ(found->content.text(), "the state");
    EXPECT_EQ(found->about.text(), "members");
    EXPECT_EQ(found->base, (log_base{{5}, {1}, {50}}));
    EXPECT_EQ(found->crc, crc32c::value(found->content.view()));
}

TEST_F(wal_snapshots, an_empty_state_is_a_state) {
    ASSERT_TRUE(save(5, ""));
    reopen();
    ASSERT_TRUE(store.find(group, log_behind(5)));
    EXPECT_TRUE(store.find(group, log_behind(5))->content.empty());
}

TEST_F(wal_snapshots, a_large_state_is_written_in_slices) {
    std::string const large(3 * store_type::job_type::slice_bytes, 'x');
    auto job = store.begin_save(group, {5}, {1}, {0}, {}, in_pieces(large, 100'000));
    std::size_t slices = 0;
    for (; !job.finished(); ++slices) job.run();
    EXPECT_GE(slices, 3U);
    auto const saved = store.finish(job);
    ASSERT_TRUE(saved && *saved);
    EXPECT_EQ((*saved)->content.text(), large);
}

TEST_F(wal_snapshots, one_beyond_the_limit_is_not_saved) {
    store = *store_type::open(files, owner, nullptr, 5);
    auto const refused = save(5, "123456");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), errc::too_large);
    EXPECT_TRUE(files.list()->empty()) << "and leaves nothing behind";
}

TEST_F(wal_snapshots, pieces_of_another_member_become_a_whole) {
    EXPECT_FALSE(*gather(5, "abcdefgh", 0, 3));
    EXPECT_FALSE(*gather(5, "abcdefgh", 3, 3));
    auto const whole = gather(5, "abcdefgh", 6, 2);
    ASSERT_TRUE(whole && *whole);
    EXPECT_EQ((*whole)->content.text(), "abcdefgh");
}

TEST_F(wal_snapshots, saving_does_not_disturb_gathering) {
    EXPECT_FALSE(*gather(9, "abcdefgh", 0, 3));
    ASSERT_TRUE(save(5, "own"));
    auto const whole = gather(9, "abcdefgh", 3, 5);
    ASSERT_TRUE(whole && *whole);
    EXPECT_EQ((*whole)->content.text(), "abcdefgh");
}

TEST_F(wal_snapshots, a_whole_that_is_not_what_was_promised_is_refused) {
    auto const refused = run(store.begin_gather(group, {5}, {1}, {0}, {}, 3, 12345, 0, shared_bytes::copy_of("abc")));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), errc::corrupt_record);
    reopen();
    EXPECT_EQ(report.whole, 0U);
}

TEST_F(wal_snapshots, the_newest_that_fits_the_log_is_found) {
    ASSERT_TRUE(save(5, "five"));
    ASSERT_TRUE(save(9, "nine"));
    ASSERT_TRUE(save(7, "of another leader", 2));

    EXPECT_EQ(store.find(group, log_behind(9))->content.text(), "nine");
    EXPECT_EQ(store.find(group, log_behind(5))->content.text(), "five") << "nine is of entries this log has not";
    EXPECT_FALSE(store.find(group, log_behind(10)));
    EXPECT_FALSE(store.find(group_id{8}, log_behind(9)));
}

TEST_F(wal_snapshots, without_one_that_fits_a_log_that_begins_late_goes_on_behind_the_newest) {
    ASSERT_TRUE(save(5, "five"));
    ASSERT_TRUE(save(9, "nine"));
    EXPECT_EQ(store.find(group, log_behind(7))->content.text(), "nine");
    EXPECT_FALSE(store.find(group, log_behind(7, 2))) << "nine is of a term before the log's";

    ASSERT_TRUE(save(8, "of a later leader", 2));
    ASSERT_TRUE(save(7, "not of this log", 3));
    EXPECT_EQ(store.find(group, log_behind(7))->content.text(), "of a later leader");
    EXPECT_FALSE(store.find(group, group_log{group})) << "a log with its beginning needs none";
}

TEST_F(wal_snapshots, what_was_never_finished_is_removed) {
    auto job = store.begin_save(group, {5}, {1}, {0}, {}, in_pieces(std::string(5'000'000, 'x'), 100'000));
    job.run();
    EXPECT_FALSE(*gather(9, "abcdefgh", 0, 3));
    ASSERT_EQ(files.list()->size(), 2U);
    reopen();
    EXPECT_EQ(report.unfinished, 2U);
    EXPECT_TRUE(files.list()->empty());
}

TEST_F(wal_snapshots, a_damaged_one_is_reported_and_not_used) {
    ASSERT_TRUE(save(5, "five"));
    auto const saved = save(9, "nine");
    ASSERT_TRUE(saved);
    auto const name = (*saved)->name;
    (*disk.bytes(name))[snapshot_content_position(7)] ^= std::byte{1};
    reopen();
    EXPECT_EQ(report.damaged, std::vector<std::string>{name});
    EXPECT_FALSE(store.find(group, log_behind(9)));
    EXPECT_EQ(store.find(group, log_behind(5))->content.text(), "five");
}

TEST_F(wal_snapshots, one_of_another_journal_is_refused) {
    ASSERT_TRUE(save(5, "five"));
    log_uuid other;
    other.bytes[0] = std::byte{1};
    auto const refused = store_type::open(files, other);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), errc::wrong_owner);
}

TEST_F(wal_snapshots, older_ones_are_discarded_and_views_stay) {
    auto const old = save(5, "five");
    ASSERT_TRUE(save(9, "nine"));
    auto job = store.begin_discard(group, {9});
    ASSERT_TRUE(job);
    ASSERT_TRUE(run(std::move(*job)));
    EXPECT_EQ(files.list()->size(), 1U);
    EXPECT_EQ((*old)->content.text(), "five");
    EXPECT_FALSE(store.begin_discard(group, {9})) << "nothing is left to do";
}

TEST_F(wal_snapshots, a_full_device_costs_the_snapshot_and_nothing_else) {
    ASSERT_TRUE(save(5, "five"));
    disk.limit_bytes(5000);
    auto const refused = save(9, std::string(10'000, 'x'));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), std::errc::no_space_on_device);
    EXPECT_EQ(files.list()->size(), 1U);
    reopen();
    EXPECT_EQ(store.find(group, log_behind(5))->content.text(), "five");
}

TEST_F(wal_snapshots, a_file_cut_or_changed_anywhere_is_damaged) {
    auto const saved = save(5, "the state");
    auto const name = (*saved)->name;
    auto const whole = *disk.bytes(name);
    for (std::size_t at : {0U, 8U, 12U, 16U, 40U, 64U, 72U, 76U, 81U, 4096U, 4104U}) {
        auto changed = whole;
        changed[at] ^= std::byte{0x10};
        auto const read = read_snapshot(shared_bytes{std::move(changed)}, owner, name);
        EXPECT_FALSE(read) << "byte " << at;
    }
    for (std::size_t size : {std::size_t{0}, std::size_t{79}, std::size_t{4095}, whole.size() - 1}) {
        std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_FALSE(read_snapshot(shared_bytes{std::move(cut)}, owner, name)) << size << " bytes";
    }
}

}  // namespace chronik::wal
