// SPDX-License-Identifier: Apache-2.0
#include <chronik/net/hello.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace chronik;
using namespace chronik::net;

cluster_id cluster_of(unsigned char fill) {
    cluster_id id;
    id.fill(std::byte{fill});
    return id;
}

transport::received_frame received(std::vector<std::byte> bytes) {
    shared_bytes const whole{std::move(bytes)};
    return {hello_channel, whole.slice(transport::frame_header::bytes, whole.size() - transport::frame_header::bytes)};
}

std::string hex(std::vector<std::byte> const& bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (std::byte byte : bytes) {
        text += digits[std::to_integer<unsigned>(byte) >> 4];
        text += digits[std::to_integer<unsigned>(byte) & 15];
    }
    return text;
}

TEST(hello, bytes_are_as_documented) {
    hello const mine{node_id{1}, node_id{2}, cluster_of(0xab), hello_status::wrong_cluster};

    EXPECT_EQ(hex(mine.encoded()),
              "2000000001ff0000"
              "6368726b"
              "01"
              "01"
              "0000"
              "01000000"
              "02000000"
              "abababababababababababababababab");
}

TEST(hello, what_is_encoded_is_decoded) {
    hello const mine{node_id{7}, node_id{8}, cluster_of(3), hello_status::unknown_sender};

    auto const back = hello::decoded(received(mine.encoded()));

    ASSERT_TRUE(back);
    EXPECT_EQ(back->sender, node_id{7});
    EXPECT_EQ(back->receiver, node_id{8});
    EXPECT_EQ(back->cluster, cluster_of(3));
    EXPECT_EQ(back->status, hello_status::unknown_sender);
}

TEST(hello, fields_appended_by_a_later_version_are_ignored) {
    auto bytes = hello{node_id{7}, node_id{8}, unknown_cluster}.encoded();
    bytes[transport::frame_header::bytes + 4] = std::byte{2};
    bytes.resize(bytes.size() + 40);

    auto const back = hello::decoded(received(std::move(bytes)));

    ASSERT_TRUE(back);
    EXPECT_EQ(back->version, 2);
}

TEST(hello, every_shorter_one_is_malformed) {
    auto const bytes = hello{node_id{7}, node_id{8}, unknown_cluster}.encoded();
    for (std::size_t size = transport::frame_header::bytes; size < bytes.size(); ++size) {
        auto const cut = std::vector<std::byte>(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_EQ(hello::decoded(received(cut)).error(), errc::malformed) << size;
    }
}

TEST(hello, another_magic_is_malformed) {
    auto bytes = hello{node_id{7}, node_id{8}, unknown_cluster}.encoded();
    bytes[transport::frame_header::bytes] = std::byte{'G'};

    EXPECT_EQ(hello::decoded(received(std::move(bytes))).error(), errc::malformed);
}

TEST(hello, nobody_cannot_say_hello) {
    EXPECT_EQ(hello::decoded(received(hello{no_node, node_id{8}, unknown_cluster}.encoded())).error(), errc::malformed);
}

TEST(hello, a_node_that_does_not_know_its_cluster_goes_with_every_other) {
    EXPECT_TRUE(same_cluster(cluster_of(1), cluster_of(1)));
    EXPECT_TRUE(same_cluster(cluster_of(1), unknown_cluster));
    EXPECT_TRUE(same_cluster(unknown_cluster, unknown_cluster));
    EXPECT_FALSE(same_cluster(cluster_of(1), cluster_of(2)));
}

}  // namespace
