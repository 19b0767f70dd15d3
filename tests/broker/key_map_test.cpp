// SPDX-License-Identifier: Apache-2.0
#include <cleaning/key_map.hpp>

#include <gtest/gtest.h>

#include <string>

namespace broker::cleaning {
namespace {

std::span<std::byte const> bytes(std::string const& text) { return std::as_bytes(std::span{text}); }

}  // namespace

TEST(key_map, remembers_the_newest_offset_of_each_key) {
    key_map map{1 << 20, 100};
    EXPECT_TRUE(map.put(bytes("a"), 1));
    EXPECT_TRUE(map.put(bytes(""), 2));
    EXPECT_TRUE(map.put(bytes("a"), 5));

    EXPECT_EQ(map.find(bytes("a")), 5);
    EXPECT_EQ(map.find(bytes("")), 2);
    EXPECT_EQ(map.find(bytes("b")), std::nullopt);
    EXPECT_EQ(map.size(), 2U);
}

TEST(key_map, takes_no_more_memory_than_it_may_and_says_when_it_is_full) {
    constexpr std::size_t slots = 1000;
    key_map map{slots * key_map::slot_bytes, 1'000'000};
    std::int64_t offset = 0;
    while (map.put(bytes(std::to_string(offset)), offset)) ++offset;

    EXPECT_EQ(offset, 900);
    EXPECT_TRUE(map.is_full());
    EXPECT_TRUE(map.put(bytes("7"), 2000)) << "a key that is there already needs no room";
    EXPECT_EQ(map.find(bytes("7")), 2000);
    for (std::int64_t each = 8; each < offset; ++each) EXPECT_EQ(map.find(bytes(std::to_string(each))), each);
}

TEST(key_map, holds_as_many_keys_as_were_expected) {
    for (std::uint64_t const keys : {0, 1, 10, 5000}) {
        key_map map{std::size_t{64} << 20, keys};
        for (std::uint64_t each = 0; each < keys; ++each)
            ASSERT_TRUE(map.put(bytes(std::to_string(each)), static_cast<std::int64_t>(each)));
    }
}

}  // namespace broker::cleaning
