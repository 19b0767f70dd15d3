// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/varint.hpp>

#include <gtest/gtest.h>

#include <initializer_list>
#include <limits>
#include <vector>

namespace {

using namespace chronik;

std::vector<std::byte> bytes(std::initializer_list<int> values) {
    std::vector<std::byte> out;
    for (int value : values) out.push_back(static_cast<std::byte>(value));
    return out;
}

TEST(varint, bytes_are_those_of_the_protocol_buffers_encoding) {
    std::vector<std::byte> storage;
    byte_writer out(storage);
    write_uvarint(out, 300);

    EXPECT_EQ(storage, bytes({0xac, 0x02}));
}

TEST(varint, every_boundary_is_read_as_written_in_the_size_foretold) {
    for (unsigned bit = 0; bit < 64; ++bit) {
        for (std::uint64_t const value : {(std::uint64_t{1} << bit) - 1, std::uint64_t{1} << bit}) {
            std::vector<std::byte> storage;
            byte_writer out(storage);
            write_uvarint(out, value);
            ASSERT_EQ(storage.size(), uvarint_size(value)) << value;

            byte_reader in(storage);
            ASSERT_EQ(read_uvarint(in), value);
            ASSERT_FALSE(in.failed());
        }
    }
}

TEST(varint, more_bits_than_asked_for_fail) {
    auto const largest = bytes({0xff, 0xff, 0xff, 0xff, 0x0f});
    byte_reader fits(largest);
    EXPECT_EQ(read_uvarint<32>(fits), std::numeric_limits<std::uint32_t>::max());

    auto const larger = bytes({0xff, 0xff, 0xff, 0xff, 0x1f});
    byte_reader over(larger);
    EXPECT_EQ(read_uvarint<32>(over), 0u);
    EXPECT_TRUE(over.failed());
}

TEST(varint, an_encoding_without_an_end_fails) {
    std::vector<std::byte> const endless(20, std::byte{0x80});
    byte_reader in(endless);
    EXPECT_EQ(read_uvarint(in), 0u);
    EXPECT_TRUE(in.failed());

    auto const cut = bytes({0x80});
    byte_reader short_of_bytes(cut);
    EXPECT_EQ(read_uvarint(short_of_bytes), 0u);
    EXPECT_TRUE(short_of_bytes.failed());
}

TEST(zigzag, small_numbers_of_both_signs_stay_small) {
    EXPECT_EQ(zigzag(0), 0u);
    EXPECT_EQ(zigzag(-1), 1u);
    EXPECT_EQ(zigzag(1), 2u);
    for (std::int64_t const value : {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(),
                                     std::int64_t{-300}, std::int64_t{0}}) {
        EXPECT_EQ(unzigzag(zigzag(value)), value);
    }
}

}  // namespace
