// SPDX-License-Identifier: Apache-2.0
#include <server/mapped_reads.hpp>
#include <settings/exit.hpp>

#include <chronik/posix/directory.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace broker {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view maps =
    "55d0c0a00000-55d0c0a21000 r-xp 00002000 fe:00 1234                       /usr/bin/chronik-broker\n"
    "7f1c2c000000-7f1c2c021000 r--s 00001000 fe:00 325835                     /data/with space/segment-1.journal\n"
    "7f1c2c021000-7f1c2c022000 rw-p 00000000 00:00 0 \n"
    "7ffe62afd000-7ffe62b1e000 rw-p 00000000 00:00 0                          [stack]\n";

TEST(mapping_search, finds_the_file_and_the_place_in_it_however_the_text_is_cut) {
    for (std::size_t size = 1; size <= maps.size(); ++size) {
        mapping_search search{0x7f1c2c000000 + 0x2345};
        bool found = false;
        for (std::size_t at = 0; at < maps.size() && !found; at += size) found = search.feed(maps.substr(at, size));
        ASSERT_TRUE(found) << size;
        ASSERT_EQ(search.file(), "/data/with space/segment-1.journal") << size;
        ASSERT_EQ(search.position(), 0x1000U + 0x2345U) << size;
    }
}

TEST(mapping_search, knows_where_a_mapping_begins_and_ends) {
    struct place {
        std::uintptr_t address;
        std::string_view file;
        std::uint64_t position;
    };
    for (auto const& [address, file, position] : {place{0x55d0c0a00000, "/usr/bin/chronik-broker", 0x2000},
                                                  place{0x55d0c0a20fff, "/usr/bin/chronik-broker", 0x22fff},
                                                  place{0x7f1c2c021000, "", 0}, place{0x7ffe62afd001, "[stack]", 1}}) {
        mapping_search search{address};
        ASSERT_TRUE(search.feed(maps));
        EXPECT_EQ(search.file(), file);
        EXPECT_EQ(search.position(), position);
    }
    for (std::uintptr_t const address : {std::uintptr_t{0}, std::uintptr_t{0x55d0c0a21000}, UINTPTR_MAX}) {
        mapping_search search{address};
        EXPECT_FALSE(search.feed(maps));
        EXPECT_EQ(search.file(), "");
    }
}

TEST(mapping_search, does_not_take_lines_that_make_no_sense_or_never_end) {
    mapping_search search{5};
    EXPECT_FALSE(search.feed("\n\n-\nx\n0\n0-\n"));
    EXPECT_FALSE(search.feed(std::string(100'000, '0')));
    EXPECT_FALSE(search.feed("\n"));
    EXPECT_TRUE(search.feed("4-6 r--s 0 0:0 1 /short\n"));
    EXPECT_EQ(search.file(), "/short");
    EXPECT_EQ(search.position(), 1U);
}

/// A file of three pages, mapped, that has become shorter by two.
class mapped_reads : public testing::Test {
protected:
    mapped_reads() {
        std::string pattern = (fs::temp_directory_path() / "chronik_mapped_reads_XXXXXX").string();
        root_ = ::mkdtemp(pattern.data());
        std::ofstream(root_ / "data") << std::string(3 * 4096, 'x');
        auto where = chronik::posix::directory::open_shared(root_.string());
        auto const file = where->open("data", chronik::wal::access::read);
        bytes_ = *file->map();
        fs::resize_file(root_ / "data", 4096);
    }
    ~mapped_reads() override { fs::remove_all(root_); }

    fs::path root_;
    chronik::shared_bytes bytes_;
};

using mapped_reads_death_test = mapped_reads;

TEST_F(mapped_reads_death_test, that_fail_end_the_process_and_say_where) {
    auto const read = [this] {
        end_at_unreadable_pages();
        read_through(bytes_.view());
    };
    EXPECT_EXIT(read(), testing::ExitedWithCode(static_cast<int>(exit_code::storage)),
                "^chronik-broker: cannot read /.*/data at byte 4096: the disk does not give what is mapped there");
}

TEST_F(mapped_reads_death_test, that_fail_are_told_by_whichever_of_the_last_bytes_is_read) {
    auto const read = [this] {
        end_at_unreadable_pages();
        read_through(bytes_.view().subspan(3 * 4096 - 7, 7));
    };
    EXPECT_EXIT(read(), testing::ExitedWithCode(static_cast<int>(exit_code::storage)), "/data at byte 12281: ");
}

TEST_F(mapped_reads, that_succeed_change_nothing) {
    end_at_unreadable_pages();
    read_through(bytes_.view().first(4096));
    read_through({});
    std::signal(SIGBUS, SIG_DFL);
}

TEST_F(mapped_reads_death_test, are_not_blamed_for_a_signal_that_somebody_sends) {
    auto const send = [] {
        end_at_unreadable_pages();
        std::raise(SIGBUS);
        std::_Exit(0);
    };
    EXPECT_EXIT(send(), testing::KilledBySignal(SIGBUS), "^$");
}

}  // namespace
}  // namespace broker
