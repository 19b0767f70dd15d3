// SPDX-License-Identifier: Apache-2.0
#include "unit/net/loop_test_support.hpp"

#include <chronik/net/listener.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace {

using asio::ip::tcp;
using chronik::net::listener;
using net_test::run_until;

TEST(listener, hands_over_each_connection) {
    asio::io_context loop;
    listener door(loop);
    std::vector<tcp::socket> inside;
    ASSERT_TRUE(door.listen("127.0.0.1", 0, [&](tcp::socket socket) { inside.push_back(std::move(socket)); }));
    ASSERT_NE(door.port(), 0);

    tcp::socket one(loop), two(loop);
    one.connect({asio::ip::address_v4::loopback(), door.port()});
    two.connect({asio::ip::address_v4::loopback(), door.port()});

    EXPECT_TRUE(run_until(loop, [&] { return inside.size() == 2; }));
}

TEST(listener, a_port_in_use_is_an_error) {
    asio::io_context loop;
    listener first(loop), second(loop);
    ASSERT_TRUE(first.listen("127.0.0.1", 0, [](tcp::socket) {}));

    auto const again = second.listen("127.0.0.1", first.port(), [](tcp::socket) {});

    ASSERT_FALSE(again);
    EXPECT_EQ(again.error(), std::errc::address_in_use);
}

TEST(listener, a_failed_listen_can_be_tried_again) {
    asio::io_context loop;
    listener door(loop);
    EXPECT_FALSE(door.listen("no address", 0, [](tcp::socket) {}));
    EXPECT_FALSE(door.listen("203.0.113.1", 0, [](tcp::socket) {})) << "not an address of this machine";

    EXPECT_TRUE(door.listen("127.0.0.1", 0, [](tcp::socket) {}));
}

TEST(listener, stop_leaves_the_loop_nothing_to_do) {
    asio::io_context loop;
    listener door(loop);
    ASSERT_TRUE(door.listen("127.0.0.1", 0, [](tcp::socket) {}));
    door.stop();

    loop.run();
    SUCCEED() << "run() returns when nothing is left";
}

}  // namespace
