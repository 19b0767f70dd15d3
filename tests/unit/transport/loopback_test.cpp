// SPDX-License-Identifier: Apache-2.0
#include <chronik/transport/loopback.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using namespace chronik;
using namespace chronik::transport;

frame text(std::string_view body) { return {1, {shared_bytes::copy_of(body)}}; }

struct inbox {
    std::vector<std::string> seen;
    loopback::receiver receiver() {
        return [this](node_id from, std::uint8_t, shared_bytes body) {
            seen.push_back(std::to_string(from.value) + ":" + std::string(body.text()));
        };
    }
};

TEST(loopback, frames_arrive_in_the_order_they_were_sent) {
    loopback links;
    inbox one, two;
    auto from_one = links.attach(node_id{1}, one.receiver());
    auto from_two = links.attach(node_id{2}, two.receiver());

    EXPECT_EQ(from_one.send(node_id{2}, text("a")), send_result::sent);
    EXPECT_EQ(from_two.send(node_id{1}, text("b")), send_result::sent);
    EXPECT_EQ(from_one.send(node_id{2}, text("c")), send_result::sent);
    EXPECT_TRUE(two.seen.empty()) << "nothing moves by itself";
    while (links.deliver_one()) {}

    EXPECT_EQ(one.seen, (std::vector<std::string>{"2:b"}));
    EXPECT_EQ(two.seen, (std::vector<std::string>{"1:a", "1:c"}));
}

TEST(loopback, an_unknown_node_is_unreachable) {
    loopback links;
    inbox one;
    auto from_one = links.attach(node_id{1}, one.receiver());

    EXPECT_EQ(from_one.send(node_id{9}, text("?")), send_result::unreachable);
}

TEST(loopback, frames_on_their_way_to_a_node_that_left_are_lost) {
    loopback links;
    inbox one, two;
    auto from_one = links.attach(node_id{1}, one.receiver());
    links.attach(node_id{2}, two.receiver());
    EXPECT_EQ(from_one.send(node_id{2}, text("late")), send_result::sent);
    links.detach(node_id{2});

    EXPECT_TRUE(links.deliver_one());
    EXPECT_FALSE(links.deliver_one());
    EXPECT_TRUE(two.seen.empty());
}

TEST(loopback, a_full_queue_refuses) {
    loopback links(2);
    inbox one;
    auto from_one = links.attach(node_id{1}, one.receiver());
    EXPECT_EQ(from_one.send(node_id{1}, text("1")), send_result::sent);
    EXPECT_EQ(from_one.send(node_id{1}, text("2")), send_result::sent);

    EXPECT_EQ(from_one.send(node_id{1}, text("3")), send_result::full);
    EXPECT_EQ(links.waiting(), 2u);
}

TEST(loopback, a_receiver_may_answer_and_may_leave) {
    loopback links;
    inbox one;
    auto from_one = links.attach(node_id{1}, one.receiver());
    loopback::endpoint from_two = links.attach(node_id{2}, [&](node_id from, std::uint8_t, shared_bytes) {
        EXPECT_EQ(from_two.send(from, text("bye")), send_result::sent);
        links.detach(node_id{2});
    });
    EXPECT_EQ(from_one.send(node_id{2}, text("go")), send_result::sent);
    while (links.deliver_one()) {}

    EXPECT_EQ(one.seen, (std::vector<std::string>{"2:bye"}));
    EXPECT_EQ(from_one.send(node_id{2}, text("go")), send_result::unreachable);
}

}  // namespace
