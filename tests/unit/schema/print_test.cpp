// SPDX-License-Identifier: Apache-2.0
#include "messages.hpp"

#include <chronik/schema/print.hpp>

#include <gtest/gtest.h>

namespace {

using namespace schema_test;

TEST(schema_print, reads_like_the_message) {
    EXPECT_EQ(schema::print(sample()),
              "{name: \"a\\x0ab\", visible: true, tint: 2, scale: 2.5, author: 9, "
              "points: [{x: 1, y: 2}, {x: -3, y: 4}], note: \"n\", deadline: 77, origin: {x: 5, y: 6}, "
              "image: <5 bytes>, thumbnail: <2 bytes>, id: 000000000000000000000000000000ab, old_size: 7}");
}

TEST(schema_print, is_bounded) {
    drawing message;
    message.name = std::string(10'000, 'x');
    message.points.resize(10'000);
    EXPECT_LT(schema::print(message).size(), 2'000u);
}

}  // namespace
