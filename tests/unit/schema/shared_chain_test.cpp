// SPDX-License-Identifier: Apache-2.0
#include <chronik/schema/shared_chain.hpp>

#include <gtest/gtest.h>

namespace {

using chronik::shared_bytes;
using chronik::schema::shared_chain;

TEST(shared_chain, equality_is_of_bytes_not_of_cuts) {
    shared_chain pieces;
    pieces.add(shared_bytes::copy_of("ab"));
    pieces.add(shared_bytes{});
    pieces.add(shared_bytes::copy_of("c"));

    EXPECT_EQ(pieces.pieces.size(), 2u);
    EXPECT_EQ(pieces.size(), 3u);
    EXPECT_EQ(pieces, shared_chain{shared_bytes::copy_of("abc")});
    EXPECT_TRUE(shared_chain{}.empty());
}

}  // namespace
