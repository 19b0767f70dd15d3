// SPDX-License-Identifier: Apache-2.0
#include "messages.hpp"

#include <chronik/schema/decode.hpp>
#include <chronik/schema/encode.hpp>
#include <chronik/schema/entry.hpp>
#include <chronik/schema/plain_format.hpp>
#include <chronik/schema/size.hpp>

#include <gtest/gtest.h>

namespace {

using namespace schema_test;

constexpr schema::plain_format plain;

template <class T>
std::vector<std::byte> bytes_of(T const& message, schema::version at) {
    std::vector<std::byte> bytes;
    byte_writer out{bytes};
    EXPECT_TRUE(schema::encode(message, at, plain, out));
    return bytes;
}

TEST(schema_encode, plain_bytes_are_little_endian_with_length_plus_one) {
    point const at{0x01020304, -1};

    auto const bytes = bytes_of(at, 0);

    std::vector<unsigned char> const want{4, 3, 2, 1, 0xff, 0xff, 0xff, 0xff};
    ASSERT_EQ(bytes.size(), want.size());
    for (std::size_t nth = 0; nth < want.size(); ++nth) EXPECT_EQ(std::to_integer<unsigned>(bytes[nth]), want[nth]);
}

TEST(schema_encode, a_version_writes_exactly_its_fields) {
    drawing message = sample();
    auto const newest = bytes_of(message, 2);

    message.deadline.reset();
    message.origin.reset();
    auto const oldest = bytes_of(message, 0);

    // note 2, deadline 9, origin 9, id 16 are new; old_size 4 went.
    EXPECT_EQ(newest.size(), oldest.size() + 2 + 9 + 9 + 16 - 4);
}

TEST(schema_encode, a_value_without_a_place_in_the_version_is_refused) {
    std::vector<std::byte> bytes;
    byte_writer out{bytes};

    auto const lost = schema::encode(sample(), 0, plain, out);

    ASSERT_FALSE(lost);
    EXPECT_EQ(error_of(lost), errc::unsupported_version);
}

TEST(schema_encode, a_null_before_its_version_is_refused) {
    drawing message;
    std::vector<std::byte> bytes;
    byte_writer out{bytes};

    message.deadline = 1;
    auto const null_note = schema::encode(message, 1, plain, out);

    ASSERT_FALSE(null_note);
    EXPECT_EQ(error_of(null_note), errc::unsupported_version);
}

TEST(schema_encode, a_version_that_is_not_described_is_refused) {
    std::vector<std::byte> bytes;
    byte_writer out{bytes};
    EXPECT_EQ(error_of(schema::encode(sample(), 3, plain, out)), errc::unsupported_version);
    EXPECT_EQ(error_of(schema::encode(sample(), -1, plain, out)), errc::unsupported_version);
    EXPECT_TRUE(bytes.empty());
}

TEST(schema_size, is_what_encode_appends) {
    EXPECT_EQ(schema::size(sample(), 2, plain).value(), bytes_of(sample(), 2).size());
    EXPECT_FALSE(schema::size(sample(), 9, plain));
}

TEST(schema_entry, a_log_entry_survives_the_round_trip) {
    entry const sent{log_term{3}, log_index{9}, entry_kind::command, log_offset{40}, 5, shared_bytes::copy_of("batch")};

    auto const received = schema::decode<entry>(shared_bytes{bytes_of(sent, 0)}, 0, plain);

    ASSERT_TRUE(received);
    EXPECT_EQ(*received, sent);
}

}  // namespace
