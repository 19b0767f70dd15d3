// SPDX-License-Identifier: Apache-2.0
#include <broker_world/wires.hpp>

#include <chronik/testing/scheduler.hpp>
#include <chronik/transport/frame.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace broker::world {
namespace {

using namespace std::chrono_literals;
using chronik::node_id;
using chronik::time_point;
using chronik::transport::send_result;

/// Two processes that know each other; what the second receives, and what the first hears of it.
struct pair_of_nodes {
    pair_of_nodes() : links(events, 1, {}) {
        attach(one);
        attach(other);
        links.add_peer(one, other);
        links.add_peer(other, one);
        pass(1s);
    }

    void attach(node_id node) {
        links.attach(node, {.on_frame = [this](node_id, std::uint8_t,
                                               chronik::shared_bytes body) { received += body.text(); },
                            .on_peer = [this, node](node_id, bool up) {
                                if (node == one) heard += up ? '+' : '-';
                            }});
    }
    send_result send(std::string const& text) {
        return links.send(one, other, {0, {chronik::shared_bytes::copy_of(text)}});
    }
    void pass(chronik::duration time) { events.run_until(events.now() + time); }

    node_id one{1};
    node_id other{2};
    chronik::testing::scheduler events;
    wires links;
    std::string received;
    std::string heard;
};

TEST(world_wires, what_is_sent_arrives_in_order) {
    pair_of_nodes world;
    for (char const each : std::string{"abcdefgh"}) EXPECT_EQ(world.send({each}), send_result::sent);

    world.pass(1s);

    EXPECT_EQ(world.received, "abcdefgh");
    EXPECT_EQ(world.heard, "+");
}

TEST(world_wires, a_stranger_is_not_connected) {
    pair_of_nodes world;
    node_id const stranger{3};
    world.attach(stranger);
    world.links.add_peer(stranger, world.other);

    world.pass(10s);

    EXPECT_FALSE(world.links.connected(stranger, world.other));
    EXPECT_EQ(world.links.send(stranger, world.other, {}), send_result::unreachable);
}

TEST(world_wires, a_short_cut_only_delays) {
    pair_of_nodes world;
    world.links.cut(world.one, world.other);
    world.send("a");
    world.send("b");
    world.pass(1s);
    EXPECT_EQ(world.received, "");

    world.links.mend(world.one, world.other);
    world.send("c");
    world.pass(1s);

    EXPECT_EQ(world.received, "abc");
    EXPECT_TRUE(world.links.connected(world.one, world.other));
}

TEST(world_wires, a_long_cut_loses_the_connection_and_what_is_on_it) {
    pair_of_nodes world;
    world.links.cut(world.one, world.other);
    world.send("lost");

    world.pass(6s);
    EXPECT_FALSE(world.links.connected(world.one, world.other));
    EXPECT_EQ(world.heard, "+-");

    world.links.mend(world.one, world.other);
    world.pass(2s);
    world.send("new");
    world.pass(1s);
    EXPECT_EQ(world.received, "new");
    EXPECT_EQ(world.heard, "+-+");
}

TEST(world_wires, the_end_of_a_process_is_heard_at_once) {
    pair_of_nodes world;
    world.links.detach(world.other, false);

    world.pass(100ms);

    EXPECT_EQ(world.heard, "+-");
    EXPECT_FALSE(world.links.connected(world.one, world.other));
}

TEST(world_wires, a_machine_that_goes_down_is_noticed_by_silence) {
    pair_of_nodes world;
    world.links.detach(world.other, true);
    EXPECT_EQ(world.send("into nothing"), send_result::sent);
    world.pass(4s);
    EXPECT_EQ(world.heard, "+");

    world.pass(2s);

    EXPECT_EQ(world.heard, "+-");
}

TEST(world_wires, a_machine_that_is_back_says_that_it_knows_of_no_connection) {
    pair_of_nodes world;
    world.links.detach(world.other, true);
    world.send("lost");

    world.attach(world.other);
    world.links.add_peer(world.other, world.one);
    world.pass(2s);
    world.send("new");
    world.pass(1s);

    EXPECT_EQ(world.heard, "+-+");
    EXPECT_EQ(world.received, "new");
}

}  // namespace
}  // namespace broker::world
