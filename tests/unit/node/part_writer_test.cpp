// SPDX-License-Identifier: Apache-2.0
#include <chronik/node/part_writer.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace {

using namespace chronik;
constexpr auto little = std::endian::little;

shared_bytes payload_of(std::size_t size, int of) {
    return shared_bytes{std::vector<std::byte>(size, static_cast<std::byte>(of))};
}

std::vector<std::byte> joined(std::vector<shared_bytes> const& parts) {
    std::vector<std::byte> all;
    for (auto const& each : parts) all.insert(all.end(), each.view().begin(), each.view().end());
    return all;
}

TEST(part_writer, numbers_and_runs_are_one_part_in_their_order) {
    part_writer out;
    out.number<std::uint16_t, little>(0x0201);
    out.run(payload_of(3, 7).view());
    out.run({});
    out.shared(payload_of(part_writer::shared_bytes_min - 1, 8));
    EXPECT_EQ(out.size(), 2 + 3 + part_writer::shared_bytes_min - 1);

    auto const parts = out.take();
    ASSERT_EQ(parts.size(), 1U);
    auto const all = joined(parts);
    EXPECT_EQ((std::vector<std::byte>{all.begin(), all.begin() + 6}),
              (std::vector{std::byte{1}, std::byte{2}, std::byte{7}, std::byte{7}, std::byte{7}, std::byte{8}}));
    EXPECT_TRUE(out.empty());
    EXPECT_TRUE(out.take().empty());
}

TEST(part_writer, a_large_payload_is_a_part_of_its_own_and_no_copy) {
    auto const large = payload_of(part_writer::shared_bytes_min, 9);
    part_writer out;
    out.number<std::uint8_t, little>(1);
    out.shared(large);
    out.number<std::uint8_t, little>(2);

    auto const parts = out.take();
    ASSERT_EQ(parts.size(), 3U);
    EXPECT_EQ(parts[1].data(), large.data());
    EXPECT_EQ(parts[0].data() + 1, parts[2].data()) << "what is between payloads is in one block";
}

// Parts that were closed before stay in the block that they were written to.
TEST(part_writer, what_was_written_stays_when_the_block_is_too_small) {
    part_writer out;
    std::vector<std::byte> expected;
    for (int round = 0; round < 2; ++round) {
        for (std::uint64_t number = 0; number < 5000; ++number) {
            out.number<std::uint64_t, little>(number);
            byte_writer{expected}.number<std::uint64_t, little>(number);
            if (number % 1000 != 0) continue;
            auto const large = payload_of(part_writer::shared_bytes_min, static_cast<int>(number / 1000));
            out.shared(large);
            byte_writer{expected}.run(large.view());
        }
        EXPECT_EQ(out.size(), expected.size());
        EXPECT_EQ(joined(out.take()), expected) << "round " << round;
        expected.clear();
    }
}

}  // namespace
