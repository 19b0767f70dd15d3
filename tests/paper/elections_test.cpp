// SPDX-License-Identifier: Apache-2.0
#include "paper_fixture.hpp"

#include <gtest/gtest.h>

namespace {

using namespace chronik;
using namespace chronik::paper;
using raft::role;

// "When servers start up, they begin as followers." Section 5.2
TEST(paper_elections, members_start_as_followers_and_wait_a_random_time) {
    world w(3);
    w.start_all();

    std::set<time_point> deadlines;
    for (auto& [node, m] : w.members) {
        EXPECT_EQ(m.core->current_role(), role::follower);
        EXPECT_GE(m.core->wake_at(), w.now + w.settings.election_timeout_min);
        EXPECT_LE(m.core->wake_at(), w.now + w.settings.election_timeout_max);
        deadlines.insert(m.core->wake_at());
    }
    EXPECT_EQ(deadlines.size(), 3U);
}

// "To begin an election, a follower increments its current term and transitions to candidate state. It then votes
// for itself and issues RequestVote RPCs in parallel to each of the other servers in the cluster." Section 5.2
TEST(paper_elections, candidate_votes_for_itself_and_asks_all_others) {
    world w(3);
    w.start_all();

    w.campaign(n(1));

    EXPECT_EQ(w.core_of(n(1)).current_role(), role::candidate);
    EXPECT_EQ(w.at(n(1)).disk.hard, (raft::hard_state{t(1), n(1)}));
    EXPECT_EQ(w.sent_to<raft::vote_request>(n(2)).size(), 1U);
    EXPECT_EQ(w.sent_to<raft::vote_request>(n(3)).size(), 1U);
}

// "A candidate wins an election if it receives votes from a majority of the servers in the full cluster for the same
// term." Section 5.2
TEST(paper_elections, candidate_wins_with_a_majority_and_not_before) {
    world w(5);
    w.start_all();
    w.campaign(n(1));
    w.lose_all();

    w.receive(n(2), n(1), raft::vote_response{t(1), true});
    EXPECT_EQ(w.core_of(n(1)).current_role(), role::candidate);
    w.receive(n(2), n(1), raft::vote_response{t(1), true});
    EXPECT_EQ(w.core_of(n(1)).current_role(), role::candidate) << "a repeated vote counts once";
    w.receive(n(3), n(1), raft::vote_response{t(1), true});
    EXPECT_EQ(w.core_of(n(1)).current_role(), role::leader);
}

// "Each server will vote for at most one candidate in a given term, on a first-come-first-served basis." Section 5.2
TEST(paper_elections, follower_votes_once_in_a_term_also_after_a_restart) {
    world w(3);
    w.start_all();

    w.receive(n(2), n(1), raft::vote_request{t(1), i(0), t(0)});
    w.crash(n(1));
    w.start(n(1));
    w.receive(n(3), n(1), raft::vote_request{t(1), i(0), t(0)});
    w.receive(n(2), n(1), raft::vote_request{t(1), i(0), t(0)});

    EXPECT_EQ(w.sent_to<raft::vote_response>(n(3)), (std::vector{raft::vote_response{t(1), false}}));
    EXPECT_EQ(w.sent_to<raft::vote_response>(n(2)).size(), 2U);
    EXPECT_TRUE(w.sent_to<raft::vote_response>(n(2)).back().granted) << "the same candidate may ask again";
}

// "If the leader's term (included in its RPC) is at least as large as the candidate's current term, then the
// candidate recognizes the leader as legitimate and returns to follower state." Section 5.2
TEST(paper_elections, candidate_follows_a_leader_of_its_term_and_keeps_its_vote) {
    world w(3);
    w.start_all();
    w.campaign(n(1));

    w.receive(n(2), n(1), raft::append_request{t(1), i(0), t(0), i(0), 1, {}});

    EXPECT_EQ(w.core_of(n(1)).current_role(), role::follower);
    EXPECT_EQ(w.core_of(n(1)).leader(), n(2));
    EXPECT_EQ(w.at(n(1)).disk.hard, (raft::hard_state{t(1), n(1)}));
}

// "If the term in the RPC is smaller than the candidate's current term, then the candidate rejects the RPC and
// continues in candidate state." Section 5.2
TEST(paper_elections, candidate_refuses_a_leader_of_an_older_term) {
    world w(3);
    w.start(n(1), memory_store::of({}, {t(4), no_node}));
    w.call(n(1), [&](core& c, raft::effects& out) { c.campaign(w.now, out); });
    w.receive(n(2), n(1), raft::pre_vote_response{t(5), true});
    ASSERT_EQ(w.core_of(n(1)).current_role(), role::candidate);

    w.receive(n(2), n(1), raft::append_request{t(4), i(0), t(0), i(0), 1, {}});

    EXPECT_EQ(w.core_of(n(1)).current_role(), role::candidate);
    ASSERT_EQ(w.sent_to<raft::append_response>(n(2)).size(), 1U);
    EXPECT_EQ(w.sent_to<raft::append_response>(n(2))[0].term, t(5));
}

// "Raft uses randomized election timeouts to ensure that split votes are rare and that they are resolved quickly."
// Section 5.2
TEST(paper_elections, split_vote_is_resolved_by_the_next_random_timeout) {
    world w(4);
    w.start_all();
    w.campaign(n(1));
    w.campaign(n(2));
    w.cut = {{n(1), n(4)}, {n(2), n(3)}, {n(1), n(2)}, {n(2), n(1)}};
    w.deliver_all();
    ASSERT_FALSE(w.leader().has_value());

    w.heal();
    w.run_for(milliseconds{2000});

    EXPECT_TRUE(w.leader().has_value());
}

// "If a candidate or leader discovers that its term is out of date, it immediately reverts to follower state."
// Section 5.1
TEST(paper_elections, leader_that_learns_a_newer_term_steps_down) {
    world w(3);
    w.start_all();
    w.elect(n(1));

    raft::append_response newer;
    newer.term = t(7);
    w.receive(n(2), n(1), newer);

    EXPECT_EQ(w.core_of(n(1)).current_role(), role::follower);
    EXPECT_EQ(w.core_of(n(1)).term(), t(7));
    EXPECT_EQ(w.at(n(1)).disk.hard, (raft::hard_state{t(7), no_node}));
}

// "If a server receives a request with a stale term number, it rejects the request." Section 5.1
TEST(paper_elections, request_of_an_old_term_is_refused_with_the_newer_one) {
    world w(3);
    w.start(n(1), memory_store::of({}, {t(3), no_node}));

    w.receive(n(2), n(1), raft::vote_request{t(2), i(9), t(2)});

    EXPECT_EQ(w.sent_to<raft::vote_response>(n(2)), (std::vector{raft::vote_response{t(3), false}}));
}

// "The voter denies its vote if its own log is more up-to-date than that of the candidate." Section 5.4.1
TEST(paper_elections, voter_denies_a_candidate_with_an_older_log) {
    struct sample {
        std::vector<std::uint64_t> voter;
        std::uint64_t last_term;
        std::uint64_t last_index;
        bool granted;
    };
    for (sample const& s : {sample{{1}, 1, 1, true}, sample{{1}, 1, 2, true}, sample{{1, 1}, 1, 1, false},
                            sample{{1}, 2, 1, true}, sample{{1, 1}, 2, 1, true}, sample{{2}, 1, 1, false},
                            sample{{2}, 1, 5, false}}) {
        world w(3);
        w.start(n(1), memory_store::of(s.voter));
        w.receive(n(2), n(1), raft::vote_request{t(3), i(s.last_index), t(s.last_term)});
        ASSERT_EQ(w.sent_to<raft::vote_response>(n(2)).size(), 1U);
        EXPECT_EQ(w.sent_to<raft::vote_response>(n(2))[0].granted, s.granted) << s.last_term << ' ' << s.last_index;
    }
}

// "Persistent state on all servers: (Updated on stable storage before responding to RPCs)". Figure 2
TEST(paper_elections, vote_leaves_only_after_it_is_durable) {
    world w(3);
    w.slow_disks = true;
    w.start_all();

    w.receive(n(2), n(1), raft::vote_request{t(1), i(0), t(0)});
    EXPECT_TRUE(w.wire.empty());
    w.sync(n(1));

    EXPECT_EQ(w.sent_to<raft::vote_response>(n(2)), (std::vector{raft::vote_response{t(1), true}}));
}

// "Servers retry RPCs if they do not receive a response in a timely manner." Section 5.1
TEST(paper_elections, candidate_asks_those_again_who_have_not_answered) {
    world w(3);
    w.start_all();
    w.campaign(n(1));
    w.lose_all();

    w.now += w.settings.vote_retry_interval;
    ASSERT_LE(w.core_of(n(1)).wake_at(), w.now);
    w.tick(n(1));

    EXPECT_EQ(w.all_sent<raft::vote_request>().size(), 2U);
}

// Thesis section 9.6: "a candidate only increments its term if it first learns from a majority of the cluster that
// they would be willing to grant the candidate their votes."
TEST(paper_pre_vote, isolated_member_does_not_raise_its_term) {
    world w(3);
    w.start_all();
    w.elect(n(1));
    w.isolate(n(3));

    w.run_for(milliseconds{2000});

    EXPECT_EQ(w.core_of(n(3)).current_role(), role::pre_candidate);
    EXPECT_EQ(w.core_of(n(3)).term(), t(1));
    w.heal();
    w.run_for(milliseconds{500});
    EXPECT_EQ(w.leader(), n(1)) << "the leader is not disturbed by who comes back";
    EXPECT_EQ(w.core_of(n(1)).term(), t(1));
}

// Thesis section 9.6: votes are granted only if the voters "have not received heartbeats from a valid leader for at
// least a baseline election timeout."
TEST(paper_pre_vote, follower_refuses_while_it_hears_a_leader) {
    world w(3);
    w.start_all();
    w.elect(n(1));
    w.run_for(milliseconds{50});
    w.lose_all();

    w.receive(n(3), n(2), raft::pre_vote_request{t(2), i(9), t(1)});
    w.receive(n(3), n(1), raft::pre_vote_request{t(2), i(9), t(1)});

    EXPECT_EQ(w.sent_to<raft::pre_vote_response>(n(3)),
              (std::vector{raft::pre_vote_response{t(1), false}, raft::pre_vote_response{t(1), false}}));
}

// The baseline is of a leader that was heard: who has just started has heard none, whatever the time is.
TEST(paper_pre_vote, member_that_starts_has_heard_no_leader) {
    for (auto const since : {milliseconds{0}, milliseconds{10}, milliseconds{100'000}}) {
        world w(3);
        w.now = time_point{} + since;
        w.start_all();

        w.receive(n(2), n(3), raft::pre_vote_request{t(1), i(0), t(0)});

        EXPECT_EQ(w.sent_to<raft::pre_vote_response>(n(2)), (std::vector{raft::pre_vote_response{t(1), true}}));
    }
}

// Section 6: "servers disregard RequestVote RPCs when they believe a current leader exists."
TEST(paper_pre_vote, vote_request_does_not_depose_a_leader_that_is_heard) {
    world w(3);
    w.start_all();
    w.elect(n(1));
    w.run_for(milliseconds{50});
    w.lose_all();

    w.receive(n(3), n(2), raft::vote_request{t(9), i(9), t(1)});
    w.receive(n(3), n(1), raft::vote_request{t(9), i(9), t(1)});

    EXPECT_EQ(w.core_of(n(2)).term(), t(1));
    EXPECT_EQ(w.core_of(n(1)).current_role(), role::leader);
}

// Thesis section 6.2: "a leader in Raft steps down if an election timeout elapses without a successful round of
// heartbeats to a majority of its cluster."
TEST(paper_check_quorum, leader_without_a_quorum_steps_down) {
    world w(3);
    w.start_all();
    w.elect(n(1));
    w.isolate(n(1));

    w.run_for(w.settings.election_timeout_max + w.settings.heartbeat_interval);

    EXPECT_NE(w.core_of(n(1)).current_role(), role::leader);
    EXPECT_EQ(w.propose(n(1)).error(), errc::not_leader);
}

TEST(paper_check_quorum, leader_with_one_silent_follower_stays) {
    world w(3);
    w.start_all();
    w.elect(n(1));
    w.isolate(n(3));

    w.run_for(milliseconds{2000});

    EXPECT_EQ(w.leader(), n(1));
    auto const peers = w.core_of(n(1)).peers(w.now);
    ASSERT_EQ(peers.size(), 2U);
    EXPECT_TRUE(peers[0].recently_active);
    EXPECT_FALSE(peers[1].recently_active);
}

struct paper_suspicion : ::testing::Test {
    world w{3};
    void SetUp() override {
        w.start_all();
        w.elect(n(1));
        w.run_for(milliseconds{50});
    }
    void suspect(std::uint32_t node, std::uint32_t lost) {
        w.call(n(node), [&](core& c, raft::effects&) { c.suspect(n(lost), w.now); });
    }
};

// Section 5.2 has followers wait for the timeout because silence alone says little. A reset connection says more.
TEST_F(paper_suspicion, a_leader_that_is_known_to_be_gone_is_replaced_before_the_timeout) {
    w.crash(n(1));
    for (std::uint32_t const node : {2U, 3U}) suspect(node, 1);

    w.run_for(w.settings.election_timeout_min - milliseconds{10});

    ASSERT_TRUE(w.leader().has_value());
    EXPECT_EQ(w.core_of(*w.leader()).term(), t(2));
}

TEST_F(paper_suspicion, a_leader_that_is_there_ends_it_with_its_next_heartbeat) {
    for (std::uint32_t const node : {2U, 3U}) suspect(node, 1);

    w.run_for(milliseconds{1000});

    EXPECT_EQ(w.leader(), n(1));
    EXPECT_EQ(w.core_of(n(1)).term(), t(1));
    EXPECT_EQ(w.core_of(n(2)).leader(), n(1));
}

// Thesis 9.6: the others hear the leader, so who alone has lost it changes nothing.
TEST_F(paper_suspicion, who_alone_has_lost_the_leader_disturbs_nobody) {
    w.cut.insert({n(1), n(2)}), w.cut.insert({n(2), n(1)});
    suspect(2, 1);

    w.run_for(milliseconds{500});

    EXPECT_EQ(w.leader(), n(1));
    EXPECT_EQ(w.core_of(n(1)).term(), t(1)) << "no vote was ever asked for";
    EXPECT_EQ(w.core_of(n(2)).current_role(), role::pre_candidate);
}

TEST_F(paper_suspicion, the_loss_of_anybody_else_means_nothing) {
    time_point const before = w.core_of(n(2)).wake_at();
    suspect(2, 3);
    EXPECT_EQ(w.core_of(n(2)).wake_at(), before);

    time_point const of_leader = w.core_of(n(1)).wake_at();
    suspect(1, 2);
    EXPECT_EQ(w.core_of(n(1)).wake_at(), of_leader);
    EXPECT_EQ(w.core_of(n(1)).current_role(), role::leader);
}

// Who should lead only if nobody better can: the others' turn comes first, and it still stands when they are gone.
TEST(paper_elections, a_member_of_a_later_rank_stands_after_the_others) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        world w(3, quick_options(), seed);
        w.settings.election_rank = 1;
        w.start(n(1));
        w.settings.election_rank = 0;
        w.start_all();

        w.run_for(milliseconds{1000});
        ASSERT_TRUE(w.leader().has_value());
        EXPECT_NE(w.leader(), n(1)) << "seed " << seed;

        // It alone has the newest log, so nobody else can win.
        w.isolate(w.leader() == n(2) ? n(3) : n(2));
        ASSERT_TRUE(w.propose(*w.leader()).has_value());
        w.deliver_all();
        w.crash(*w.leader());
        w.heal();
        w.run_for(milliseconds{2000});
        EXPECT_EQ(w.leader(), n(1)) << "seed " << seed;
    }
}

struct paper_stalled_disk : ::testing::Test {
    world w{3};
    std::set<node_id> stalled;

    void SetUp() override {
        w.start_all();
        w.elect(n(1));
        w.slow_disks = true;
    }
    /// As world::run_for, with the disks of those that are not stalled.
    void run_for(milliseconds span) {
        for (time_point const end = w.now + span; w.now < end; w.now += milliseconds{5}) {
            for (auto& [node, m] : w.members) {
                if (m.core->wake_at() <= w.now) w.tick(node);
            }
            for (int round = 0; round < 3; ++round) {
                w.deliver_all();
                for (auto& [node, m] : w.members) {
                    if (!stalled.contains(node)) w.sync(node);
                }
            }
        }
    }
};

// Thesis 10.2.1 lets a leader commit before its own disk has an entry; this is the other side of it.
TEST_F(paper_stalled_disk, a_leader_whose_disk_has_stopped_hands_over) {
    stalled = {n(1)};
    ASSERT_TRUE(w.propose(n(1)).has_value());
    run_for(milliseconds{150});
    ASSERT_EQ(w.core_of(n(1)).current_role(), role::leader) << "not before an election timeout";
    EXPECT_EQ(w.core_of(n(1)).commit_index(), i(2)) << "the others have committed it";

    run_for(milliseconds{300});

    EXPECT_NE(w.core_of(n(1)).current_role(), role::leader);
    ASSERT_TRUE(w.leader().has_value());
    EXPECT_EQ(w.terms(*w.leader()).size(), 3U) << "with all that was committed";
}

TEST_F(paper_stalled_disk, a_disk_that_is_slow_and_gets_on_is_no_reason) {
    for (int each = 0; each < 10; ++each) {
        stalled = {n(1)};
        ASSERT_TRUE(w.propose(n(1)).has_value());
        run_for(milliseconds{80});
        stalled.clear();
        run_for(milliseconds{25});
    }
    EXPECT_EQ(w.core_of(n(1)).current_role(), role::leader);
    EXPECT_EQ(w.core_of(n(1)).term(), t(1));
}

TEST_F(paper_stalled_disk, when_every_disk_has_stopped_nobody_would_do_better) {
    stalled = {n(1), n(2), n(3)};
    ASSERT_TRUE(w.propose(n(1)).has_value());
    run_for(milliseconds{1000});

    EXPECT_EQ(w.leader(), n(1));
    EXPECT_FALSE(w.core_of(n(1)).transferring());
}

}  // namespace
