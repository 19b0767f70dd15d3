// SPDX-License-Identifier: Apache-2.0
#include "unit/net/loop_test_support.hpp"

#include <chronik/net/tcp_transport.hpp>

#include <asio/read.hpp>
#include <asio/write.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace chronik;
using namespace chronik::net;
using namespace std::chrono_literals;
using asio::ip::tcp;
using net_test::run_until;
using transport::frame;
using transport::send_result;

cluster_id cluster_of(unsigned char fill) {
    cluster_id id;
    id.fill(std::byte{fill});
    return id;
}

frame text(std::string_view body, std::uint8_t channel = 1) { return {channel, {shared_bytes::copy_of(body)}}; }

/// A node with its transport, and what it has been told.
struct node {
    struct got {
        node_id from;
        std::uint8_t channel;
        std::string body;
        bool operator==(got const&) const = default;
    };

    node(asio::io_context& loop, std::uint32_t number, cluster_id cluster = cluster_of(1), tcp_options options = {})
        : self{number}, tcp(loop, self, cluster,
              {.on_frame = [this](node_id from, std::uint8_t channel, shared_bytes body) {
                   frames.push_back({from, channel, std::string(body.text())});
                   if (then) then();
               },
               .on_peer = [this](node_id peer, peer_change change, std::string_view reason) {
                   changes.push_back((change == peer_change::up ? "up " : "down ") + std::to_string(peer.value) +
                                     (reason.empty() ? "" : ": ") + std::string(reason));
               },
               .on_refused = [this](std::string_view, std::string_view reason) { refused.emplace_back(reason); }},
              number, options) {}

    void open(std::uint16_t port = 0) { ASSERT_TRUE(tcp.listen("127.0.0.1", port)); }
    void knows(node const& other) { tcp.add_peer({other.self, "127.0.0.1", other.tcp.port()}); }

    node_id self;
    std::vector<got> frames;
    std::vector<std::string> changes;
    std::vector<std::string> refused;
    std::function<void()> then;
    tcp_transport tcp;
};

struct tcp_transport_test : testing::Test {
    asio::io_context loop;

    void pair(node& one, node& two) {
        one.open();
        two.open();
        one.knows(two);
        two.knows(one);
        ASSERT_TRUE(run_until(loop, [&] { return one.tcp.connected(two.self) && two.tcp.connected(one.self); }));
    }
};

TEST_F(tcp_transport_test, frames_arrive_in_order_and_say_who_sent_them) {
    node one(loop, 1), two(loop, 2);
    pair(one, two);

    EXPECT_EQ(one.tcp.send(two.self, text("a", 4)), send_result::sent);
    EXPECT_EQ(one.tcp.send(two.self, text("", 5)), send_result::sent);
    EXPECT_EQ(one.tcp.send(two.self, text("c", 6)), send_result::sent);
    EXPECT_EQ(two.tcp.send(one.self, text("back", 7)), send_result::sent);
    ASSERT_TRUE(run_until(loop, [&] { return two.frames.size() == 3 && one.frames.size() == 1; }));

    EXPECT_EQ(two.frames, (std::vector<node::got>{{one.self, 4, "a"}, {one.self, 5, ""}, {one.self, 6, "c"}}));
    EXPECT_EQ(one.frames, (std::vector<node::got>{{two.self, 7, "back"}}));
}

TEST_F(tcp_transport_test, many_parts_and_many_frames_are_gathered_and_arrive_whole) {
    node one(loop, 1), two(loop, 2);
    pair(one, two);
    std::vector<std::string> sent;
    chronik::random chance(3);
    for (int round = 0; round < 200; ++round) {
        frame message{2, {}};
        std::string& whole = sent.emplace_back();
        for (std::uint64_t part = chance.below(150); part > 0; --part) {
            std::string const piece(chance.below(part % 10 == 0 ? 9000 : 40), static_cast<char>('a' + part % 26));
            whole += piece;
            message.parts.push_back(shared_bytes::copy_of(piece));
        }
        ASSERT_EQ(one.tcp.send(two.self, message), send_result::sent);
    }
    ASSERT_TRUE(run_until(loop, [&] { return two.frames.size() == sent.size(); }));

    for (std::size_t at = 0; at < sent.size(); ++at) ASSERT_EQ(two.frames[at].body, sent[at]) << at;
    EXPECT_EQ(one.tcp.metrics(two.self).queued_bytes, 0u);
}

TEST_F(tcp_transport_test, a_large_frame_arrives_whole) {
    node one(loop, 1), two(loop, 2);
    pair(one, two);
    std::string const large(9'000'001, 'x');

    EXPECT_EQ(one.tcp.send(two.self, text(large)), send_result::sent);
    ASSERT_TRUE(run_until(loop, [&] { return !two.frames.empty(); }));

    EXPECT_TRUE(two.frames.front().body == large);
}

TEST_F(tcp_transport_test, metrics_count_both_ends) {
    node one(loop, 1), two(loop, 2);
    pair(one, two);

    one.tcp.send(two.self, text("12345"));
    one.tcp.send(two.self, text("123"));
    ASSERT_TRUE(run_until(loop, [&] { return two.frames.size() == 2 && one.tcp.metrics(two.self).queued_bytes == 0; }));

    peer_metrics const out = one.tcp.metrics(two.self);
    EXPECT_EQ(out.frames_sent, 2u);
    EXPECT_EQ(out.bytes_sent, 8u + 5 + 8 + 3);
    EXPECT_EQ(out.connects, 1u);
    peer_metrics const in = two.tcp.metrics(one.self);
    EXPECT_EQ(in.frames_received, 2u);
    EXPECT_EQ(in.bytes_received, 8u + 5 + 8 + 3);
}

TEST_F(tcp_transport_test, without_a_connection_a_peer_is_unreachable) {
    node one(loop, 1), two(loop, 2);
    one.open();
    two.open();
    EXPECT_EQ(one.tcp.send(two.self, text("?")), send_result::unreachable) << "not a peer";
    one.knows(two);
    EXPECT_EQ(one.tcp.send(two.self, text("?")), send_result::unreachable) << "not yet connected";

    EXPECT_EQ(one.tcp.metrics(two.self).dropped_unreachable, 1u);
}

TEST_F(tcp_transport_test, a_full_queue_drops_and_counts) {
    node one(loop, 1, cluster_of(1), {.queue_bytes_max = 1000}), two(loop, 2);
    pair(one, two);

    std::string const body(20'000'000, 'x');  // more than the kernel's buffers take
    EXPECT_EQ(one.tcp.send(two.self, text(body)), send_result::sent) << "an empty queue takes any frame";
    EXPECT_EQ(one.tcp.send(two.self, text("more")), send_result::full);
    EXPECT_EQ(one.tcp.metrics(two.self).dropped_full, 1u);

    ASSERT_TRUE(run_until(loop, [&] { return two.frames.size() == 1 && one.tcp.metrics(two.self).queued_bytes == 0; }));
    EXPECT_EQ(one.tcp.send(two.self, text("again")), send_result::sent);
}

TEST_F(tcp_transport_test, a_peer_that_starts_later_is_found) {
    node one(loop, 1);
    one.open();
    std::uint16_t port = 0;
    {
        node reserved(loop, 9);
        reserved.open();
        port = reserved.tcp.port();
    }
    one.tcp.add_peer({node_id{2}, "127.0.0.1", port});
    ASSERT_TRUE(run_until(loop, [&] { return one.tcp.metrics(node_id{2}).dials_failed >= 3; }));
    EXPECT_EQ(one.changes.size(), 1u) << "the same reason is told once";

    node two(loop, 2);
    two.open(port);
    two.knows(one);
    EXPECT_TRUE(run_until(loop, [&] { return one.tcp.connected(two.self); }));
    EXPECT_EQ(one.changes.back(), "up 2");
}

TEST_F(tcp_transport_test, a_peer_that_restarts_is_dialled_again) {
    node one(loop, 1);
    auto two = std::make_unique<node>(loop, 2);
    pair(one, *two);
    std::uint16_t const port = two->tcp.port();

    two.reset();
    ASSERT_TRUE(run_until(loop, [&] { return !one.tcp.connected(node_id{2}); }));
    two = std::make_unique<node>(loop, 2);
    two->open(port);
    two->knows(one);
    ASSERT_TRUE(run_until(loop, [&] { return one.tcp.connected(two->self) && two->tcp.connected(one.self); }));

    EXPECT_EQ(one.tcp.send(two->self, text("welcome back")), send_result::sent);
    EXPECT_TRUE(run_until(loop, [&] { return two->frames.size() == 1; }));
    EXPECT_EQ(one.tcp.metrics(two->self).connects, 2u);
}

TEST_F(tcp_transport_test, a_node_of_another_cluster_is_refused_with_the_reason) {
    node one(loop, 1, cluster_of(1)), two(loop, 2, cluster_of(2));
    one.open();
    two.open();
    one.knows(two);
    two.knows(one);
    ASSERT_TRUE(run_until(loop, [&] { return !one.changes.empty() && !two.refused.empty(); }));

    EXPECT_EQ(one.changes.front(), "down 2: it belongs to another cluster; check the peers and the data directory");
    EXPECT_EQ(two.refused.front(), "node 1: it belongs to another cluster");
    EXPECT_FALSE(one.tcp.connected(two.self));
}

TEST_F(tcp_transport_test, a_node_that_does_not_know_its_cluster_yet_is_let_in) {
    node one(loop, 1, cluster_of(1)), two(loop, 2, unknown_cluster);
    pair(one, two);

    two.tcp.set_cluster(cluster_of(1));
    EXPECT_EQ(two.tcp.send(one.self, text("still here")), send_result::sent);
    EXPECT_TRUE(run_until(loop, [&] { return one.frames.size() == 1; }));
}

TEST_F(tcp_transport_test, learning_another_cluster_ends_the_connection) {
    node one(loop, 1, cluster_of(1)), two(loop, 2, unknown_cluster);
    pair(one, two);

    two.tcp.set_cluster(cluster_of(2));
    EXPECT_TRUE(run_until(loop, [&] { return !two.tcp.connected(one.self) && !one.tcp.connected(two.self); }));
    EXPECT_TRUE(run_until(loop, [&] { return !one.refused.empty(); }));
    EXPECT_EQ(one.refused.front(), "node 2: it belongs to another cluster");
}

TEST_F(tcp_transport_test, a_sender_that_is_no_peer_is_refused_with_the_reason) {
    node one(loop, 1), two(loop, 2);
    one.open();
    two.open();
    one.knows(two);
    ASSERT_TRUE(run_until(loop, [&] { return !one.changes.empty() && !two.refused.empty(); }));

    EXPECT_EQ(one.changes.front(), "down 2: it does not have this node among its peers; check its peers");
    EXPECT_EQ(two.refused.front(), "node 1: it is not among this node's peers");
}

TEST_F(tcp_transport_test, another_node_at_the_address_is_refused_with_the_reason) {
    node one(loop, 1), three(loop, 3);
    one.open();
    three.open();
    three.knows(one);
    one.tcp.add_peer({node_id{2}, "127.0.0.1", three.tcp.port()});
    ASSERT_TRUE(run_until(loop, [&] { return !one.changes.empty(); }));

    EXPECT_EQ(one.changes.front(), "down 2: another node answers at this address; check the peers");
}

TEST_F(tcp_transport_test, a_name_is_resolved) {
    node one(loop, 1), two(loop, 2);
    one.open();
    two.open();
    two.knows(one);
    one.tcp.add_peer({two.self, "localhost", two.tcp.port()});

    EXPECT_TRUE(run_until(loop, [&] { return one.tcp.connected(two.self); }));
}

TEST_F(tcp_transport_test, a_name_that_does_not_exist_is_a_reason) {
    node one(loop, 1);
    one.open();
    one.tcp.add_peer({node_id{2}, "no-such-host.invalid", 1});
    ASSERT_TRUE(run_until(loop, [&] { return !one.changes.empty(); }));

    std::string const told = one.changes.front();
    EXPECT_TRUE(told.starts_with("down 2: the name no-such-host.invalid is not found")) << told;
}

/// A client that writes its own bytes.
struct stranger {
    stranger(asio::io_context& loop, std::uint16_t port) : socket(loop) {
        socket.connect({asio::ip::address_v4::loopback(), port});
    }
    void write(std::vector<std::byte> const& bytes) { asio::write(socket, asio::buffer(bytes)); }
    /// Reads until the other side closes.
    void drain() {
        socket.async_read_some(asio::buffer(heard), [this](std::error_code ec, std::size_t) {
            closed = static_cast<bool>(ec);
            if (!ec) drain();
        });
    }
    tcp::socket socket;
    std::array<std::byte, 256> heard{};
    bool closed = false;
};

TEST_F(tcp_transport_test, garbage_is_refused_and_harms_nobody) {
    node one(loop, 1), two(loop, 2);
    pair(one, two);
    stranger visitor(loop, two.tcp.port());
    std::string_view const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    auto const bytes = std::as_bytes(std::span{request});
    visitor.write({bytes.begin(), bytes.end()});
    visitor.drain();
    ASSERT_TRUE(run_until(loop, [&] { return visitor.closed; }));

    EXPECT_TRUE(two.refused.front().starts_with("it does not speak our protocol")) << two.refused.front();
    EXPECT_EQ(one.tcp.send(two.self, text("unharmed")), send_result::sent);
    EXPECT_TRUE(run_until(loop, [&] { return two.frames.size() == 1; }));
}

TEST_F(tcp_transport_test, a_stranger_that_says_nothing_is_closed) {
    node two(loop, 2, cluster_of(1), {.handshake_timeout = 10ms});
    two.open();
    stranger visitor(loop, two.tcp.port());
    visitor.drain();

    EXPECT_TRUE(run_until(loop, [&] { return visitor.closed; }));
    EXPECT_EQ(two.refused, (std::vector<std::string>{"it did not say who it is"}));
}

TEST_F(tcp_transport_test, strangers_beyond_the_limit_are_closed_at_once) {
    node two(loop, 2, cluster_of(1), {.handshakes_max = 1, .handshake_timeout = 1h});
    two.open();
    stranger first(loop, two.tcp.port()), second(loop, two.tcp.port());
    first.drain();
    second.drain();

    EXPECT_TRUE(run_until(loop, [&] { return second.closed; }));
    EXPECT_FALSE(first.closed);
}

TEST_F(tcp_transport_test, the_newer_connection_of_a_node_replaces_the_older) {
    node two(loop, 2);
    two.open();
    two.tcp.add_peer({node_id{1}, "127.0.0.1", 1});
    auto const greeting = hello{node_id{1}, node_id{2}, cluster_of(1)}.encoded();
    stranger older(loop, two.tcp.port());
    older.write(greeting);
    older.drain();
    ASSERT_TRUE(run_until(loop, [&] { return older.heard[8] == std::byte{'c'}; })) << "answered";

    stranger newer(loop, two.tcp.port());
    newer.write(greeting);
    newer.drain();
    ASSERT_TRUE(run_until(loop, [&] { return older.closed; }));

    auto frame_bytes = transport::frame_header{3, 1, 4}.encoded();
    std::vector<std::byte> message(frame_bytes.begin(), frame_bytes.end());
    message.insert(message.end(), {std::byte{'n'}, std::byte{'e'}, std::byte{'w'}});
    newer.write(message);
    ASSERT_TRUE(run_until(loop, [&] { return two.frames.size() == 1; }));
    EXPECT_EQ(two.frames.front(), (node::got{node_id{1}, 4, "new"}));
}

TEST_F(tcp_transport_test, who_knows_no_cluster_does_not_take_the_place_of_who_is_connected) {
    node one(loop, 1), two(loop, 2);
    pair(one, two);
    node second(loop, 1, unknown_cluster);
    second.open();
    second.knows(two);
    ASSERT_TRUE(run_until(loop, [&] { return !second.changes.empty() && !two.refused.empty(); }));

    EXPECT_EQ(second.changes.front(), "down 2: another node with this node's number is connected to it; check the "
                                      "node id and the data directory");
    EXPECT_EQ(two.refused.front(), "node 1: another node of that number is connected");
    EXPECT_EQ(one.tcp.send(two.self, text("still here")), send_result::sent);
    ASSERT_TRUE(run_until(loop, [&] { return !two.frames.empty(); }));
    EXPECT_EQ(one.tcp.metrics(two.self).connects, 1u);
}

TEST_F(tcp_transport_test, a_node_that_has_lost_its_cluster_is_let_in_once_its_old_connection_is_gone) {
    auto one = std::make_unique<node>(loop, 1);
    node two(loop, 2);
    pair(*one, two);
    one.reset();
    node again(loop, 1, unknown_cluster);
    again.open();
    again.knows(two);

    EXPECT_TRUE(run_until(loop, [&] { return again.tcp.connected(two.self); }));
}

TEST_F(tcp_transport_test, a_peer_that_breaks_the_protocol_is_cut_off) {
    node two(loop, 2, cluster_of(1), {.body_bytes_max = 1000});
    two.open();
    two.tcp.add_peer({node_id{1}, "127.0.0.1", 1});
    stranger peer(loop, two.tcp.port());
    auto bytes = hello{node_id{1}, node_id{2}, cluster_of(1)}.encoded();
    auto const oversized = transport::frame_header{1001, 1, 0}.encoded();
    bytes.insert(bytes.end(), oversized.begin(), oversized.end());
    peer.write(bytes);
    peer.drain();

    EXPECT_TRUE(run_until(loop, [&] { return peer.closed; }));
    EXPECT_EQ(two.refused, (std::vector<std::string>{"it does not speak our protocol: larger than the limit"}));
}

TEST_F(tcp_transport_test, stop_from_a_handler_ends_everything) {
    node one(loop, 1), two(loop, 2);
    pair(one, two);
    two.then = [&] { two.tcp.stop(); };
    one.tcp.send(two.self, text("stop"));
    one.tcp.send(two.self, text("never seen"));
    ASSERT_TRUE(run_until(loop, [&] { return !one.tcp.connected(two.self); }));
    one.tcp.stop();

    loop.restart();
    loop.run();
    EXPECT_EQ(two.frames.size(), 1u);
}

TEST_F(tcp_transport_test, a_removed_peer_is_neither_dialled_nor_let_in) {
    node one(loop, 1), two(loop, 2);
    pair(one, two);

    one.tcp.remove_peer(two.self);

    EXPECT_EQ(one.tcp.send(two.self, text("?")), send_result::unreachable);
    ASSERT_TRUE(run_until(loop, [&] { return !one.refused.empty(); }));
    EXPECT_EQ(one.refused.front(), "node 2: it is not among this node's peers");
}

TEST_F(tcp_transport_test, the_loop_may_end_before_the_handlers_have_run) {
    auto own_loop = std::make_unique<asio::io_context>();
    auto one = std::make_unique<node>(*own_loop, 1);
    auto two = std::make_unique<node>(*own_loop, 2);
    one->open();
    two->open();
    one->knows(*two);
    two->knows(*one);
    ASSERT_TRUE(run_until(*own_loop, [&] { return one->tcp.connected(two->self); }));

    one.reset();
    two.reset();
    own_loop.reset();
    SUCCEED() << "for the address sanitizer to judge";
}

}  // namespace
