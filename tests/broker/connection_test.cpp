// SPDX-License-Identifier: Apache-2.0
#include <server/listener.hpp>

#include <broker/loop_client.hpp>
#include <unit/posix/no_more_descriptors.hpp>

#include <chronik/net/host_driver.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace broker::tests {
namespace {

using namespace std::chrono_literals;

/// A listener whose requests wait until the test answers them.
struct server_world {
    struct asked {
        std::string body;
        reply answer;
    };

    explicit server_world(listener_limits limits = {}, std::size_t memory_bytes = 64 << 20)
        : memory(memory_bytes),
          clients(loop, memory, metrics, limits, [this](caller const& from, auto body, reply answer) {
              EXPECT_EQ(from.who.name, "ANONYMOUS");
              EXPECT_EQ(from.peer.substr(0, 10), "127.0.0.1:");
              requests.push_back({std::string{body.text()}, std::move(answer)});
          }) {
        memory.attach(loop);
        EXPECT_TRUE(clients.open("127.0.0.1", 0));
    }
    ~server_world() {
        requests.clear();
        clients.stop();
        turn_idle(loop);
        memory.detach();
    }

    bool until(auto&& holds) { return turn_until(loop, holds); }
    bool asked_for(std::size_t count) {
        return until([&] { return requests.size() == count; });
    }
    /// Answers one request and forgets it.
    void answer(std::size_t which, std::string const& text) {
        asked one = std::move(requests[which]);
        one.answer.send({chronik::shared_bytes::copy_of(framed(text))});
    }

    asio::io_context loop;
    budget memory;
    connection_metrics metrics;
    std::vector<asked> requests;
    listener clients;
};

TEST(connection, answers_leave_in_the_order_of_the_requests) {
    server_world server;
    loop_client client{server.loop, server.clients.port()};
    client.send(framed("a") + framed("b") + framed("c"));
    ASSERT_TRUE(server.asked_for(3));

    server.answer(2, "3");
    server.answer(1, "2");
    turn_idle(server.loop);
    EXPECT_EQ(client.received(), "");
    server.answer(0, "1");

    EXPECT_TRUE(server.until([&] { return client.received() == framed("1") + framed("2") + framed("3"); }));
}

TEST(connection, a_request_without_an_answer_keeps_the_order) {
    server_world server;
    loop_client client{server.loop, server.clients.port()};
    client.send(framed("a") + framed("b"));
    ASSERT_TRUE(server.asked_for(2));

    server.answer(1, "2");
    reply first = std::move(server.requests[0].answer);
    first.send_nothing();

    EXPECT_TRUE(server.until([&] { return client.received() == framed("2"); }));
}

class refused_length : public testing::TestWithParam<std::int32_t> {};

TEST_P(refused_length, closes_the_connection) {
    listener_limits limits;
    limits.connection.request_bytes_max = 1000;
    server_world server{limits};
    loop_client client{server.loop, server.clients.port()};

    client.send(length_of(GetParam()) + "body");

    EXPECT_TRUE(server.until([&] { return client.ended(); }));
    EXPECT_EQ(server.metrics.malformed, 1U);
    EXPECT_EQ(server.metrics.requests, 0U);
    EXPECT_EQ(server.memory.used(), 0U);
}

INSTANTIATE_TEST_SUITE_P(connection, refused_length, testing::Values(0, -1, INT32_MIN, 1001, INT32_MAX));

TEST(connection, a_length_is_refused_that_the_memory_of_all_requests_could_never_hold) {
    server_world server{{}, 100'000};
    loop_client client{server.loop, server.clients.port()};

    client.send(length_of(100'000));

    EXPECT_TRUE(server.until([&] { return client.ended(); }));
}

TEST(connection, half_a_request_and_then_the_end_gives_everything_back) {
    server_world server;
    loop_client client{server.loop, server.clients.port()};
    client.send(length_of(5000) + "half");
    ASSERT_TRUE(server.until([&] { return server.memory.used() != 0; }));

    client.end();

    EXPECT_TRUE(server.until([&] { return client.ended(); }));
    EXPECT_TRUE(server.requests.empty());
    EXPECT_TRUE(server.until([&] { return server.memory.used() == 0; }));
}

TEST(connection, a_client_that_ends_its_side_still_gets_its_answers) {
    server_world server;
    loop_client client{server.loop, server.clients.port()};
    client.send(framed("a"));
    client.end();
    ASSERT_TRUE(server.asked_for(1));

    server.answer(0, "1");

    EXPECT_TRUE(server.until([&] { return client.ended(); }));
    EXPECT_EQ(client.received(), framed("1"));
}

TEST(connection, a_dropped_reply_closes_it) {
    server_world server;
    loop_client client{server.loop, server.clients.port()};
    client.send(framed("a"));
    ASSERT_TRUE(server.asked_for(1));

    server.requests.clear();

    EXPECT_TRUE(server.until([&] { return client.ended(); }));
}

TEST(connection, a_request_larger_than_the_first_chunk_arrives_whole) {
    server_world server;
    loop_client client{server.loop, server.clients.port()};
    std::string large(5'000'000, '.');
    for (std::size_t at = 0; at < large.size(); at += 997) large[at] = static_cast<char>('a' + at % 26);

    client.send(framed(large) + framed("next"));

    ASSERT_TRUE(server.asked_for(2));
    EXPECT_TRUE(server.requests[0].body == large);
    EXPECT_EQ(server.requests[1].body, "next");
    EXPECT_GE(server.memory.used(), large.size());
}

TEST(connection, draining_answers_what_was_asked_and_then_closes) {
    server_world server;
    loop_client client{server.loop, server.clients.port()};
    client.send(framed("a") + length_of(100) + "the beginning of a request");
    ASSERT_TRUE(server.asked_for(1));
    turn_idle(server.loop);

    server.clients.drain();
    turn_idle(server.loop);
    EXPECT_FALSE(client.ended());
    server.answer(0, "1");

    EXPECT_TRUE(server.until([&] { return client.ended(); }));
    EXPECT_EQ(client.received(), framed("1"));
}

TEST(connection, an_idle_one_is_closed_at_once_by_draining) {
    server_world server;
    loop_client client{server.loop, server.clients.port()};
    ASSERT_TRUE(server.until([&] { return server.metrics.open == 1; }));

    server.clients.drain();

    EXPECT_TRUE(server.until([&] { return client.ended(); }));
}

TEST(connection, more_requests_than_may_be_in_flight_wait_unread) {
    listener_limits limits;
    limits.connection.requests_in_flight_max = 2;
    server_world server{limits};
    loop_client client{server.loop, server.clients.port()};
    client.send(framed("a") + framed("b") + framed("c"));
    ASSERT_TRUE(server.asked_for(2));
    turn_idle(server.loop);
    EXPECT_EQ(server.requests.size(), 2U);

    server.answer(0, "1");

    EXPECT_TRUE(server.asked_for(3));
}

TEST(connection, requests_beyond_the_memory_wait_for_the_answers_of_others) {
    server_world server{{}, 100'000};
    loop_client first{server.loop, server.clients.port()};
    first.send(framed(std::string(60'000, 'a')));
    ASSERT_TRUE(server.asked_for(1));
    loop_client second{server.loop, server.clients.port()};
    second.send(framed(std::string(60'000, 'b')));
    ASSERT_TRUE(server.until([&] { return server.memory.waiting() == 1; }));

    server.answer(0, "1");

    EXPECT_TRUE(server.asked_for(2));
    EXPECT_EQ(server.requests[1].body[0], 'b');
}

TEST(connection, two_that_wait_for_each_others_memory_are_let_go_in_the_end) {
    constexpr std::size_t memory = 3'000'000;
    server_world server{{}, memory};
    loop_client first{server.loop, server.clients.port()};
    loop_client second{server.loop, server.clients.port()};
    first.send(length_of(2'900'000) + std::string(1'300'000, 'a'));
    second.send(length_of(2'900'000) + std::string(1'300'000, 'b'));
    ASSERT_TRUE(server.until([&] { return server.memory.waiting() == 2; }));

    server.clients.sweep(chronik::net::steady_now() + 31s);

    EXPECT_TRUE(server.until([&] { return first.ended() && second.ended(); }));
    EXPECT_TRUE(server.until([&] { return server.memory.used() == 0; }));
    EXPECT_EQ(server.memory.waiting(), 0U);
}

TEST(connection, a_client_that_does_not_finish_its_request_is_closed) {
    server_world server;
    loop_client client{server.loop, server.clients.port()};
    client.send(length_of(10) + "half");
    ASSERT_TRUE(server.until([&] { return server.memory.used() != 0; }));

    server.clients.sweep(chronik::net::steady_now() + 29s);
    turn_idle(server.loop);
    EXPECT_FALSE(client.ended());
    server.clients.sweep(chronik::net::steady_now() + 31s);

    EXPECT_TRUE(server.until([&] { return client.ended(); }));
}

TEST(connection, a_client_that_does_not_take_its_answers_is_closed) {
    server_world server;
    loop_client client{server.loop, server.clients.port(), loop_client::reads::no};
    client.send(framed("a"));
    ASSERT_TRUE(server.asked_for(1));
    server.answer(0, std::string(64 << 20, 'x'));
    turn_idle(server.loop);

    server.clients.sweep(chronik::net::steady_now() + 29s);
    EXPECT_EQ(server.metrics.open, 1U);
    server.clients.sweep(chronik::net::steady_now() + 31s);

    EXPECT_TRUE(server.until([&] { return server.metrics.open == 0; }));
}

TEST(connection, a_client_that_asks_nothing_for_long_is_closed_and_one_that_waits_for_an_answer_is_not) {
    server_world server;
    loop_client idle{server.loop, server.clients.port()};
    loop_client waiting{server.loop, server.clients.port()};
    waiting.send(framed("a"));
    ASSERT_TRUE(server.asked_for(1));
    ASSERT_TRUE(server.until([&] { return server.metrics.open == 2; }));

    server.clients.sweep(chronik::net::steady_now() + 599s);
    EXPECT_EQ(server.metrics.open, 2U);
    server.clients.sweep(chronik::net::steady_now() + 601s);

    EXPECT_TRUE(server.until([&] { return idle.ended(); }));
    EXPECT_FALSE(waiting.ended());
}

TEST(listener, one_client_more_than_the_limit_is_refused_until_another_leaves) {
    listener_limits limits;
    limits.connections_max = 2;
    server_world server{limits};
    loop_client first{server.loop, server.clients.port()};
    loop_client second{server.loop, server.clients.port()};
    ASSERT_TRUE(server.until([&] { return server.metrics.open == 2; }));

    loop_client third{server.loop, server.clients.port()};
    ASSERT_TRUE(server.until([&] { return third.ended(); }));
    EXPECT_EQ(server.metrics.refused, 1U);
    first.close();
    ASSERT_TRUE(server.until([&] {
        server.clients.sweep(chronik::net::steady_now());
        return server.metrics.open == 1;
    }));

    loop_client fourth{server.loop, server.clients.port()};
    fourth.send(framed("a"));
    EXPECT_TRUE(server.asked_for(1));
}

TEST(listener, a_closed_connection_counts_until_its_last_answer_is_dropped) {
    listener_limits limits;
    limits.connections_max = 1;
    server_world server{limits};
    loop_client first{server.loop, server.clients.port()};
    first.send(framed("a") + length_of(-1));
    ASSERT_TRUE(server.until([&] { return first.ended(); }));
    ASSERT_EQ(server.requests.size(), 1U);

    loop_client second{server.loop, server.clients.port()};
    EXPECT_TRUE(server.until([&] { return second.ended(); }));
    server.requests.clear();
    server.clients.sweep(chronik::net::steady_now());
    turn_idle(server.loop);
    EXPECT_EQ(server.metrics.open, 0U);
}

TEST(listener, without_descriptors_clients_wait_and_those_who_are_there_go_on) {
    server_world server;
    loop_client first{server.loop, server.clients.port()};
    ASSERT_TRUE(server.until([&] { return server.metrics.open == 1; }));
    std::optional<loop_client> second;
    {
        second.emplace(server.loop, server.clients.port());
        chronik::posix::no_more_descriptors const famine;
        ASSERT_TRUE(server.until([&] { return server.metrics.accepts_failed == 2; }));
        EXPECT_EQ(server.metrics.accept_error.value(), EMFILE);
        first.send(framed("a"));
        ASSERT_TRUE(server.asked_for(1));
    }

    EXPECT_TRUE(server.until([&] { return server.metrics.open == 2; }));
    EXPECT_EQ(server.metrics.refused, 0U);
}

TEST(listener, a_port_in_use_is_an_error) {
    server_world server;
    listener other{server.loop, server.memory, server.metrics, {}, [](caller const&, auto const&, reply) {}};

    auto const opened = other.open("127.0.0.1", server.clients.port());

    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error(), std::errc::address_in_use);
}

TEST(listener, stopping_closes_everything_at_once) {
    server_world server;
    loop_client client{server.loop, server.clients.port()};
    client.send(framed("a"));
    ASSERT_TRUE(server.asked_for(1));

    server.clients.stop();

    EXPECT_TRUE(server.until([&] { return client.ended(); }));
    EXPECT_TRUE(server.clients.idle());
}

}  // namespace
}  // namespace broker::tests
