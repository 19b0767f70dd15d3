// SPDX-License-Identifier: Apache-2.0
#include "paper_fixture.hpp"

#include <gtest/gtest.h>

// Raft paper (extended) section 6, and chapter 4 of the thesis: how members change.

namespace {

using namespace chronik;
using namespace chronik::paper;
using raft::role;

raft::configuration voters(std::initializer_list<std::uint32_t> nodes) {
    raft::configuration made;
    for (auto const node : nodes) made.voters.push_back(n(node));
    return made;
}

struct paper_membership : ::testing::Test {
    world w{3};
    raft::configuration const& of(std::uint32_t node) { return w.core_of(n(node)).members(); }

    void lead_by(std::uint32_t node) {
        w.start_all();
        w.elect(n(node));
    }
};

// Section 6: two steps, a joint configuration first; the leader takes the second one by itself.
TEST_F(paper_membership, many_voters_change_through_a_joint_configuration) {
    lead_by(1);
    for (std::uint32_t const fresh : {4U, 5U}) w.start_blank(n(fresh));

    auto const place = w.change(n(1), voters({1, 4, 5}));

    ASSERT_TRUE(place.has_value());
    EXPECT_TRUE(of(1).is_joint());
    EXPECT_EQ(of(1).outgoing, (std::vector{n(1), n(2), n(3)}));
    w.deliver_all();
    EXPECT_EQ(of(1), voters({1, 4, 5}));
    EXPECT_TRUE(w.core_of(n(1)).members_settled());
    EXPECT_EQ(w.core_of(n(4)).commit_index(), place->index + 1);
    EXPECT_EQ(of(5), voters({1, 4, 5}));
    EXPECT_EQ(std::get<raft::members_settled>(w.at(n(1)).events.back()), (raft::members_settled{place->index + 1}));
}

// Thesis 4.1: one voter at a time needs no joint phase.
TEST_F(paper_membership, one_voter_comes_or_goes_in_one_step) {
    lead_by(1);
    w.start_blank(n(4));

    auto const place = w.change(n(1), voters({1, 2, 3, 4}));

    ASSERT_TRUE(place.has_value());
    EXPECT_EQ(of(1), voters({1, 2, 3, 4}));
    w.deliver_all();
    EXPECT_EQ(w.core_of(n(4)).commit_index(), place->index);
    EXPECT_EQ(w.core_of(n(1)).last_index(), place->index);
}

// Section 6: in force as soon as it is in the log, whether or not it is committed.
TEST_F(paper_membership, configuration_is_in_force_from_append_and_again_after_a_restart) {
    lead_by(1);
    w.isolate(n(3));
    ASSERT_TRUE(w.change(n(1), voters({1, 2})).has_value());
    ASSERT_EQ(w.sent_to<raft::append_request>(n(2)).size(), 1U);
    w.deliver(0);

    EXPECT_EQ(of(1), voters({1, 2}));
    EXPECT_EQ(of(2), voters({1, 2}));
    EXPECT_FALSE(w.core_of(n(2)).members_settled());
    w.crash(n(2));
    w.start(n(2));
    EXPECT_EQ(of(2), voters({1, 2}));
}

// Thesis 4.1: a server falls back to what its log says when the newest entry is removed.
TEST_F(paper_membership, truncation_brings_the_older_configuration_back) {
    lead_by(1);
    w.isolate(n(1));
    ASSERT_TRUE(w.change(n(1), voters({1, 2})).has_value());
    w.run_for(milliseconds{1000});
    ASSERT_NE(w.leader(), n(1));
    w.heal();

    w.run_for(milliseconds{500});

    EXPECT_EQ(of(1), voters({1, 2, 3}));
    auto const& events = w.at(n(1)).events;
    EXPECT_NE(std::ranges::find(events, raft::event{raft::members_changed{i(0)}}), events.end());
}

// Section 6: while it lasts, agreement takes a majority of the old and one of the new set.
TEST_F(paper_membership, joint_commit_needs_both_majorities) {
    lead_by(1);
    for (std::uint32_t const fresh : {4U, 5U}) w.start_blank(n(fresh));
    w.cut = {{n(1), n(2)}, {n(1), n(3)}};
    log_index const before = w.core_of(n(1)).commit_index();

    ASSERT_TRUE(w.change(n(1), voters({1, 4, 5})).has_value());
    w.deliver_all();
    EXPECT_EQ(w.core_of(n(1)).commit_index(), before) << "the new set alone does not decide";
    w.heal();
    w.run_for(milliseconds{100});

    EXPECT_TRUE(w.core_of(n(1)).members_settled());
}

TEST_F(paper_membership, joint_election_needs_both_majorities) {
    lead_by(1);
    for (std::uint32_t const fresh : {4U, 5U}) w.start_blank(n(fresh));
    ASSERT_TRUE(w.change(n(1), voters({1, 4, 5})).has_value());
    // Everybody has the joint configuration, and nobody knows that it could be committed.
    for (std::size_t left = w.wire.size(); left > 0; --left) w.deliver(0);
    w.lose_all();
    for (node_id const node : {n(4), n(5), n(2)}) {
        w.cut.insert({node, n(1)});
        w.cut.insert({n(1), node});
    }
    for (int round = 0; round < 3 && !of(4).is_joint(); ++round) w.run_for(milliseconds{20});
    w.isolate(n(1));
    w.isolate(n(2));
    w.isolate(n(3));

    w.run_for(milliseconds{3000});

    EXPECT_FALSE(w.leader().has_value()) << "4 and 5 are a majority of the new set alone";
}

// Ongaro 2015, raft-dev; hydro 3192: refused until an entry of the own term is committed.
TEST_F(paper_membership, change_waits_for_the_first_commit_of_the_term) {
    w.start_all();
    w.campaign(n(1));
    w.deliver(0);
    w.deliver(0);
    w.deliver(0);
    ASSERT_EQ(w.core_of(n(1)).current_role(), role::leader);
    ASSERT_FALSE(w.core_of(n(1)).can_serve());

    EXPECT_EQ(w.change(n(1), voters({1, 2})).error(), errc::busy);
    w.deliver_all();
    EXPECT_TRUE(w.change(n(1), voters({1, 2})).has_value());
}

TEST_F(paper_membership, one_change_at_a_time_by_the_leader_to_something_that_can_be) {
    lead_by(1);
    EXPECT_EQ(w.change(n(2), voters({1, 2})).error(), errc::not_leader);
    EXPECT_EQ(w.change(n(1), {}).error(), errc::out_of_range);
    EXPECT_EQ(w.change(n(1), {.voters = {n(1)}, .learners = {n(1)}}).error(), errc::out_of_range);
    EXPECT_EQ(w.change(n(1), {.voters = {n(1), n(2)}, .outgoing = {n(3)}}).error(), errc::out_of_range);
    EXPECT_EQ(w.change(n(1), {.voters = {n(1), n(2), n(3)}, .witnesses = {n(3)}}).error(), errc::out_of_range);

    ASSERT_TRUE(w.change(n(1), voters({1, 2})).has_value());
    EXPECT_EQ(w.change(n(1), voters({1})).error(), errc::busy);
    w.deliver_all();
    EXPECT_TRUE(w.change(n(1), voters({1})).has_value());
}

// Thesis 4.2.2: a leader that is removed leads until the change is committed, without counting itself, and goes.
TEST_F(paper_membership, removed_leader_hands_over_when_the_change_is_committed) {
    lead_by(1);
    ASSERT_TRUE(w.change(n(1), voters({2, 3})).has_value());
    EXPECT_EQ(w.core_of(n(1)).current_role(), role::leader);
    w.isolate(n(3));
    w.deliver_all();
    EXPECT_FALSE(w.core_of(n(1)).members_settled()) << "2 alone is no majority of 2 and 3, and 1 does not count";

    w.heal();
    w.run_for(w.settings.heartbeat_interval * 3);

    ASSERT_TRUE(w.leader().has_value());
    EXPECT_NE(w.leader(), n(1));
    EXPECT_EQ(w.core_of(n(1)).current_role(), role::follower);
    EXPECT_EQ(w.core_of(n(1)).wake_at(), never);
    EXPECT_TRUE(w.propose(*w.leader()).has_value());
}

// Thesis 4.2.2, with the whole set replaced.
TEST_F(paper_membership, whole_group_moves_to_other_nodes) {
    lead_by(1);
    for (int k = 0; k < 20; ++k) ASSERT_TRUE(w.propose(n(1)).has_value());
    for (std::uint32_t const fresh : {4U, 5U, 6U}) w.start_blank(n(fresh));

    ASSERT_TRUE(w.change(n(1), voters({4, 5, 6})).has_value());
    w.run_for(milliseconds{500});

    ASSERT_TRUE(w.leader().has_value());
    EXPECT_GE(w.leader()->value, 4U);
    for (std::uint32_t const old : {1U, 2U, 3U}) w.crash(n(old));
    auto const place = w.propose(*w.leader());
    ASSERT_TRUE(place.has_value());
    w.run_for(milliseconds{100});
    for (std::uint32_t const fresh : {4U, 5U, 6U}) EXPECT_EQ(w.core_of(n(fresh)).commit_index(), place->index);
}

// NuRaft 67: a new leader ignored the change that its predecessor had begun.
TEST_F(paper_membership, next_leader_finishes_a_change_that_it_finds) {
    lead_by(1);
    for (std::uint32_t const fresh : {4U, 5U}) w.start_blank(n(fresh));
    ASSERT_TRUE(w.change(n(1), voters({3, 4, 5})).has_value());
    w.cut = {{n(2), n(1)}, {n(3), n(1)}, {n(4), n(1)}, {n(5), n(1)}};
    w.deliver_all();
    w.crash(n(1));
    // The blank ones have it after the leader has looked for where their logs part; one voter of each set is enough.
    ASSERT_TRUE(of(3).is_joint());
    w.heal();

    w.run_for(milliseconds{3000});

    ASSERT_TRUE(w.leader().has_value());
    EXPECT_EQ(w.core_of(*w.leader()).members(), voters({3, 4, 5}));
    EXPECT_TRUE(w.core_of(*w.leader()).members_settled());
}

// Thesis 4.2.2: who finds itself no voter any more may be the only one with a log long enough to win. It stands, and
// goes once it has committed the change. Found by seed 40 of three members in tests/simulation.
TEST_F(paper_membership, member_that_leaves_stands_for_election_while_that_is_not_committed) {
    memory_store longest = memory_store::of({1, 1, 1});
    longest.entries[2].kind = entry_kind::configuration;
    longest.entries[2].payload = raft::encode(voters({3}));
    w.start(n(1), longest);
    w.start(n(2), longest);
    w.start(n(3), memory_store::of({1, 1}));
    ASSERT_FALSE(of(1).is_voter(n(1)));

    w.run_for(milliseconds{3000});

    ASSERT_EQ(w.leader(), n(3));
    EXPECT_EQ(of(3), voters({3}));
    EXPECT_TRUE(w.core_of(n(3)).members_settled());
    EXPECT_EQ(w.core_of(n(1)).current_role(), role::follower);
}

// Thesis 4.2.3: who was removed and does not know it does not disturb.
TEST_F(paper_membership, removed_member_does_not_disturb) {
    lead_by(1);
    w.isolate(n(3));
    ASSERT_TRUE(w.change(n(1), voters({1, 2})).has_value());
    w.run_for(milliseconds{50});
    ASSERT_TRUE(w.core_of(n(1)).members_settled());
    w.heal();

    w.run_for(milliseconds{3000});

    EXPECT_EQ(of(3), voters({1, 2, 3})) << "it was cut off when it could have heard of it";
    EXPECT_EQ(w.leader(), n(1));
    EXPECT_EQ(w.core_of(n(1)).term(), t(1));
    EXPECT_EQ(w.core_of(n(2)).term(), t(1));
}

TEST_F(paper_membership, removed_member_that_can_be_reached_learns_it) {
    lead_by(1);
    ASSERT_TRUE(w.change(n(1), voters({1, 2})).has_value());
    w.deliver_all();

    EXPECT_EQ(of(3), voters({1, 2}));
    EXPECT_TRUE(w.core_of(n(3)).members_settled());
    EXPECT_EQ(w.core_of(n(3)).wake_at(), never);
    EXPECT_EQ(w.core_of(n(1)).peers(w.now).size(), 1U);
}

// etcd 11284: a member that is a voter only in entries it does not have yet must vote all the same.
TEST_F(paper_membership, member_that_does_not_know_yet_that_it_is_a_voter_votes) {
    w.start_blank(n(4));

    w.receive(n(2), n(4), raft::vote_request{t(3), i(5), t(2)});

    EXPECT_EQ(w.sent_to<raft::vote_response>(n(2)), (std::vector{raft::vote_response{t(3), true}}));
    EXPECT_EQ(w.core_of(n(4)).wake_at(), never);
}

TEST_F(paper_membership, malformed_configuration_is_no_part_of_any_log) {
    w.start_all();
    entry broken = item(1, 1, 0);
    broken.kind = entry_kind::configuration;
    broken.record_count = 0;

    w.receive(n(2), n(1), raft::append_request{t(1), i(0), t(0), i(0), 1, {broken}});

    EXPECT_EQ(w.core_of(n(1)).last_index(), i(0));
    EXPECT_EQ(w.core_of(n(1)).ignored().malformed, 1U);
}

// Hydro 3192, Ongaro 2015: two changes of one voter each, by two leaders, must not meet without a common member.
TEST(paper_membership_2015, concurrent_single_changes_do_not_decide_apart) {
    world w(4);
    w.start_all();
    w.elect(n(1));
    w.start_blank(n(5));
    w.isolate(n(1));
    // Leader 1 adds 5 without reaching anybody.
    ASSERT_TRUE(w.change(n(1), voters({1, 2, 3, 4, 5})).has_value());
    w.lose_all();
    // Leader 2 wants 1 to go, but it has committed nothing yet: with it, 2 and 3 could decide without 1, 4 and 5.
    w.now += w.settings.election_timeout_max;
    w.campaign(n(2));
    while (w.core_of(n(2)).current_role() != role::leader) w.deliver(0);
    EXPECT_EQ(w.change(n(2), voters({2, 3, 4})).error(), errc::busy);
    w.deliver_all();
    ASSERT_TRUE(w.change(n(2), voters({2, 3, 4})).has_value());
    w.deliver_all();
    w.heal();
    w.run_for(milliseconds{1000});

    EXPECT_EQ(w.leader(), n(2));
    EXPECT_EQ(w.core_of(n(2)).members(), voters({2, 3, 4}));
    EXPECT_EQ(w.core_of(n(1)).commit_index(), i(1)) << "its change was never decided";
}

struct paper_promotion : paper_membership {
    paper_promotion() {
        w.settings.new_voters = raft::promotion::when_caught_up;
        w.settings.promotion_lag_bytes_max = 1000;
    }
    void begin() {
        lead_by(1);
        w.start_blank(n(4));
        for (int k = 0; k < 5; ++k) ASSERT_TRUE(w.propose(n(1)).has_value());
        w.deliver_all();
    }
    raft::configuration learning(std::uint32_t node) {
        raft::configuration made = voters({1, 2, 3});
        made.learners = made.promoting = {n(node)};
        return made;
    }
};

// Thesis 4.2.1: a server that is added has no vote until it has caught up.
TEST_F(paper_promotion, who_shall_vote_learns_the_log_first) {
    begin();
    ASSERT_TRUE(w.change(n(1), voters({1, 2, 3, 4})).has_value());

    EXPECT_EQ(of(1), learning(4)) << "no quorum has grown";
    w.run_for(milliseconds{100});

    EXPECT_EQ(of(1), voters({1, 2, 3, 4}));
    EXPECT_EQ(of(4), voters({1, 2, 3, 4}));
    EXPECT_TRUE(w.core_of(n(1)).members_settled());
}

// Section 6: "the system may not be available" is what it avoids: nobody waits for who does not come.
TEST_F(paper_promotion, who_does_not_answer_never_votes_and_nobody_waits_for_it) {
    begin();
    w.isolate(n(4));
    w.isolate(n(3));
    ASSERT_TRUE(w.change(n(1), voters({1, 2, 3, 4})).has_value());

    w.run_for(milliseconds{2000});
    auto const place = w.propose(n(1));
    w.deliver_all();

    ASSERT_TRUE(place.has_value());
    EXPECT_EQ(of(1), learning(4));
    EXPECT_GE(w.core_of(n(1)).commit_index(), place->index) << "two of three are a quorum, two of four would not be";
}

// Thesis 4.2.1: a round that takes longer than an election shows that the others would wait for it.
TEST_F(paper_promotion, who_takes_long_for_a_round_goes_on_learning) {
    begin();
    ASSERT_TRUE(w.change(n(1), voters({1, 2, 3, 4})).has_value());
    auto const answer_of_4 = [&](std::uint64_t match) {
        raft::append_response made;
        made.term = w.core_of(n(1)).term();
        made.success = true;
        made.match_index = made.checked_index = i(match);
        made.round = 1;
        return made;
    };
    w.cut.insert({n(4), n(1)});
    w.deliver_all();
    log_index const end = w.core_of(n(1)).last_index();

    // It answers that it has nothing yet: a round begins, and ends after 150 ms.
    w.receive(n(4), n(1), answer_of_4(0));
    w.now += milliseconds{150};
    w.receive(n(4), n(1), answer_of_4(end.value));
    EXPECT_EQ(of(1), learning(4)) << "too slow";

    w.now += milliseconds{50};
    w.receive(n(4), n(1), answer_of_4(end.value));
    EXPECT_EQ(of(1), voters({1, 2, 3, 4})) << "the next round was quick";
}

TEST_F(paper_promotion, who_lacks_much_goes_on_learning_however_fast_it_is) {
    begin();
    ASSERT_TRUE(w.change(n(1), voters({1, 2, 3, 4})).has_value());
    w.deliver_all();
    w.isolate(n(4));
    ASSERT_TRUE(w.propose(n(1), std::string(2000, 'x')).has_value());
    w.deliver_all();
    raft::append_response made;
    made.term = w.core_of(n(1)).term();
    made.success = true;
    made.match_index = made.checked_index = w.core_of(n(1)).last_index() - 1;
    made.round = 1;

    for (int again = 0; again < 3; ++again) w.receive(n(4), n(1), made);

    EXPECT_EQ(of(1), learning(4));
}

// A replacement is one change: nobody leaves before the other may vote.
TEST_F(paper_promotion, who_leaves_stays_until_the_newcomer_has_caught_up) {
    begin();
    w.isolate(n(4));
    ASSERT_TRUE(w.change(n(1), voters({1, 2, 4})).has_value());
    w.run_for(milliseconds{1000});
    EXPECT_EQ(of(1), learning(4));

    w.heal();
    w.run_for(milliseconds{200});

    EXPECT_EQ(of(1), voters({1, 2, 4}));
    EXPECT_EQ(of(4), voters({1, 2, 4}));
}

TEST_F(paper_promotion, a_learner_that_keeps_up_becomes_a_voter_at_once) {
    begin();
    raft::configuration with_learner = voters({1, 2, 3});
    with_learner.learners = {n(4)};
    ASSERT_TRUE(w.change(n(1), with_learner).has_value());
    w.run_for(milliseconds{200});
    EXPECT_EQ(of(1), with_learner) << "nobody said that it shall vote";

    ASSERT_TRUE(w.change(n(1), voters({1, 2, 3, 4})).has_value());

    EXPECT_EQ(of(1), voters({1, 2, 3, 4}));
}

// That it shall vote is in the log: another leader goes on with it.
TEST_F(paper_promotion, the_next_leader_promotes_who_has_caught_up) {
    begin();
    w.isolate(n(4));
    ASSERT_TRUE(w.change(n(1), voters({1, 2, 3, 4})).has_value());
    w.deliver_all();
    w.crash(n(1));
    w.heal();

    w.run_for(milliseconds{2000});

    ASSERT_TRUE(w.leader().has_value());
    EXPECT_EQ(of(w.leader()->value), voters({1, 2, 3, 4}));
}

TEST_F(paper_promotion, another_change_takes_the_place_of_one_that_waits) {
    begin();
    w.isolate(n(4));
    ASSERT_TRUE(w.change(n(1), voters({1, 2, 4})).has_value());
    w.deliver_all();

    ASSERT_TRUE(w.change(n(1), voters({1, 2, 3})).has_value());
    w.heal();
    w.run_for(milliseconds{500});

    EXPECT_EQ(of(1), voters({1, 2, 3}));
    EXPECT_TRUE(w.core_of(n(1)).members_settled());
}

// Several newcomers that are only marked are each promoted when they are ready.
TEST_F(paper_promotion, who_is_ready_does_not_wait_for_who_is_not) {
    begin();
    w.start_blank(n(5));
    w.isolate(n(5));
    raft::configuration marked = voters({1, 2, 3});
    marked.learners = marked.promoting = {n(4), n(5)};
    ASSERT_TRUE(w.change(n(1), marked).has_value());
    w.run_for(milliseconds{500});

    raft::configuration expected = voters({1, 2, 3, 4});
    expected.learners = expected.promoting = {n(5)};
    EXPECT_EQ(of(1), expected);
}

}  // namespace
