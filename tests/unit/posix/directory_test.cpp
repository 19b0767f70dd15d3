// SPDX-License-Identifier: Apache-2.0
#include "../../laws/file_laws.hpp"

#include <chronik/posix/directory.hpp>
#include <chronik/wal/inspect.hpp>
#include <chronik/wal/journal.hpp>

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
    std::size_t entries = 0;
    auto const seen = wal::inspect(
        readers, [&](wal::inspected_record const& each) { entries += each.header.type == wal::record_type::entry; });
    ASSERT_TRUE(seen);
    EXPECT_EQ(entries, 30U);
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
