// SPDX-License-Identifier: Apache-2.0
#include <chronik/transport/frame.hpp>

#include <gtest/gtest.h>

namespace {

using chronik::shared_bytes;
using chronik::transport::frame;

TEST(frame, body_bytes_is_the_sum_of_the_parts) {
    frame const message{3, {shared_bytes::copy_of("head"), shared_bytes{}, shared_bytes::copy_of("payload")}};

    EXPECT_EQ(message.body_bytes(), 11u);
    EXPECT_EQ(message.joined().text(), "headpayload");
}

TEST(frame, one_part_is_joined_without_a_copy) {
    frame const message{0, {shared_bytes::copy_of("alone")}};

    EXPECT_EQ(message.joined().data(), message.parts.front().data());
}

TEST(frame, no_parts_is_an_empty_body) {
    EXPECT_EQ(frame{}.body_bytes(), 0u);
    EXPECT_TRUE(frame{}.joined().empty());
}

}  // namespace
