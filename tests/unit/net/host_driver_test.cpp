// SPDX-License-Identifier: Apache-2.0
#include "unit/net/loop_test_support.hpp"

#include <chronik/net/host_driver.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace chronik;
using namespace std::chrono_literals;
using net_test::run_until;

/// What a driver needs of a host.
struct fake_host {
    int turns = 0;
    int wakes = 0;
    time_point wake = never;
    std::optional<time_point> woken_at;
    std::vector<std::string> frames;

    void on_frame(node_id, shared_bytes body, time_point) { frames.emplace_back(body.text()); }
    void finish_turn(time_point) { ++turns; }
    std::vector<node_id> suspected;
    void suspect(node_id lost, time_point) { suspected.push_back(lost); }
    void on_time(time_point now) {
        ++wakes;
        woken_at = now;
        wake = never;
    }
    time_point wake_at() const { return wake; }
};

struct host_driver_test : ::testing::Test {
    asio::io_context loop;
    fake_host host;
    std::unique_ptr<net::host_driver<fake_host>> driver = std::make_unique<net::host_driver<fake_host>>(loop);

    void start() {
        driver->drive(host);
        ASSERT_TRUE(run_until(loop, [&] { return host.turns == 1; }));
    }
};

TEST_F(host_driver_test, a_host_gets_a_turn_when_it_is_driven) {
    start();

    EXPECT_EQ(host.turns, 1);
    EXPECT_EQ(host.wakes, 0);
}

TEST_F(host_driver_test, a_peer_that_is_lost_is_suspected_and_one_that_is_back_is_not) {
    start();
    auto watch = driver->peer_watch();
    watch(node_id{2}, net::peer_change::up, {});
    watch(node_id{3}, net::peer_change::down, "reset by peer");

    EXPECT_EQ(host.suspected, std::vector{node_id{3}});
    driver->stop();
    watch(node_id{3}, net::peer_change::down, "reset by peer");
    EXPECT_EQ(host.suspected.size(), 1U);
}

TEST_F(host_driver_test, inputs_of_one_batch_share_one_turn_behind_them) {
    start();
    int inputs = 0;
    for (int each = 0; each < 5; ++each) {
        asio::post(loop, [&] {
            EXPECT_EQ(host.turns, 1) << "the turn comes after what was queued before it";
            ++inputs;
            driver->request_turn();
        });
    }

    ASSERT_TRUE(run_until(loop, [&] { return host.turns == 2; }));
    loop.restart();
    loop.poll();

    EXPECT_EQ(inputs, 5);
    EXPECT_EQ(host.turns, 2);
}

TEST_F(host_driver_test, a_received_frame_is_an_input_with_a_turn_behind_it) {
    auto receive = driver->receiver();
    receive(node_id{2}, 0, shared_bytes::copy_of("early"));
    EXPECT_TRUE(host.frames.empty()) << "nothing is driven yet";
    start();

    receive(node_id{2}, 0, shared_bytes::copy_of("hello"));

    EXPECT_EQ(host.frames, std::vector<std::string>{"hello"});
    EXPECT_TRUE(run_until(loop, [&] { return host.turns == 2; }));
}

TEST_F(host_driver_test, a_deadline_wakes_the_host_once_and_not_before_its_time) {
    host.wake = net::steady_now() + 5ms;
    time_point const due = host.wake;
    start();

    ASSERT_TRUE(run_until(loop, [&] { return host.wakes == 1; }));
    EXPECT_GE(*host.woken_at, due);
    EXPECT_EQ(host.turns, 2) << "what the deadline did is sent at once";

    EXPECT_EQ(loop.run(), 0U) << "nothing is left to wait for";
    EXPECT_EQ(host.wakes, 1);
}

TEST_F(host_driver_test, a_deadline_that_moves_forward_is_kept) {
    host.wake = net::steady_now() + 1h;
    start();

    host.wake = net::steady_now() + 1ms;
    driver->request_turn();

    EXPECT_TRUE(run_until(loop, [&] { return host.wakes == 1; }));
}

TEST_F(host_driver_test, after_stop_the_host_is_left_alone) {
    host.wake = net::steady_now() + 1ms;
    start();
    driver->request_turn();

    driver->stop();
    loop.restart();
    loop.run();

    EXPECT_EQ(host.turns, 1);
    EXPECT_EQ(host.wakes, 0);
}

TEST_F(host_driver_test, a_turn_that_was_requested_of_a_driver_that_is_gone_never_comes) {
    start();
    driver->request_turn();

    driver.reset();
    loop.restart();
    loop.run();

    EXPECT_EQ(host.turns, 1);
}

}  // namespace
