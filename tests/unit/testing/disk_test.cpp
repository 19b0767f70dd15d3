// SPDX-License-Identifier: Apache-2.0
#include "../../laws/file_laws.hpp"

#include <chronik/testing/disk.hpp>
#include <chronik/testing/disk_files.hpp>

#include <gtest/gtest.h>

#include <string>

namespace chronik::testing {
namespace {

struct testing_disk : ::testing::Test {
    disk medium{1};
    disk_directory where = medium.directory();

    std::string text(std::string_view name) {
        auto const* bytes = medium.bytes(name);
        return bytes == nullptr ? "none" : std::string{reinterpret_cast<char const*>(bytes->data()), bytes->size()};
    }
};

}  // namespace

CHRONIK_FILE_LAWS(testing_disk)

TEST_F(testing_disk, keeps_what_was_synced_and_loses_the_rest) {
    auto file = *where.create("a");
    ASSERT_TRUE(where.sync());
    ASSERT_TRUE(file.write_at(0, laws::bytes_of("safe")));
    ASSERT_TRUE(file.sync());
    ASSERT_TRUE(file.write_at(0, laws::bytes_of("lost")));

    medium.crash(crash_outcome::lost);

    EXPECT_EQ(text("a"), "safe");
}

TEST_F(testing_disk, tears_an_unsynced_write_at_sectors) {
    bool torn = false;
    for (std::uint64_t seed = 0; seed < 50 && !torn; ++seed) {
        disk one{seed};
        auto files = one.directory();
        auto file = *files.create("a");
        ASSERT_TRUE(file.allocate(4096));
        ASSERT_TRUE(file.sync());
        ASSERT_TRUE(files.sync());
        ASSERT_TRUE(file.write_at(0, laws::bytes_of(std::string(4096, 'x'))));
        one.crash();
        std::size_t written = 0;
        for (std::size_t sector = 0; sector < 8; ++sector) {
            auto const first = (*one.bytes("a"))[sector * 512];
            for (std::size_t at = 0; at < 512; ++at)
                ASSERT_EQ((*one.bytes("a"))[sector * 512 + at], first) << "a sector is whole";
            written += first == std::byte{'x'};
        }
        torn = written > 0 && written < 8;
    }
    EXPECT_TRUE(torn);
}

TEST_F(testing_disk, loses_names_that_the_directory_has_not_synced) {
    ASSERT_TRUE(where.create("a"));
    ASSERT_TRUE(where.sync());
    ASSERT_TRUE(where.rename("a", "b"));
    medium.crash(crash_outcome::lost);
    EXPECT_EQ(text("a"), "");
    EXPECT_EQ(text("b"), "none");
}

TEST_F(testing_disk, drops_the_pages_of_a_failed_sync_and_claims_success_afterwards) {
    auto file = *where.create("a");
    ASSERT_TRUE(where.sync());
    ASSERT_TRUE(file.write_at(0, laws::bytes_of("data")));
    medium.fail(disk_operation::sync, 1, std::errc::io_error);
    EXPECT_EQ(file.sync().error(), std::errc::io_error);
    EXPECT_TRUE(file.sync());

    medium.crash(crash_outcome::kept);

    EXPECT_NE(text("a"), "data") << "as Linux does: the second sync found nothing to write";
}

TEST_F(testing_disk, runs_out_of_space_at_its_limit) {
    medium.limit_bytes(1000);
    auto file = *where.create("a");
    EXPECT_TRUE(file.allocate(900));
    EXPECT_EQ(file.allocate(1001).error(), std::errc::no_space_on_device);
    EXPECT_EQ(file.write_at(999, laws::bytes_of("xx")).error(), std::errc::no_space_on_device);
    EXPECT_TRUE(file.write_at(0, laws::bytes_of("fits")));
}

TEST_F(testing_disk, opens_no_more_than_it_may_and_this_is_no_place_where_the_power_goes) {
    auto file = *where.create("a");
    ASSERT_TRUE(where.sync());
    auto const before = medium.operations();
    medium.fail(disk_operation::open, 2, std::errc::too_many_files_open, true);
    EXPECT_TRUE(where.open("a", wal::access::read));
    EXPECT_EQ(where.open("a", wal::access::read).error(), std::errc::too_many_files_open);
    EXPECT_EQ(where.open("a", wal::access::read).error(), std::errc::too_many_files_open);
    EXPECT_EQ(where.open("b", wal::access::read).error(), std::errc::no_such_file_or_directory);
    EXPECT_EQ(medium.operations(), before);
    EXPECT_TRUE(file.write_at(0, laws::bytes_of("open"))) << "what is open goes on";
    medium.heal();
    EXPECT_EQ(text("a"), "open");
}

TEST_F(testing_disk, after_the_power_has_gone_nothing_works_and_old_handles_touch_nothing) {
    auto file = *where.create("a");
    ASSERT_TRUE(where.sync());
    medium.power_off_after(1);
    EXPECT_FALSE(file.write_at(0, laws::bytes_of("x")));
    EXPECT_FALSE(file.sync());
    EXPECT_FALSE(where.create("b"));
    medium.crash(crash_outcome::lost);
    EXPECT_FALSE(file.write_at(0, laws::bytes_of("y")));
    EXPECT_EQ(text("a"), "");
}

TEST(testing_disk_damage, rot_spares_the_last_sync_and_shows_after_a_crash) {
    disk medium{3};
    auto files = medium.directory();
    std::vector<std::byte> const ones(512, std::byte{1});
    auto made = files.create("a");
    ASSERT_TRUE(made && made->write_at(0, ones) && made->sync() && files.sync());
    EXPECT_FALSE(medium.rot()) << "there is nothing but the last sync";
    ASSERT_TRUE(made->write_at(512, ones) && made->sync());

    ASSERT_TRUE(medium.rot());

    EXPECT_EQ(medium.damage(), disk_damage::old);
    EXPECT_EQ(std::ranges::count(*medium.bytes("a"), std::byte{1}), 1024) << "programs still read the page cache";
    medium.crash();
    EXPECT_EQ(std::ranges::count(*medium.bytes("a"), std::byte{1}), 1023);
}

TEST(testing_disk_damage, rot_spares_the_last_sync_at_the_end_after_an_earlier_place_was_mended) {
    disk medium{3};
    auto files = medium.directory();
    std::vector<std::byte> const ones(512, std::byte{1});
    auto made = files.create("a");
    ASSERT_TRUE(made && made->write_at(0, ones) && made->sync() && files.sync());
    ASSERT_TRUE(made->write_at(512, ones) && made->sync());
    ASSERT_TRUE(made->write_at(0, ones) && made->sync());
    EXPECT_FALSE(medium.rot());

    ASSERT_TRUE(made->write_at(1024, ones) && made->sync());

    EXPECT_TRUE(medium.rot());
}

TEST(testing_disk_damage, a_misdirected_sector_is_missing_at_its_place) {
    int missing = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        disk medium{seed};
        auto files = medium.directory();
        std::vector<std::byte> const ones(2048, std::byte{1});
        auto made = files.create("a");
        ASSERT_TRUE(made && made->allocate(2048) && made->sync() && files.sync());
        medium.misdirect();
        ASSERT_TRUE(made->write_at(0, ones) && made->sync());
        medium.crash();
        if (medium.damage() != disk_damage::fresh) continue;
        ++missing;
        EXPECT_EQ(std::ranges::count(*medium.bytes("a"), std::byte{1}), 2048 - 512);
    }
    EXPECT_GT(missing, 5);
}

}  // namespace chronik::testing
