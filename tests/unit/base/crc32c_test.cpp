// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/crc32c.hpp>
#include <chronik/base/random.hpp>

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

using namespace chronik;

namespace {

std::span<std::byte const> bytes_of(std::string_view text) { return std::as_bytes(std::span{text}); }

std::vector<std::byte> noise(std::size_t size, std::uint64_t seed) {
    chronik::random chance{seed};
    std::vector<std::byte> made(size);
    for (auto& each : made) each = static_cast<std::byte>(chance());
    return made;
}

std::uint32_t bit_by_bit(std::uint32_t crc, std::span<std::byte const> bytes) {
    crc = ~crc;
    for (auto each : bytes) {
        crc ^= std::to_integer<std::uint32_t>(each);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78U : 0U);
    }
    return ~crc;
}

}  // namespace

TEST(crc32c, has_the_published_check_value) { EXPECT_EQ(crc32c::value(bytes_of("123456789")), 0xe3069283U); }

// RFC 3720 appendix B.4: 32 bytes of zeroes, and of ones.
TEST(crc32c, agrees_with_the_iscsi_examples) {
    std::vector<std::byte> const zeroes(32, std::byte{0});
    std::vector<std::byte> const ones(32, std::byte{0xff});

    EXPECT_EQ(crc32c::value(zeroes), 0x8a9136aaU);
    EXPECT_EQ(crc32c::value(ones), 0x62a8ab43U);
}

TEST(crc32c, of_nothing_leaves_the_start_as_it_is) {
    EXPECT_EQ(crc32c::value({}), 0U);
    EXPECT_EQ(crc32c::extend(0x1234, {}), 0x1234U);
}

TEST(crc32c, agrees_with_the_definition_at_every_small_size_and_alignment) {
    auto const data = noise(900, 1);
    for (std::size_t first = 0; first < 8; ++first) {
        for (std::size_t size = 0; size + first <= data.size(); size += size < 64 ? 1 : 37) {
            auto const part = std::span{data}.subspan(first, size);
            ASSERT_EQ(crc32c::extend(7, part), bit_by_bit(7, part)) << "size " << size << " at " << first;
        }
    }
}

// Where lanes and folds begin, and where each takes one step more.
TEST(crc32c, agrees_with_the_definition_around_the_sizes_where_the_way_changes) {
    auto const data = noise(40000, 2);
    for (std::size_t size : {128U, 192U, 256U, 320U, 512U, 576U, 1536U, 2048U, 12288U, 24576U, 39999U}) {
        for (std::size_t around : {size - 1, size, size + 1}) {
            auto const part = std::span{data}.first(around);
            ASSERT_EQ(crc32c::extend(5, part), bit_by_bit(5, part)) << "size " << around;
        }
    }
}

TEST(crc32c, of_a_whole_is_the_extension_of_its_parts) {
    auto const data = noise(5000, 3);
    auto const whole = std::span{data};
    for (std::size_t cut : {0U, 1U, 8U, 191U, 1537U, 5000U}) {
        EXPECT_EQ(crc32c::extend(crc32c::value(whole.first(cut)), whole.subspan(cut)), crc32c::value(whole));
    }
}

TEST(crc32c, of_a_whole_follows_from_those_of_its_parts_and_the_size_of_the_second) {
    auto const data = noise(70000, 6);
    auto const whole = std::span{data};
    for (std::size_t cut : {0U, 1U, 7U, 60U, 4096U, 12289U, 69999U, 70000U}) {
        for (std::uint32_t start : {0U, 9U, 0xffffffffU}) {
            auto const first = crc32c::extend(start, whole.first(cut));
            auto const rest = whole.subspan(cut);
            ASSERT_EQ(crc32c::combine(first, crc32c::value(rest), rest.size()), crc32c::extend(start, data))
                << "cut at " << cut << ", start " << start;
        }
    }
}

TEST(crc32c, each_way_gives_the_same) {
    auto const data = noise(20001, 4);
    for (std::size_t size : {0U, 7U, 127U, 128U, 300U, 1000U, 20001U}) {
        auto const expected = crc32c::value(std::span{data}.first(size));
        EXPECT_EQ(~crc32c::detail::portable(~0U, data.data(), size), expected) << "size " << size;
        EXPECT_EQ(crc32c::extend_fresh(0, std::span{data}.first(size)), expected) << "size " << size;
#if defined(__x86_64__)
        for (bool wide : {false, crc32c::detail::wide_present}) {
            if (!crc32c::detail::hardware_present) continue;
            EXPECT_EQ(~crc32c::detail::hardware(~0U, data.data(), size, wide), expected)
                << "size " << size << (wide ? " folded" : " in lanes");
        }
#endif
    }
}

TEST(crc32c, copies_and_sums_in_one_pass) {
    auto const data = noise(30011, 5);
    std::vector<std::byte> target(data.size());

    auto const crc = crc32c::copy_extend(9, target.data(), data);

    EXPECT_EQ(target, data);
    EXPECT_EQ(crc, crc32c::extend(9, data));
}
