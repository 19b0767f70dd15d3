// SPDX-License-Identifier: Apache-2.0
#include "../../paper/paper_fixture.hpp"

#include <chronik/base/rare.hpp>

#include <gtest/gtest.h>

namespace {

using namespace chronik;
using namespace chronik::paper;

struct raft_sending : ::testing::Test {
    memory_store store = memory_store::of({1, 1, 1, 1, 1, 1, 1, 1});
    raft::log<memory_store> ours{store};
    raft::configuration members{{n(1), n(2), n(3)}, {}};
    raft::options limits = quick_options();
    raft::outbox mail{{t(1), n(1)}, 10};
    raft::effects out;
    rare<raft::snapshot> newest;
    time_point latest{};
    raft::leadership lead = raft::begin_leadership(members, n(1), i(1), time_point{});

    raft::sender<memory_store> wire() { return {ours, newest, members, n(1), lead, limits, mail, latest, out}; }
    raft::append_request const& sent(std::size_t at) { return std::get<raft::append_request>(out.messages[at].body()); }
};

TEST_F(raft_sending, probe_is_sent_once_until_it_is_answered) {
    wire().replicate(lead.peers[0]);
    wire().replicate(lead.peers[0]);

    ASSERT_EQ(out.messages.size(), 1U);
    EXPECT_EQ(sent(0).entries.size(), 8U);
    EXPECT_EQ(lead.peers[0].next, i(1));
}

TEST_F(raft_sending, stream_fills_the_window_and_no_more) {
    limits.append_bytes_max = 2 * (2 + raft::entry_overhead_bytes);
    limits.inflight_messages_max = 3;
    lead.peers[0].become_replicate(i(1));

    wire().replicate(lead.peers[0]);

    EXPECT_EQ(out.messages.size(), 3U);
    EXPECT_EQ(lead.peers[0].next, i(7));
    EXPECT_EQ(sent(2).prev_index, i(4));
}

TEST_F(raft_sending, learners_share_what_the_throttle_leaves_and_voters_wait_for_nobody) {
    constexpr std::size_t entry_cost = 2 + raft::entry_overhead_bytes;
    members = {{n(1), n(2)}, {n(3)}};
    limits.append_bytes_max = 2 * entry_cost;
    limits.catch_up_bytes_per_second = 20 * entry_cost;  // a message each 100 ms
    for (auto& peer : lead.peers) peer.become_replicate(i(1));

    for (auto& peer : lead.peers) wire().replicate(peer);
    EXPECT_EQ(lead.peers[0].next, i(9));
    EXPECT_EQ(lead.peers[1].next, i(3));
    EXPECT_EQ(lead.catch_up_wake_at(), latest + milliseconds{100} - raft::catch_up_throttle::burst);

    latest += milliseconds{89};
    wire().help_to_catch_up(latest);
    EXPECT_EQ(lead.peers[1].next, i(3));

    latest += milliseconds{1};
    wire().help_to_catch_up(latest);
    EXPECT_EQ(lead.peers[1].next, i(5));
    EXPECT_TRUE(lead.peers[1].held_back);

    members = {{n(1), n(2), n(3)}, {}};
    wire().replicate(lead.peers[1]);
    EXPECT_EQ(lead.peers[1].next, i(9)) << "a voter now";
    EXPECT_EQ(lead.catch_up_wake_at(), never);
}

TEST_F(raft_sending, a_learner_that_keeps_up_waits_for_no_timer) {
    constexpr std::size_t entry_cost = 2 + raft::entry_overhead_bytes;
    members = {{n(1), n(2)}, {n(3)}};
    limits.append_bytes_max = entry_cost;
    lead.peers[1].become_replicate(i(1));

    wire().replicate(lead.peers[1]);

    EXPECT_EQ(lead.peers[1].next, i(9)) << "eight messages at the same time";
    EXPECT_EQ(lead.catch_up_wake_at(), never);
}

TEST_F(raft_sending, heartbeats_start_a_round_and_repeat_no_entries) {
    wire().heartbeats(time_point{});
    EXPECT_EQ(sent(0).entries.size(), 8U) << "the first one carries what there is";
    out.clear();

    wire().heartbeats(time_point{});

    EXPECT_EQ(lead.round, 2U);
    ASSERT_EQ(out.messages.size(), 2U);
    EXPECT_TRUE(sent(0).entries.empty());
    EXPECT_EQ(sent(0).round, 2U);
}

TEST_F(raft_sending, rest_is_asked_of_all_in_a_last_round_and_ends_with_whatever_is_sent_next) {
    wire().rest();

    ASSERT_EQ(out.messages.size(), 2U);
    EXPECT_TRUE(sent(0).rest);
    EXPECT_TRUE(sent(0).entries.empty());
    EXPECT_EQ(lead.next_heartbeat, never);
    EXPECT_TRUE(lead.rest.active());
    out.clear();

    latest = time_point{} + limits.heartbeat_interval * 100;
    wire().replicate(lead.peers[0]);

    ASSERT_EQ(out.messages.size(), 1U);
    EXPECT_FALSE(sent(0).rest);
    EXPECT_FALSE(lead.rest.active());
    EXPECT_EQ(lead.next_heartbeat, latest + limits.heartbeat_interval) << "as if there had been heartbeats until now";
    EXPECT_EQ(lead.peers[1].last_contact, latest);
}

TEST_F(raft_sending, what_is_not_at_hand_is_told_once_in_a_round_and_not_sent) {
    store.away_to = i(4);
    auto& peer = lead.peers[0];
    peer.become_replicate(i(1));

    wire().replicate(peer);
    wire().replicate(peer);
    EXPECT_TRUE(out.messages.empty());
    EXPECT_EQ(out.wanted, std::vector{i(1)});
    ++lead.round;
    wire().replicate(peer);
    EXPECT_EQ(out.wanted.size(), 2U);

    peer.cold.ensure().at_hand_to = i(2);
    peer.cold->at_hand_until = never;
    wire().replicate(peer);
    ASSERT_EQ(out.messages.size(), 1U);
    EXPECT_EQ(sent(0).entries.size(), 2U);
    EXPECT_EQ(out.wanted.back(), i(3));

    store.away_to = {};
    wire().replicate(peer);
    EXPECT_EQ(peer.next, i(9));
}

TEST_F(raft_sending, what_was_brought_long_ago_is_asked_about_again) {
    store.away_to = i(4);
    limits.append_bytes_max = 2 * (2 + raft::entry_overhead_bytes);
    limits.inflight_messages_max = 1;
    auto& peer = lead.peers[0];
    peer.become_replicate(i(1));
    peer.cold.ensure().at_hand_to = i(4);
    peer.cold->at_hand_until = latest + milliseconds{1};

    wire().replicate(peer);
    EXPECT_EQ(peer.next, i(3));
    EXPECT_TRUE(out.wanted.empty());
    peer.window.clear();
    latest += milliseconds{1};
    wire().replicate(peer);

    EXPECT_EQ(peer.next, i(3));
    EXPECT_EQ(out.wanted, std::vector{i(3)});
}

TEST_F(raft_sending, a_probe_leaves_without_what_is_not_at_hand) {
    store.away_to = i(4);

    wire().replicate(lead.peers[0]);

    ASSERT_EQ(out.messages.size(), 1U);
    EXPECT_TRUE(sent(0).entries.empty());
    EXPECT_TRUE(lead.peers[0].probe_sent);
    EXPECT_TRUE(out.wanted.empty()) << "where the logs part is not known yet";
}

TEST_F(raft_sending, commit_is_told_once_to_those_who_need_nothing_else) {
    lead.peers[0].become_replicate(i(9));
    ours.commit_to(i(8));

    wire().spread_commit();
    wire().spread_commit();

    std::size_t told = 0;
    for (auto const& message : out.messages) told += message.to() == n(2) ? 1U : 0U;
    EXPECT_EQ(told, 1U);
    EXPECT_EQ(sent(0).commit_index, i(8));
}

}  // namespace
