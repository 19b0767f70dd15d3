// SPDX-License-Identifier: Apache-2.0
#include "messages.hpp"

#include <chronik/schema/value.hpp>

#include <gtest/gtest.h>

#include <limits>

namespace {

using namespace schema_test;
using schema::detail::from_number;
using schema::detail::to_number;

TEST(schema_value, scalars_become_the_number_that_stands_for_them) {
    EXPECT_EQ(to_number(true), 1);
    EXPECT_EQ(to_number(colour::green), 2);
    EXPECT_EQ(to_number(log_index{7}), 7u);
    EXPECT_EQ(from_number<double>(to_number(-2.5)), -2.5);
    EXPECT_EQ(from_number<colour>(1), colour::red);
    EXPECT_EQ(from_number<node_id>(3), node_id{3});
    EXPECT_EQ(from_number<std::int64_t>(to_number(std::numeric_limits<std::int64_t>::min())),
              std::numeric_limits<std::int64_t>::min());
}

TEST(schema_value, any_byte_but_zero_is_true) {
    EXPECT_TRUE(from_number<bool>(-3));
    EXPECT_FALSE(from_number<bool>(0));
}

TEST(schema_value, a_message_says_which_versions_it_describes) {
    EXPECT_TRUE(schema::detail::supported_version<drawing>(2));
    EXPECT_FALSE(schema::detail::supported_version<drawing>(3));
    EXPECT_TRUE(schema::detail::supported_version<point>(300));
    EXPECT_FALSE(schema::detail::supported_version<point>(-1));
}

TEST(schema_value, ids_of_sixteen_bytes_are_zero_or_name_something) {
    schema::uuid id;
    EXPECT_TRUE(id.is_zero());
    EXPECT_EQ(std::hash<schema::uuid>{}(id), std::hash<schema::uuid>{}(schema::uuid{}));
    id.bytes[3] = std::byte{1};
    EXPECT_FALSE(id.is_zero());
}

}  // namespace
