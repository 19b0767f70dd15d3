// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/election.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace {

using namespace chronik;
using namespace chronik::raft;

TEST(raft_election, later_last_term_wins_then_the_longer_log) {
    log_position const ours{log_term{3}, log_index{5}};

    EXPECT_TRUE(is_up_to_date({log_term{4}, log_index{1}}, ours));
    EXPECT_TRUE(is_up_to_date(ours, ours));
    EXPECT_TRUE(is_up_to_date({log_term{3}, log_index{6}}, ours));
    EXPECT_FALSE(is_up_to_date({log_term{3}, log_index{4}}, ours));
    EXPECT_FALSE(is_up_to_date({log_term{2}, log_index{9}}, ours));
}

TEST(raft_election, ballot_counts_voters_once_and_others_never) {
    configuration const members{{{1}, {2}, {3}}, {{4}}};
    ballot votes;
    votes.open();

    votes.record(members, {1}, true);
    votes.record(members, {1}, true);
    votes.record(members, {4}, true);
    votes.record(members, {9}, true);
    EXPECT_EQ(votes.count(members), vote_state::pending);
    votes.record(members, {2}, true);
    EXPECT_EQ(votes.count(members), vote_state::won);
    votes.open();
    EXPECT_EQ(votes.count(members), vote_state::pending);
}

TEST(raft_election, timeouts_are_random_within_their_bounds_and_repeat_by_seed) {
    options const timing;
    time_point const now{};
    election_clock clock(5, now);
    election_clock twin(5, now);
    for (int k = 0; k < 1000; ++k) {
        clock.restart(timing, now);
        twin.restart(timing, now);
        EXPECT_GE(clock.deadline() - now, timing.election_timeout_min);
        EXPECT_LE(clock.deadline() - now, timing.election_timeout_max);
        EXPECT_EQ(clock.deadline(), twin.deadline());
    }
}

TEST(raft_election, a_suspicion_is_shorter_than_a_timeout_and_leaves_a_heartbeat_time_to_end_it) {
    options const timing;
    time_point const now{};
    election_clock clock(5, now);
    for (int k = 0; k < 1000; ++k) {
        clock.restart(timing, now);
        clock.heard_leader(now);
        clock.suspect(timing, now);
        EXPECT_GT(clock.deadline() - now, timing.heartbeat_interval);
        EXPECT_LT(clock.deadline() - now, timing.election_timeout_min);
        EXPECT_FALSE(clock.trusts_leader(timing, now)) << "whoever asks may take over";
    }
    clock.restart(timing, now);
    EXPECT_GE(clock.deadline() - now, timing.election_timeout_min) << "the leader was heard again";
}

TEST(raft_election, each_rank_waits_until_the_one_before_has_had_its_time) {
    options first;
    options second;
    second.election_rank = 1;
    election_clock clock(5, time_point{});
    time_point latest{};
    time_point latest_suspicious{};
    for (int k = 0; k < 100; ++k) {
        clock.restart(first, time_point{});
        latest = std::max(latest, clock.deadline());
        clock.suspect(first, time_point{});
        latest_suspicious = std::max(latest_suspicious, clock.deadline());
    }
    for (int k = 0; k < 100; ++k) {
        clock.restart(second, time_point{});
        EXPECT_GE(clock.deadline(), time_point{} + first.election_timeout_max);
        EXPECT_GE(clock.deadline(), latest);
        clock.suspect(second, time_point{});
        EXPECT_GT(clock.deadline(), latest_suspicious);
    }
}

TEST(raft_election, a_suspicion_never_makes_the_wait_longer) {
    options timing;
    timing.heartbeat_interval = timing.election_timeout_min - duration{1};
    election_clock clock(5, time_point{});
    clock.restart(timing, time_point{});
    time_point const before = clock.deadline();

    clock.suspect(timing, before - duration{1});

    EXPECT_EQ(clock.deadline(), before);
}

TEST(raft_election, leader_is_trusted_for_the_minimum_timeout) {
    options const timing;
    election_clock clock(1, time_point{});
    // None was heard yet, and that is not "at some time": who starts helps others at once, whatever its clock says.
    for (time_point const now : {time_point{}, time_point{} + timing.election_timeout_min, never - duration{1}})
        EXPECT_FALSE(clock.trusts_leader(timing, now));

    clock.heard_leader(time_point{});
    EXPECT_TRUE(clock.trusts_leader(timing, time_point{} + timing.election_timeout_min - duration{1}));
    EXPECT_FALSE(clock.trusts_leader(timing, time_point{} + timing.election_timeout_min));
    clock.forget_leader();
    EXPECT_FALSE(clock.trusts_leader(timing, time_point{}));
}

}  // namespace
