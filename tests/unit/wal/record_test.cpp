// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/crc32c.hpp>
#include <chronik/wal/record.hpp>
#include <chronik/wal/table.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <vector>

namespace chronik::wal {
namespace {

constexpr std::uint64_t salt = 0x0123456789abcdefULL;
constexpr std::uint32_t position = 8192;

record_header const header{.length = 5,
                           .type = record_type::entry,
                           .kind = entry_kind::configuration,
                           .flush_start = 8192,
                           .flush = 77,
                           .group = {3},
                           .term = {4},
                           .index = {5},
                           .base_offset = {6},
                           .record_count = 7};

std::vector<std::byte> segment_with_record() {
    std::vector<std::byte> segment(16384);
    write_record(segment.data() + position, header, std::as_bytes(std::span{"hello", 5}), salt, position);
    return segment;
}

}  // namespace

TEST(wal_record, comes_back_as_it_was_written) {
    EXPECT_EQ(read_record(segment_with_record(), salt, position), header);
}

// docs/formats/journal.md, "Record": golden bytes, so that a change of the layout is seen.
TEST(wal_record, has_the_documented_layout) {
    auto const segment = segment_with_record();
    auto const at = segment.data() + position;
    EXPECT_EQ((load<std::uint32_t, std::endian::little>(at + 4)), 5U);
    EXPECT_EQ(at[8], std::byte{1});
    EXPECT_EQ(at[9], std::byte{2});
    EXPECT_EQ((load<std::uint32_t, std::endian::little>(at + 12)), 8192U);
    EXPECT_EQ((load<std::uint64_t, std::endian::little>(at + 16)), 77U);
    EXPECT_EQ((load<std::uint64_t, std::endian::little>(at + 24)), 3U);
    EXPECT_EQ((load<std::uint64_t, std::endian::little>(at + 32)), 4U);
    EXPECT_EQ((load<std::uint64_t, std::endian::little>(at + 40)), 5U);
    EXPECT_EQ((load<std::uint64_t, std::endian::little>(at + 48)), 6U);
    EXPECT_EQ((load<std::uint32_t, std::endian::little>(at + 56)), 7U);
    EXPECT_EQ((load<std::uint32_t, std::endian::little>(at + 60)), 0x01234567U ^ position);
    EXPECT_EQ(record_bytes(5), 72U);
}

// Up to a size a record is summed at once, beyond it piece by piece: what is on disk is the same.
TEST(wal_record, of_any_size_is_payload_and_padding_and_the_sum_of_all) {
    std::size_t const sizes[] = {0, 1, 7, 8, 9, summed_at_once_max - 1, summed_at_once_max, summed_at_once_max + 1,
                                 4096, 12293};
    for (std::size_t const size : sizes) {
        SCOPED_TRACE(size);
        std::vector<std::byte> payload(size);
        for (std::size_t at = 0; at < size; ++at) payload[at] = static_cast<std::byte>((at * 7 + 1) % 256);
        std::size_t const whole = record_bytes(size);
        std::vector<std::byte> segment(position + whole + 8, std::byte{0xee});
        record_header written = header;
        written.length = static_cast<std::uint32_t>(size);

        ASSERT_EQ(write_record(segment.data() + position, written, payload, salt, position), whole);

        EXPECT_EQ(read_record(segment, salt, position), written);
        auto const record = std::span<std::byte const>{segment}.subspan(position, whole);
        auto const body = record.subspan(record_header_bytes);
        EXPECT_TRUE(std::ranges::equal(body.first(size), payload));
        EXPECT_TRUE(std::ranges::all_of(body.subspan(size), [](std::byte each) { return each == std::byte{0}; }));
        EXPECT_EQ((load<std::uint32_t, std::endian::little>(record.data())),
                  crc32c::extend(static_cast<std::uint32_t>(salt), record.subspan(4)));
        EXPECT_EQ(segment[position + whole], std::byte{0xee}) << "nothing is written behind it";
        EXPECT_EQ(segment[position - 1], std::byte{0xee}) << "nor before";
    }
}

TEST(wal_record, every_flipped_bit_is_noticed_padding_included) {
    auto segment = segment_with_record();
    for (std::size_t bit = position * 8; bit < (position + record_bytes(5)) * 8; ++bit) {
        segment[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        ASSERT_FALSE(read_record(segment, salt, position)) << "bit " << bit;
        segment[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    }
}

TEST(wal_record, is_checked_without_its_payload_when_that_has_been_summed) {
    auto segment = segment_with_record();
    auto const record = std::span{segment}.subspan(position, record_bytes(5));
    auto const check = [&](std::uint64_t with, std::uint32_t at) {
        return check_record(record, with, at, crc32c::value(record.subspan(record_header_bytes, 5)));
    };
    EXPECT_EQ(check(salt, position), header);
    EXPECT_FALSE(check(salt ^ 1, position));
    EXPECT_FALSE(check(salt, position + 8));
    for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
        record[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        ASSERT_FALSE(check(salt, position)) << "bit " << bit;
        record[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    }
    EXPECT_FALSE(check_record(record.first(record.size() - 8), salt, position, 0)) << "not all of it";
    EXPECT_FALSE(check_record(record.first(8), salt, position, 0));
}

TEST(wal_record, of_another_salt_or_another_place_is_none) {
    auto segment = segment_with_record();
    EXPECT_FALSE(read_record(segment, salt ^ 1, position));
    EXPECT_FALSE(read_record(segment, salt ^ (std::uint64_t{1} << 40), position));
    std::copy_n(segment.begin() + position, 72, segment.begin() + position + 128);
    EXPECT_FALSE(read_record(segment, salt, position + 128));
}

TEST(wal_record, whose_length_leaves_the_segment_is_none) {
    auto segment = segment_with_record();
    segment.resize(position + record_bytes(5) - 1);
    EXPECT_FALSE(read_record(segment, salt, position));
    segment.resize(position + 10);
    EXPECT_FALSE(read_record(segment, salt, position));
}

TEST(wal_table, comes_back_as_it_was_written_and_a_wrong_size_is_malformed) {
    table const written{.segments = {3, 9}, .rows = {{{1}, {{2}, {3}}, {{4}, {5}, {6}}, {{7}, {5}, {8}}, {9}}}};
    std::vector<std::byte> bytes;
    encode(written, bytes);
    ASSERT_EQ(bytes.size(), table_payload_bytes(1, 2));

    auto const read = decode_table(bytes);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->segments, written.segments);
    EXPECT_EQ(read->rows[0].state, written.rows[0].state);
    EXPECT_EQ(read->rows[0].base, written.rows[0].base);
    EXPECT_EQ(read->rows[0].floor, written.rows[0].floor);
    EXPECT_EQ(read->rows[0].last_index, log_index{9});

    bytes.pop_back();
    EXPECT_EQ(decode_table(bytes).error(), errc::malformed);
    EXPECT_EQ(decode_table({}).error(), errc::malformed);
}

}  // namespace chronik::wal
