// SPDX-License-Identifier: Apache-2.0
#include "../../laws/file_laws.hpp"
#include "no_more_descriptors.hpp"

#include <chronik/posix/directory.hpp>
#include <chronik/wal/entries_at_rest.hpp>
#include <chronik/wal/journal.hpp>
#include <chronik/wal/shortage.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace chronik::posix {
namespace {

/// A new directory for each test, gone afterwards.
struct scratch {
    std::string path = make();
    ~scratch() { std::filesystem::remove_all(path); }

    static std::string make() {
        auto made = (std::filesystem::temp_directory_path() / "chronik-posix-XXXXXX").string();
        EXPECT_NE(::mkdtemp(made.data()), nullptr);
        return made;
    }
};

struct posix_directory : ::testing::Test {
    scratch place;
    directory where = *directory::open_exclusive(place.path);
};

}  // namespace

CHRONIK_FILE_LAWS(posix_directory)

TEST_F(posix_directory, is_locked_for_one_writer_and_free_when_it_is_gone) {
    EXPECT_EQ(directory::open_exclusive(place.path).error(), std::errc::resource_unavailable_try_again);
    EXPECT_TRUE(directory::open_shared(place.path));
    { auto const gone = std::move(where); }
    EXPECT_TRUE(directory::open_exclusive(place.path));
}

TEST_F(posix_directory, is_made_if_it_does_not_exist_but_not_its_parents) {
    EXPECT_TRUE(directory::open_exclusive(place.path + "/new"));
    EXPECT_EQ(directory::open_exclusive(place.path + "/none/new").error(), std::errc::no_such_file_or_directory);
}

TEST_F(posix_directory, says_what_the_system_said_when_a_file_is_read_only) {
    ASSERT_TRUE(where.create("a"));
    auto file = where.open("a", wal::access::read);
    ASSERT_TRUE(file);
    EXPECT_EQ(file->write_at(0, laws::bytes_of("x")).error(), std::errc::bad_file_descriptor);
}

TEST_F(posix_directory, without_descriptors_opens_nothing_and_what_is_open_goes_on) {
    auto file = where.create("a");
    ASSERT_TRUE(file);
    {
        no_more_descriptors const famine;
        EXPECT_EQ(wal::shortage_of(where.create("b").error()), errc::out_of_descriptors);
        EXPECT_EQ(wal::shortage_of(where.open("a", wal::access::read).error()), errc::out_of_descriptors);
        EXPECT_EQ(wal::shortage_of(where.open_direct("a").error()), errc::out_of_descriptors);
        EXPECT_EQ(wal::shortage_of(where.list().error()), errc::out_of_descriptors);
        EXPECT_EQ(wal::shortage_of(directory::open_shared(place.path).error()), errc::out_of_descriptors);
        EXPECT_TRUE(file->write_at(0, laws::bytes_of("x")) && file->sync() && where.rename("a", "c") && where.sync());
    }
    EXPECT_TRUE(where.create("b"));
}

TEST_F(posix_directory, without_descriptors_a_journal_keeps_what_it_took_and_takes_more_afterwards) {
    wal::options const limits{
        .segment_bytes = 64 * 1024, .staged_bytes_max = 64 * 1024, .segments_max = 16, .groups_max = 16};
    auto journal = wal::journal<directory>::open(where, limits, 1);
    ASSERT_TRUE(journal);
    journal->create_group({1});
    std::uint64_t index = 0;
    auto const append = [&]() -> result<void> {
        entry const one{.term = {1},
                        .index = {index + 1},
                        .kind = entry_kind::command,
                        .base_offset = {index},
                        .record_count = 1,
                        .payload = shared_bytes{std::vector<std::byte>(9000)}};
        if (auto staged = journal->stage(group_id{1}, std::optional<wal::hard_state>{}, std::span{&one, 1}); !staged)
            return staged;
        ++index;
        if (auto flushed = journal->flush(); !flushed) return flushed;
        return journal->prepare();
    };
    {
        no_more_descriptors const famine;
        while (index < 100) {
            if (append()) continue;
            if (auto const waits = append(); !waits && waits.error() == errc::out_of_space) break;
        }
        EXPECT_GT(journal->metrics().no_descriptors, 0U);
        EXPECT_FALSE(journal->has_failed());
    }
    std::uint64_t const before = index;
    for (int turn = 0; turn < 20; ++turn) ASSERT_TRUE(journal->prepare());
    ASSERT_TRUE(append());
    EXPECT_EQ(index, before + 1);
    journal = wal::journal<directory>::open(where, limits, 2);
    ASSERT_TRUE(journal);
    EXPECT_EQ(journal->find({1})->last_index(), log_index{index});
}

TEST_F(posix_directory, holds_a_journal_that_recovers) {
    wal::options const limits{
        .segment_bytes = 64 * 1024, .staged_bytes_max = 64 * 1024, .segments_max = 16, .groups_max = 16};
    {
        auto journal = wal::journal<directory>::open(where, limits, 1);
        ASSERT_TRUE(journal);
        journal->create_group({1});
        for (std::uint64_t index = 1; index <= 30; ++index) {
            entry const one{.term = {1},
                            .index = {index},
                            .kind = entry_kind::command,
                            .base_offset = {index - 1},
                            .record_count = 1,
                            .payload = shared_bytes::copy_of(std::string(7000, static_cast<char>('a' + index % 26)))};
            ASSERT_TRUE(journal->stage(group_id{1}, std::optional{wal::hard_state{{1}, {2}}}, std::span{&one, 1}));
            ASSERT_TRUE(journal->flush());
            ASSERT_TRUE(journal->prepare());
        }
    }

    wal::recovery_report report;
    auto const again = wal::journal<directory>::open(where, limits, 2, &report);
    ASSERT_TRUE(again) << report.what;
    auto const* log = again->find({1});
    ASSERT_NE(log, nullptr);
    EXPECT_EQ(log->last_index(), log_index{30});
    EXPECT_EQ(log->read({30})->payload.text(), std::string(7000, static_cast<char>('a' + 30 % 26)));

    auto readers = *directory::open_shared(place.path);
    wal::findings found;
    auto const seen = wal::journal_at_rest<directory>::read(readers, true, found);
    ASSERT_TRUE(seen);
    ASSERT_TRUE(seen->groups().contains({1}));
    std::size_t entries = 0;
    wal::entries_at_rest<directory>{*seen, *seen->groups().at({1})}.for_each(found, [&](entry const&) { ++entries; });
    EXPECT_EQ(entries, 30U);
    EXPECT_EQ(found.faults(), 0U);
}

TEST_F(posix_directory, has_no_hole_in_a_segment_that_is_stored_into_so_no_store_can_meet_a_full_device) {
    wal::options const limits{
        .segment_bytes = 256 * 1024, .staged_bytes_max = 64 * 1024, .segments_max = 16, .groups_max = 16};
    using journal_type = wal::journal<directory, wal::mapped_sink, wal::no_sync>;
    {
        auto journal = journal_type::open(where, limits, 1);
        ASSERT_TRUE(journal);
        journal->create_group({1});
        for (std::uint64_t index = 1; journal->metrics().segments_recycled < 3; ++index) {
            ASSERT_LT(index, 1000U);
            entry const one{.term = {1},
                            .index = {index},
                            .kind = entry_kind::command,
                            .base_offset = {index - 1},
                            .record_count = 1,
                            .payload = shared_bytes::copy_of(std::string(20'000, static_cast<char>('a' + index % 26)))};
            auto const stage = [&] {
                return journal->stage(group_id{1}, std::optional<wal::hard_state>{}, std::span{&one, 1});
            };
            if (!stage()) {
                ASSERT_TRUE(journal->flush());
                ASSERT_TRUE(stage());
            }
            ASSERT_TRUE(journal->compact({1}, {index}));
            ASSERT_TRUE(journal->flush());
            ASSERT_TRUE(journal->prepare());
            auto const names = where.list();
            for (auto const& name : *names) {
                descriptor const opened{::open((place.path + "/" + name).c_str(), O_RDONLY | O_CLOEXEC)};
                ASSERT_EQ(::lseek(opened.number(), 0, SEEK_HOLE), static_cast<off_t>(limits.segment_bytes)) << name;
            }
        }
        ASSERT_TRUE(journal->sync());
    }
    auto const again = journal_type::open(where, limits, 2);
    ASSERT_TRUE(again);
    auto const* const log = again->find({1});
    auto const last = log->last_index();
    EXPECT_EQ(log->read(last)->payload.text(), std::string(20'000, static_cast<char>('a' + last.value % 26)));
}

}  // namespace chronik::posix
