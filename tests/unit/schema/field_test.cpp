// SPDX-License-Identifier: Apache-2.0
#include "messages.hpp"

#include <chronik/schema/field.hpp>
#include <chronik/schema/versions.hpp>

#include <gtest/gtest.h>

namespace {

using namespace schema_test;

TEST(schema_field, without_options_it_is_in_every_version) {
    using x = field<"x", &point::x>;
    EXPECT_EQ(x::name(), "x");
    EXPECT_EQ(x::options.present, (schema::versions{0, schema::version_max}));
    EXPECT_TRUE(x::options.tagged.empty());
    EXPECT_FALSE(x::options.ignorable);
}

TEST(schema_field, options_add_up_in_any_order) {
    using note = field<"note", &drawing::note, ignorable, nullable_since(5), until(7), since(3)>;
    EXPECT_EQ(note::options.present, (schema::versions{3, 7}));
    EXPECT_FALSE(note::options.nullable.contains(4));
    EXPECT_TRUE(note::options.nullable.contains(5));
    EXPECT_TRUE(note::options.ignorable);
}

TEST(schema_field, a_tag_says_since_when_the_field_exists) {
    using origin = field<"origin", &drawing::origin, tagged<4>(2)>;
    EXPECT_EQ(origin::options.tag, 4u);
    EXPECT_FALSE(origin::options.present.contains(1));
    EXPECT_TRUE(origin::options.tagged.contains(2));
}

TEST(schema_field, it_reaches_its_member) {
    point at{1, 2};
    field<"y", &point::y>::of(at) = 5;
    EXPECT_EQ(at.y, 5);
}

}  // namespace
