// SPDX-License-Identifier: Apache-2.0
#include "messages.hpp"

#include <chronik/base/random.hpp>
#include <chronik/schema/decode.hpp>
#include <chronik/schema/encode.hpp>
#include <chronik/schema/plain_format.hpp>
#include <chronik/schema/print.hpp>

#include <gtest/gtest.h>

namespace {

using namespace schema_test;

constexpr schema::plain_format plain;

shared_bytes bytes_of(auto const& message, schema::version at) {
    std::vector<std::byte> bytes;
    byte_writer out{bytes};
    EXPECT_TRUE(schema::encode(message, at, plain, out));
    return shared_bytes{std::move(bytes)};
}

TEST(schema_decode, gives_back_what_was_encoded) {
    auto const message = schema::decode<drawing>(bytes_of(sample(), 2), 2, plain);
    ASSERT_TRUE(message);
    EXPECT_EQ(*message, sample()) << schema::print(*message);
}

TEST(schema_decode, absent_fields_keep_the_default_of_the_member) {
    drawing sent = sample();
    sent.deadline.reset();
    sent.origin.reset();

    auto const received = schema::decode<drawing>(bytes_of(sent, 0), 0, plain);

    ASSERT_TRUE(received);
    EXPECT_FALSE(received->note);
    EXPECT_TRUE(received->id.is_zero());
    EXPECT_EQ(schema::decode<drawing>(bytes_of(sample(), 2), 2, plain)->old_size, 7);
}

TEST(schema_decode, shared_bytes_are_slices_of_the_input) {
    auto const input = bytes_of(sample(), 2);
    auto const message = schema::decode<drawing>(input, 2, plain);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->image.owner(), input.owner());
    EXPECT_GE(message->image.data(), input.data());
    EXPECT_LE(message->image.data() + message->image.size(), input.data() + input.size());
}

TEST(schema_decode, every_truncation_is_malformed) {
    auto const input = bytes_of(sample(), 2);
    for (std::size_t size = 0; size < input.size(); ++size) {
        // A copy of its own lets the address sanitizer see a read past the end.
        auto const cut = shared_bytes::copy_of(input.view().first(size));
        auto const message = schema::decode<drawing>(cut, 2, plain);
        ASSERT_FALSE(message) << size;
        EXPECT_EQ(error_of(message), errc::malformed) << size;
    }
}

TEST(schema_decode, bytes_behind_the_message_are_malformed) {
    auto bytes = std::vector<std::byte>(9);
    EXPECT_EQ(error_of(schema::decode<point>(shared_bytes{std::move(bytes)}, 0, plain)), errc::malformed);
}

TEST(schema_decode, a_reader_is_left_behind_the_message) {
    schema::shared_reader in{shared_bytes{std::vector<std::byte>(9)}};
    EXPECT_TRUE(schema::decode<point>(in, 0, plain));
    EXPECT_EQ(in.remaining(), 1u);
}

TEST(schema_decode, a_null_where_none_may_be_is_malformed) {
    // An empty name would be 1: length plus one.
    EXPECT_EQ(error_of(schema::decode<drawing>(shared_bytes{std::vector<std::byte>(200)}, 2, plain)), errc::malformed);
}

TEST(schema_decode, an_array_longer_than_the_input_is_malformed_and_costs_nothing) {
    std::vector<std::byte> bytes;
    byte_writer out{bytes};
    out.number<std::int8_t, std::endian::little>(0);
    write_uvarint(out, 0xffff'ffff);

    auto const message = schema::decode<tree>(shared_bytes{std::move(bytes)}, 0, plain);

    EXPECT_EQ(error_of(message), errc::malformed);
}

TEST(schema_decode, memory_is_bounded_by_the_named_limit) {
    tree wide;
    wide.children.resize(100);
    auto const input = bytes_of(wide, 0);

    schema::decode_limits const tight{.allocated_bytes_max = 50 * sizeof(tree)};
    EXPECT_EQ(error_of(schema::decode<tree>(input, 0, plain, tight)), errc::too_large);
    schema::decode_limits const enough{.allocated_bytes_max = 100 * sizeof(tree)};
    EXPECT_EQ(schema::decode<tree>(input, 0, plain, enough).value(), wide);
}

TEST(schema_decode, nesting_is_bounded_by_the_named_limit) {
    tree deep;
    for (int level = 1; level < 33; ++level) {
        tree above;
        above.children.push_back(std::move(deep));
        deep = std::move(above);
    }
    EXPECT_EQ(error_of(schema::decode<tree>(bytes_of(deep, 0), 0, plain)), errc::too_large);
    EXPECT_TRUE(schema::decode<tree>(bytes_of(deep.children.front(), 0), 0, plain));
}

TEST(schema_decode, chance_bytes_never_crash_and_what_decodes_encodes_again) {
    chronik::random chance{4711};
    for (int round = 0; round < 20'000; ++round) {
        std::vector<std::byte> bytes(chance.below(60));
        for (auto& each : bytes) each = static_cast<std::byte>(chance.below(chance.chance(25) ? 256 : 4));
        auto const message = schema::decode<drawing>(shared_bytes{std::move(bytes)}, 2, plain);
        if (!message) continue;
        EXPECT_EQ(schema::print(*schema::decode<drawing>(bytes_of(*message, 2), 2, plain)), schema::print(*message));
    }
}

}  // namespace
