// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/crc32c.hpp>
#include <chronik/wal/stored_entry.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace chronik::wal {
namespace {

constexpr group_id group{3};
constexpr std::uint32_t position = 8192;

/// A segment with one record in it, and the entry as the index of the log knows it.
struct wal_stored_entry : ::testing::Test {
    std::vector<std::byte> bytes = std::vector<std::byte>(16384);
    segment home;

    stored_entry entry_with(std::size_t payload_bytes) {
        home.name = "segment-00000001.journal";
        home.header.salt = 0x0123456789abcdefULL;
        entry const one{.term = {4},
                        .index = {5},
                        .kind = entry_kind::command,
                        .base_offset = {6},
                        .record_count = 7,
                        .payload = shared_bytes{std::vector<std::byte>(payload_bytes, std::byte{0x5a})}};
        auto header = record_header_of(record_type::entry_moved, group, one);
        header.flush = 77;
        header.flush_start = position;
        write_record(bytes.data() + position, header, one.payload.view(), home.header.salt, position);
        shared_bytes const record{nullptr, std::span{bytes}.subspan(position, record_bytes(payload_bytes))};
        stored_entry made{.what = one, .record = record, .home = &home, .salt = home.header.salt, .position = position};
        made.what.payload = record.slice(record_header_bytes, payload_bytes);
        return made;
    }
    static bool is_sound(stored_entry const& each) {
        return each.is_sound(group, crc32c::value(each.what.payload.view()));
    }
};

}  // namespace

TEST_F(wal_stored_entry, is_sound_as_it_was_written) {
    for (std::size_t size : {0U, 1U, 8U, 5000U}) EXPECT_TRUE(is_sound(entry_with(size))) << size;
}

TEST_F(wal_stored_entry, is_not_when_any_bit_of_its_record_has_turned) {
    auto const each = entry_with(21);
    for (std::size_t bit = position * 8; bit < (position + each.record.size()) * 8; ++bit) {
        bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        ASSERT_FALSE(is_sound(each)) << "bit " << bit;
        bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    }
    EXPECT_TRUE(is_sound(each));
}

TEST_F(wal_stored_entry, is_not_when_the_record_is_that_of_another_entry) {
    auto const each = entry_with(21);
    auto other = each;
    other.what.index = {6};
    EXPECT_FALSE(is_sound(other));
    other = each;
    other.what.term = {5};
    EXPECT_FALSE(is_sound(other));
    EXPECT_FALSE(each.is_sound({4}, crc32c::value(each.what.payload.view())));
}

TEST_F(wal_stored_entry, says_where_its_damage_is) {
    auto const found = entry_with(21).damage(group);
    EXPECT_EQ(found.kind, finding_kind::corrupt);
    EXPECT_EQ(found.file, home.name);
    EXPECT_EQ(found.position, position);
    EXPECT_EQ(found.bytes, record_bytes(21));
    EXPECT_EQ(found.group, group);
    EXPECT_EQ(found.index, log_index{5});
    EXPECT_FALSE(found.what.empty());
}

}  // namespace chronik::wal
