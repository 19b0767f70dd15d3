// SPDX-License-Identifier: Apache-2.0
#include "unit/net/loop_test_support.hpp"
#include "unit/posix/no_more_descriptors.hpp"

#include <chronik/net/listener.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <system_error>
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

TEST(listener, without_descriptors_says_so_now_and_then_and_takes_who_waits_when_there_are_some) {
    asio::io_context loop;
    listener door(loop);
    std::vector<tcp::socket> inside;
    std::vector<std::error_code> failures;
    ASSERT_TRUE(door.listen("127.0.0.1", 0, [&](tcp::socket socket) { inside.push_back(std::move(socket)); },
                            [&](std::error_code why) { failures.push_back(why); }));
    tcp::socket one(loop);
    one.connect({asio::ip::address_v4::loopback(), door.port()});
    {
        chronik::posix::no_more_descriptors const famine;
        auto const began = std::chrono::steady_clock::now();
        ASSERT_TRUE(run_until(loop, [&] { return failures.size() == 3; }));
        EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(100)) << "two pauses";
        EXPECT_EQ(failures.front(), std::errc::too_many_files_open);
        EXPECT_TRUE(inside.empty());
    }

    EXPECT_TRUE(run_until(loop, [&] { return inside.size() == 1; }));
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
