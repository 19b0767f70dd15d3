// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/bytes.hpp>

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <vector>

namespace {

using namespace chronik;
constexpr auto little = std::endian::little;
constexpr auto big = std::endian::big;

TEST(bytes, numbers_have_the_byte_order_that_was_asked_for) {
    std::vector<std::byte> storage;
    byte_writer out(storage);
    out.number<std::uint32_t, little>(0x01020304);
    out.number<std::uint32_t, big>(0x01020304);

    std::vector<int> seen;
    for (std::byte byte : storage) seen.push_back(std::to_integer<int>(byte));
    EXPECT_EQ(seen, (std::vector<int>{4, 3, 2, 1, 1, 2, 3, 4}));
}

TEST(bytes, are_all_zero_only_if_none_is_anything_else) {
    EXPECT_TRUE(all_zero({}));
    for (std::size_t size : {1U, 2U, 63U, 64U, 1000U}) {
        std::vector<std::byte> bytes(size);
        EXPECT_TRUE(all_zero(bytes)) << size;
        for (std::size_t at : {std::size_t{0}, size / 2, size - 1}) {
            bytes[at] = std::byte{1};
            EXPECT_FALSE(all_zero(bytes)) << "one at " << at << " of " << size;
            bytes[at] = std::byte{0};
        }
    }
}

TEST(bytes, what_is_written_is_read) {
    std::vector<std::byte> storage;
    byte_writer out(storage);
    out.number<std::int64_t, big>(std::numeric_limits<std::int64_t>::min());
    out.number<std::uint8_t, little>(200);
    out.number<std::int16_t, little>(-2);

    byte_reader in(storage);
    EXPECT_EQ((in.number<std::int64_t, big>()), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ((in.number<std::uint8_t, little>()), 200);
    EXPECT_EQ((in.number<std::int16_t, little>()), -2);
    EXPECT_EQ(in.remaining(), 0u);
    EXPECT_FALSE(in.failed());
}

TEST(byte_reader, a_read_past_the_end_fails_for_good_and_gives_zero) {
    std::array<std::byte, 3> const storage{std::byte{1}, std::byte{2}, std::byte{3}};
    byte_reader in(storage);

    EXPECT_EQ((in.number<std::uint32_t, little>()), 0u);
    EXPECT_TRUE(in.failed());
    EXPECT_EQ((in.number<std::uint8_t, little>()), 0) << "nothing more is given, though a byte would have fitted";
    EXPECT_TRUE(in.run(1).empty());
}

TEST(byte_reader, a_run_is_a_view_of_the_input) {
    std::array<std::byte, 3> const storage{};
    byte_reader in(storage);

    EXPECT_EQ(in.run(2).data(), storage.data());
    EXPECT_EQ(in.remaining(), 1u);
    EXPECT_TRUE(in.run(2).empty());
    EXPECT_TRUE(in.failed());
}

TEST(byte_reader, the_largest_length_does_not_wrap) {
    std::array<std::byte, 3> const storage{};
    byte_reader in(storage);

    EXPECT_TRUE(in.run(std::numeric_limits<std::size_t>::max()).empty());
    EXPECT_TRUE(in.failed());
}

TEST(byte_writer, a_number_is_overwritten_in_place) {
    std::vector<std::byte> storage;
    byte_writer out(storage);
    out.number<std::uint32_t, big>(0);
    out.number<std::uint8_t, big>(7);
    out.number_at<std::uint32_t, big>(0, 0xdeadbeef);

    byte_reader in(storage);
    EXPECT_EQ((in.number<std::uint32_t, big>()), 0xdeadbeefu);
    EXPECT_EQ((in.number<std::uint8_t, big>()), 7);
}

}  // namespace
