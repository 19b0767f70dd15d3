// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/progress.hpp>

#include <gtest/gtest.h>

namespace {

using namespace chronik;
using namespace chronik::raft;

TEST(raft_progress, window_counts_bytes_until_they_are_acknowledged) {
    inflight_window window;
    window.add(log_index{3}, 100);
    window.add(log_index{5}, 50);

    window.acknowledge(log_index{4});
    EXPECT_EQ(window.bytes(), 50U);
    EXPECT_EQ(window.messages(), 1U);
    window.acknowledge(log_index{5});
    EXPECT_EQ(window.bytes(), 0U);
}

TEST(raft_progress, window_closes_by_bytes_and_by_messages) {
    options limits;
    limits.append_bytes_max = 60;
    limits.inflight_bytes_max = 100;
    limits.inflight_messages_max = 3;
    progress peer;

    EXPECT_EQ(peer.bytes_allowed(limits), 60U);
    peer.window.add(log_index{1}, 70);
    EXPECT_EQ(peer.bytes_allowed(limits), 30U);
    peer.window.add(log_index{2}, 40);
    EXPECT_EQ(peer.bytes_allowed(limits), 0U);
    peer.window.clear();
    for (std::uint64_t k = 1; k <= 3; ++k) peer.window.add(log_index{k}, 1);
    EXPECT_EQ(peer.bytes_allowed(limits), 0U);
}

TEST(raft_progress, follower_without_room_gets_one_message_at_a_time) {
    options const limits;
    progress peer;
    peer.window_bytes_offered = 0;

    EXPECT_GT(peer.bytes_allowed(limits), 0U) << "or it would never hear when it has room again";
    peer.window.add(log_index{1}, 1);
    EXPECT_EQ(peer.bytes_allowed(limits), 0U);
}

TEST(raft_progress, next_stays_beyond_match) {
    progress peer;
    peer.match = log_index{5};

    peer.become_probe(log_index{2});
    EXPECT_EQ(peer.next, log_index{6});
    peer.become_replicate(log_index{9});
    EXPECT_EQ(peer.next, log_index{9});
    EXPECT_EQ(peer.state, progress::mode::replicate);
}

}  // namespace
