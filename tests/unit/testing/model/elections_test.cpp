// SPDX-License-Identifier: Apache-2.0
#include "unit/testing/model/forged_trace.hpp"

#include <chronik/testing/model/elections.hpp>
#include <chronik/testing/model/state.hpp>

namespace chronik::testing::model {
namespace {

struct testing_model_elections : forged_trace {};

TEST_F(testing_model_elections, an_election_is_allowed) {
    begin();
    elect(one, 1, two);
    elect(two, 2, three);
    expect_allowed();
}

TEST_F(testing_model_elections, a_later_last_term_is_more_up_to_date_than_a_longer_log) {
    EXPECT_GT((position{{2}, {1}}), (position{{1}, {9}}));
    EXPECT_GT((position{{2}, {2}}), (position{{2}, {1}}));
}

TEST_F(testing_model_elections, a_term_goes_up) {
    begin();
    hear(one, two, asks_for_vote(3));
    write(one, raft::hard_state{{3}, no_node});
    expect_allowed();
    write(one, raft::hard_state{{2}, no_node});
    expect_denied("goes back from term 3 to term 2");
}

TEST_F(testing_model_elections, a_term_in_memory_goes_up) {
    begin();
    elect(one, 1, two);
    memory[one].now = {};
    turn(one);
    expect_denied("goes back to an earlier term");
}

TEST_F(testing_model_elections, a_term_is_heard_of) {
    begin();
    hear(one, two, asks_first(3));
    write(one, raft::hard_state{{3}, no_node});
    expect_denied("enters term 3, of which nobody has told it");
}

TEST_F(testing_model_elections, a_vote_is_given_once) {
    begin();
    stand(one, 1, two);
    vote(two, one, 1);
    hear(two, three, asks_for_vote(1));
    write(two, raft::hard_state{{1}, three});
    expect_denied("gives its vote of term 1 to another");
}

TEST_F(testing_model_elections, a_vote_is_told_to_one_alone) {
    begin();
    stand(one, 1, two);
    vote(two, one, 1);
    write_durably(two, raft::hard_state{{2}, two});
    found = {};
    say(two, three, raft::vote_response{.term = {1}, .granted = true});
    expect_denied("votes twice in term 1");
}

TEST_F(testing_model_elections, a_vote_is_durable_when_it_is_told) {
    begin();
    stand(one, 1, two);
    write_durably(two, raft::hard_state{{1}, no_node});
    write(two, raft::hard_state{{1}, one});
    say(two, one, raft::vote_response{.term = {1}, .granted = true});
    expect_denied("says that it has voted for node 1 before that is durable");
}

TEST_F(testing_model_elections, a_term_is_durable_when_it_is_told) {
    begin();
    hear(two, one, asks_for_vote(1));
    write(two, raft::hard_state{{1}, no_node});
    say(two, one, raft::vote_response{.term = {1}, .granted = false});
    expect_denied("shows term 1 before that is durable");
}

TEST_F(testing_model_elections, who_gets_a_vote_has_asked) {
    begin();
    hear(two, three, asks_for_vote(1));
    write(two, raft::hard_state{{1}, one});
    expect_denied("votes for node 1, which has not asked");
}

TEST_F(testing_model_elections, who_gets_a_vote_has_all_that_the_voter_has) {
    begin();
    elect(one, 1, two);
    replicate(one, two, 1);
    expect_allowed();
    hear(two, three, asks_for_vote(2));
    write(two, raft::hard_state{{2}, three});
    expect_denied("votes for node 3, whose log is not as up to date as its own");
}

TEST_F(testing_model_elections, who_stands_has_asked_first) {
    begin();
    elect(one, 1, two);
    found = {};
    hear(two, one, append_of(one, 1));
    write(two, raft::hard_state{{1}, one});
    write(two, raft::hard_state{{2}, two});
    expect_denied("no quorum has said that it would vote for it");
}

TEST_F(testing_model_elections, who_was_ordered_to_stand_need_not_ask) {
    begin();
    elect(one, 1, two);
    replicate(one, two, 1);
    say(one, two, raft::timeout_now{.term = {1}});
    hear(two, one, raft::timeout_now{.term = {1}});
    write_durably(two, raft::hard_state{{2}, two});
    auto asks = vote_request_of(two);
    asks.transfer = true;
    say(two, one, asks);
    expect_allowed();
}

TEST_F(testing_model_elections, nobody_pretends_to_be_ordered) {
    begin();
    stand(one, 1, two);
    auto asks = vote_request_of(one);
    asks.transfer = true;
    say(one, two, asks);
    expect_denied("as if the leader of the term before had ordered it");
}

TEST_F(testing_model_elections, orders_come_from_the_leader) {
    begin();
    elect(one, 1, two);
    say(two, three, raft::timeout_now{.term = {1}});
    expect_denied("orders an election in a term that it does not lead");
}

TEST_F(testing_model_elections, one_stands_in_the_next_term) {
    begin();
    write(one, raft::hard_state{{2}, one});
    expect_denied("which is not the term after its own");
}

TEST_F(testing_model_elections, a_vote_is_asked_for_with_the_own_log) {
    begin();
    stand(one, 1, two);
    say(one, two, raft::vote_request{.term = {1}, .last_index = {5}, .last_term = {1}});
    expect_denied("another end of its log than it has");
}

TEST_F(testing_model_elections, who_asks_for_votes_stands) {
    begin();
    hear(one, two, asks_for_vote(1));
    write_durably(one, raft::hard_state{{1}, no_node});
    say(one, three, vote_request_of(one));
    expect_denied("in which it does not stand");
}

TEST_F(testing_model_elections, a_pre_vote_asks_with_the_own_log_and_the_next_term) {
    begin();
    say(one, two, raft::pre_vote_request{.term = {1}, .last_index = {1}, .last_term = {1}});
    expect_denied("claims more of the log than it has");
    found = {};
    say(one, two, asks_first(2));
    expect_denied("asks about a term that is not the next one");
}

TEST_F(testing_model_elections, a_pre_vote_is_for_who_asked_with_such_a_log) {
    begin();
    elect(one, 1, two);
    replicate(one, two, 1);
    say(two, three, raft::pre_vote_response{.term = {2}, .granted = true});
    expect_denied("would vote for node 3, which has not asked");
    found = {};
    hear(two, three, asks_first(2));
    say(two, three, raft::pre_vote_response{.term = {2}, .granted = true});
    expect_denied("would vote for node 3, whose log is not as up to date as its own");
}

TEST_F(testing_model_elections, who_leads_has_a_quorum) {
    begin();
    stand(one, 1, two);
    win(one, 1);
    expect_denied("no quorum of its members has voted for it");
}

TEST_F(testing_model_elections, who_leads_has_its_own_vote_on_disk) {
    begin();
    write(one, raft::hard_state{{1}, one});
    hear(one, two, raft::vote_response{.term = {1}, .granted = true});
    write(one, {}, {no_op(1, 1)});
    allowed.event(one, group, raft::became_leader{{1}});
    expect_denied("before its own vote is durable");
}

TEST_F(testing_model_elections, a_term_has_one_leader) {
    begin();
    elect(one, 1, two);
    hear(three, two, raft::vote_response{.term = {1}, .granted = true});
    write_durably(three, raft::hard_state{{1}, three});
    found = {};
    win(three, 1);
    expect_denied_after_all("leads in term 1, which has a leader");
}

TEST_F(testing_model_elections, a_leader_has_what_is_committed) {
    begin();
    elect(one, 1, two);
    replicate(one, two, 1);
    commit(one, 1);
    expect_allowed();
    hear(three, two, raft::pre_vote_response{.term = {2}, .granted = true});
    hear(three, one, has_all_to(0, 1));
    write(three, raft::hard_state{{1}, no_node});
    write_durably(three, raft::hard_state{{2}, three});
    hear(three, two, raft::vote_response{.term = {2}, .granted = true});
    win(three, 2);
    expect_denied("without index 1, which is committed");
}

TEST_F(testing_model_elections, who_is_late_to_lead_an_old_term_need_not_have_what_newer_ones_committed) {
    begin();
    stand(one, 1, two);
    vote(two, one, 1);
    elect(two, 2, three);
    replicate(two, three, 1);
    commit(two, 1);
    win(one, 1);
    expect_allowed();
}

TEST_F(testing_model_elections, in_a_joint_configuration_both_sets_elect) {
    begin({.voters = {two, three}, .outgoing = {one}});
    write_durably(two, raft::hard_state{{1}, two});
    hear(two, three, raft::vote_response{.term = {1}, .granted = true});
    win(two, 1);
    expect_denied("no quorum of its members has voted for it");
}

TEST_F(testing_model_elections, a_witness_never_leads) {
    allowed.is_witness(one);
    begin();
    write_durably(one, raft::hard_state{{1}, one});
    expect_denied("stands for election: it is a witness");
    found = {};
    hear(one, two, raft::vote_response{.term = {1}, .granted = true});
    win(one, 1);
    expect_denied("leads: it is a witness");
}

TEST_F(testing_model_elections, a_witness_is_not_ordered_to_stand) {
    allowed.is_witness(two);
    begin();
    elect(one, 1, two);
    say(one, two, raft::timeout_now{.term = {1}});
    expect_denied("orders a witness to stand for election");
}

TEST_F(testing_model_elections, who_is_followed_was_elected) {
    begin();
    allowed.event(one, group, raft::became_follower{{4}, two});
    expect_denied("follows node 2, which was not elected in term 4");
}

TEST_F(testing_model_elections, what_was_promised_outlives_a_crash) {
    begin();
    stand(one, 1, two);
    vote(two, one, 1);
    restart(two, {{1}, one});
    expect_allowed();
    restart(two, {{1}, no_node});
    expect_denied("comes back without its vote of term 1");
    found = {};
    restart(two, {{0}, no_node});
    expect_denied("comes back in term 0, and was in term 1");
}

TEST_F(testing_model_elections, who_left_may_begin_anew_when_nobody_counts_on_it_any_more) {
    begin();
    elect(one, 1, two);
    replicate(one, two, 1);
    commit(one, 1);
    EXPECT_FALSE(allowed.left_at(three, group)) << "it votes";

    write_durably(one, {}, {members(2, 1, {.voters = {one, two}})});
    EXPECT_FALSE(allowed.left_at(three, group)) << "that it left is not committed";
    replicate(one, two, 2);
    commit(one, 2);
    EXPECT_EQ(allowed.left_at(three, group), (raft::log_position{{1}, {2}}));

    write_durably(one, {}, {members(3, 1, {.voters = {one, two, three}})});
    EXPECT_FALSE(allowed.left_at(three, group)) << "somebody has it among the members again";
    EXPECT_EQ(allowed.voters_over_time(group), (std::vector<std::size_t>{3, 2}));
    expect_allowed();
}

TEST_F(testing_model_elections, who_begins_anew_has_promised_nothing_and_knows_a_term_from_elsewhere) {
    begin();
    stand(one, 1, three);
    vote(three, one, 1);
    allowed.forgets(three);
    disks.wiped(three);
    restart(three, {});
    allowed.hears_of(three, group, {1});
    write_durably(three, raft::hard_state{{1}, no_node});
    expect_allowed();
}

}  // namespace
}  // namespace chronik::testing::model
