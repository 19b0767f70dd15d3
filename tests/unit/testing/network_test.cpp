// SPDX-License-Identifier: Apache-2.0
#include <chronik/testing/network.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chronik::testing {
namespace {

using namespace std::chrono_literals;

constexpr node_id one{1};
constexpr node_id two{2};

struct testing_network : ::testing::Test {
    scheduler events;

    std::vector<std::string> received_by_two(network& links, int frames) {
        std::vector<std::string> got;
        links.attach(two, [&](node_id, std::uint8_t, shared_bytes body) { got.emplace_back(body.text()); });
        network::endpoint from{links, one};
        for (int each = 0; each < frames; ++each) from.send(two, {0, {shared_bytes::copy_of(std::to_string(each))}});
        events.run_until(events.now() + 1s);
        return got;
    }
};

TEST_F(testing_network, a_frame_arrives_whole_with_its_sender_and_channel) {
    network links{events, 1};
    std::string got;
    links.attach(two, [&](node_id from, std::uint8_t channel, shared_bytes body) {
        got = std::to_string(from.value) + "/" + std::to_string(channel) + "/" + std::string{body.text()};
    });

    network::endpoint{links, one}.send(two, {5, {shared_bytes::copy_of("ab"), shared_bytes::copy_of("cd")}});
    events.run_until(time_point{1s});

    EXPECT_EQ(got, "1/5/abcd");
    EXPECT_EQ(links.frames_delivered(), 1U);
    EXPECT_EQ(links.bytes_delivered(), 4U);
}

TEST_F(testing_network, loss_takes_its_share) {
    network links{events, 1, {.loss_percent = 30}};

    auto const got = received_by_two(links, 1000);

    EXPECT_GT(got.size(), 600U);
    EXPECT_LT(got.size(), 800U);
    EXPECT_EQ(got.size() + links.frames_lost(), 1000U);
}

TEST_F(testing_network, duplicates_arrive_twice) {
    network links{events, 1, {.duplicate_percent = 100}};

    EXPECT_EQ(received_by_two(links, 10).size(), 20U);
}

TEST_F(testing_network, frames_overtake_each_other_and_the_same_seed_gives_the_same_order) {
    network first{events, 9};
    network again{events, 9};
    network other{events, 10};

    auto const order = received_by_two(first, 50);

    EXPECT_FALSE(std::ranges::is_sorted(order));
    EXPECT_EQ(received_by_two(again, 50), order);
    EXPECT_NE(received_by_two(other, 50), order);
}

TEST_F(testing_network, a_cut_is_one_way_and_takes_what_is_under_way) {
    network links{events, 1};
    int at_one = 0;
    int at_two = 0;
    links.attach(one, [&](node_id, std::uint8_t, shared_bytes) { ++at_one; });
    links.attach(two, [&](node_id, std::uint8_t, shared_bytes) { ++at_two; });
    network::endpoint{links, one}.send(two, {});

    links.cut(one, two);
    network::endpoint{links, two}.send(one, {});
    events.run_until(time_point{1s});

    EXPECT_EQ(at_one, 1);
    EXPECT_EQ(at_two, 0);
}

TEST_F(testing_network, an_isolated_node_is_reached_again_after_healing) {
    network links{events, 1};
    links.isolate(two, {one, two});
    EXPECT_TRUE(received_by_two(links, 3).empty());

    links.heal();
    EXPECT_EQ(received_by_two(links, 3).size(), 3U);
}

TEST_F(testing_network, nobody_receives_for_a_node_that_is_gone) {
    network links{events, 1};
    links.attach(two, [](node_id, std::uint8_t, shared_bytes) { FAIL(); });
    network::endpoint{links, one}.send(two, {});

    links.detach(two);
    events.run_until(time_point{1s});

    EXPECT_EQ(links.frames_delivered(), 0U);
}

TEST_F(testing_network, what_is_under_way_can_be_lost_and_what_is_sent_later_arrives) {
    network links{events, 1};
    int at_two = 0;
    links.attach(two, [&](node_id, std::uint8_t, shared_bytes) { ++at_two; });
    for (int each = 0; each < 3; ++each) network::endpoint{links, one}.send(two, {});

    links.lose_what_is_under_way();
    network::endpoint{links, one}.send(two, {});
    events.run_until(time_point{1s});

    EXPECT_EQ(at_two, 1);
    EXPECT_EQ(links.frames_lost(), 3U);
}

TEST_F(testing_network, a_clogged_link_holds_frames_and_then_lets_them_go) {
    network links{events, 1};
    links.link(one, two).clogged_until = time_point{5s};
    std::vector<time_point> arrivals;
    links.attach(two, [&](node_id, std::uint8_t, shared_bytes) { arrivals.push_back(events.now()); });
    network::endpoint from{links, one};
    unsigned refused = 0;
    for (unsigned each = 0; each < link_faults::held_max + 3; ++each)
        refused += from.send(two, {0, {}}) == transport::send_result::full ? 1U : 0U;
    events.run_until(time_point{6s});

    EXPECT_EQ(refused, 3U);
    ASSERT_EQ(arrivals.size(), link_faults::held_max);
    EXPECT_GE(arrivals.front(), time_point{5s});
}

TEST_F(testing_network, a_slow_link_is_slow_in_one_direction) {
    network links{events, 1};
    links.link(one, two).slow = 3s;
    time_point there{};
    time_point back{};
    links.attach(two, [&](node_id, std::uint8_t, shared_bytes) { there = events.now(); });
    links.attach(one, [&](node_id, std::uint8_t, shared_bytes) { back = events.now(); });
    network::endpoint{links, one}.send(two, {0, {}});
    network::endpoint{links, two}.send(one, {0, {}});
    events.run_until(time_point{6s});

    EXPECT_GE(there, time_point{3s});
    EXPECT_LT(back, time_point{1s});
}

TEST_F(testing_network, a_link_cut_twice_is_mended_twice) {
    network links{events, 1};
    links.cut(one, two);
    links.cut(one, two);
    links.mend(one, two);
    EXPECT_TRUE(received_by_two(links, 3).empty());
    links.mend(one, two);
    EXPECT_EQ(received_by_two(links, 3).size(), 3U);
}

TEST_F(testing_network, stragglers_come_a_second_time_and_late) {
    network links{events, 1, {.straggler_percent = 100, .straggler_max = 1h}};
    std::vector<time_point> arrivals;
    links.attach(two, [&](node_id, std::uint8_t, shared_bytes) { arrivals.push_back(events.now()); });
    for (int each = 0; each < 50; ++each) network::endpoint{links, one}.send(two, {0, {}});
    events.run_until(time_point{2h});

    EXPECT_EQ(arrivals.size(), 100U);
    EXPECT_EQ(links.frames_late(), 50U);
    EXPECT_GT(arrivals.back(), time_point{1min});
    EXPECT_LT(arrivals.back(), time_point{2h});
}

}  // namespace
}  // namespace chronik::testing
