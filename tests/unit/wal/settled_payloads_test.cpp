// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/crc32c.hpp>
#include <chronik/base/random.hpp>
#include <chronik/testing/disk.hpp>
#include <chronik/wal/settled_payloads.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <vector>

namespace chronik::wal {
namespace {

using payloads_type = settled_payloads<chronik::testing::disk_directory>;

std::vector<std::byte> bytes_of(std::uint64_t seed, std::size_t size) {
    random chance{seed};
    std::vector<std::byte> made(size);
    for (auto& each : made) each = static_cast<std::byte>(chance());
    return made;
}

struct wal_settled_payloads : ::testing::Test {
    chronik::testing::disk disk{1};
    chronik::testing::disk_directory files = disk.directory();
    std::vector<std::byte> all;  ///< what was put

    void SetUp() override { ASSERT_TRUE(files.create("payloads")); }

    /// returns   the checksum that it said
    result<std::uint32_t> put(payloads_type& into, std::vector<std::byte> const& bytes) {
        all.insert(all.end(), bytes.begin(), bytes.end());
        return into.put(bytes);
    }
    static result<void> write_all(payloads_type& of) {
        auto const written = of.write_rest();
        return written ? of.file().sync() : written;
    }
    std::vector<std::byte> written() { return *disk.bytes("payloads"); }
};

}  // namespace

TEST_F(wal_settled_payloads, stand_back_to_back_and_end_with_zeros_up_to_a_block) {
    auto payloads = payloads_type::open(files, "payloads", 0);
    ASSERT_TRUE(payloads);
    ASSERT_TRUE(put(*payloads, bytes_of(1, 3000)));
    ASSERT_TRUE(put(*payloads, bytes_of(2, 7000)));
    EXPECT_EQ(payloads->end(), 10'000U);
    ASSERT_TRUE(write_all(*payloads));

    all.resize(3 * settled_block_bytes);
    EXPECT_EQ(written(), all);
}

TEST_F(wal_settled_payloads, are_summed_as_they_are_copied_also_over_the_border_of_a_write) {
    auto payloads = payloads_type::open(files, "payloads", 0);
    ASSERT_TRUE(payloads);

    std::uint64_t seed = 0;
    for (std::size_t size : {std::size_t{1}, std::size_t{100'000}, payloads_type::write_bytes_max,
                             3 * payloads_type::write_bytes_max + 5, std::size_t{0}}) {
        auto const bytes = bytes_of(++seed, size);
        EXPECT_EQ(put(*payloads, bytes), crc32c::value(bytes)) << size << " bytes";
    }
    ASSERT_TRUE(write_all(*payloads));
    auto const found = written();
    ASSERT_GE(found.size(), all.size());
    EXPECT_TRUE(std::equal(all.begin(), all.end(), found.begin()));
}

TEST_F(wal_settled_payloads, go_on_behind_what_is_kept) {
    auto first = payloads_type::open(files, "payloads", 0);
    ASSERT_TRUE(first);
    ASSERT_TRUE(put(*first, bytes_of(1, 5000)));
    ASSERT_TRUE(write_all(*first));

    auto second = payloads_type::open(files, "payloads", all.size());
    ASSERT_TRUE(second);
    EXPECT_EQ(second->end(), 5000U);
    auto const more = bytes_of(2, 300'000);
    EXPECT_EQ(put(*second, more), crc32c::value(more)) << "of what was put, not of what was kept";
    ASSERT_TRUE(write_all(*second));

    auto const found = written();
    ASSERT_GE(found.size(), all.size());
    EXPECT_TRUE(std::equal(all.begin(), all.end(), found.begin()));
}

TEST_F(wal_settled_payloads, a_file_that_lacks_what_is_kept_of_it_is_damaged) {
    EXPECT_EQ(payloads_type::open(files, "payloads", 5000).error(), errc::corrupt_record);
}

TEST_F(wal_settled_payloads, a_failed_write_is_told) {
    auto payloads = payloads_type::open(files, "payloads", 0);
    ASSERT_TRUE(payloads);
    disk.fail(chronik::testing::disk_operation::write, 1, std::errc::io_error);

    EXPECT_EQ(put(*payloads, bytes_of(1, payloads_type::write_bytes_max)).error(), std::errc::io_error);
}

}  // namespace chronik::wal
