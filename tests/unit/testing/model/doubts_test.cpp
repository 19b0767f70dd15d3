// SPDX-License-Identifier: Apache-2.0
#include "unit/testing/model/forged_trace.hpp"

#include <chronik/testing/model/doubts.hpp>

namespace chronik::testing::model {
namespace {

constexpr doubt_token token{4};

/// Node one leads term 1, and two has all of its log; three comes back with nothing, in doubt.
struct testing_model_doubts : forged_trace {
    void SetUp() override {
        begin();
        elect(one, 1, two);
        replicate(one, two, 1);
        commit(one, 1);
        hear(three, one, heartbeat(1));
        write_durably(three, raft::hard_state{{1}, no_node});
        come_back_in_doubt();
        expect_allowed();
    }
    void come_back_in_doubt() {
        allowed.repaired(three);
        restart(three, {{1}, no_node});
        allowed.started(three, group, first_members, token);
    }
    /// What three says, in doubt or as if it were not.
    void answers(std::uint64_t match, doubt_token said) {
        auto done = has_all_to(match, 1);
        done.doubt = said;
        say(three, one, done);
        hear(one, three, done);
    }
    void sends(node_id to, std::uint64_t first) {
        auto const sent = append_of(one, first);
        say(one, to, sent);
        hear(to, one, sent);
        write_durably(to, {}, sent.entries);
    }
    /// One has heard of the doubt, and appended what ends it.
    void the_doubt_is_known() {
        answers(0, token);
        write_durably(one, {}, {no_op(2, 1)});
        sends(three, 1);
        answers(2, token);
    }
    /// In one turn: what ends it is committed, and the member tells of another one.
    void a_newer_doubt_is_heard_of_in_the_turn_that_ends_it() {
        the_doubt_is_known();
        sends(two, 2);
        acknowledge(two, one, 2);
        commit(one, 2);
        auto newer = has_all_to(0, 1);
        newer.doubt = doubt_token{5};
        hear(one, three, newer);
    }
    void finds_sound(std::uint64_t from) {
        auto told = heartbeat(1, memory[one].commit.value);
        told.sound = token;
        told.sound_from = {from};
        say(one, three, told);
        hear(three, one, told);
    }
};

TEST_F(testing_model_doubts, a_member_comes_out_of_doubt_when_it_was_found_sound) {
    the_doubt_is_known();
    sends(two, 2);
    acknowledge(two, one, 2);
    commit(one, 2);
    finds_sound(2);
    allowed.event(three, group, raft::doubt_ended{token});
    expect_allowed();
    answers(2, no_doubt);
    hear(three, two, asks_for_vote(2));
    expect_allowed();
}

TEST_F(testing_model_doubts, it_does_not_vote) {
    hear(three, two, asks_for_vote(2));
    write(three, raft::hard_state{{2}, two});
    expect_denied("takes part in an election, and is in doubt");
}

TEST_F(testing_model_doubts, it_does_not_say_that_it_would_vote) {
    raft::pre_vote_request const asks{.term = {2}, .last_index = {1}, .last_term = {1}};
    hear(three, two, asks);
    say(three, two, raft::pre_vote_response{.term = {2}, .granted = true});
    expect_denied("takes part in an election, and is in doubt");
}

TEST_F(testing_model_doubts, it_does_not_stand) {
    write(three, raft::hard_state{{2}, three});
    expect_denied("takes part in an election, and is in doubt");
}

TEST_F(testing_model_doubts, it_says_so) {
    answers(0, no_doubt);
    expect_denied("answers without saying that it is in doubt");
}

TEST_F(testing_model_doubts, it_is_not_counted) {
    the_doubt_is_known();
    expect_allowed();
    commit(one, 2);
    expect_denied("commits index 2: no quorum has told it, and no leader either");
}

TEST_F(testing_model_doubts, it_is_counted_when_the_others_have_committed_what_came_after) {
    the_doubt_is_known();
    sends(two, 2);
    acknowledge(two, one, 2);
    commit(one, 2);
    write_durably(one, {}, {no_op(3, 1)});
    sends(three, 3);
    answers(3, token);
    commit(one, 3);
    expect_allowed();
}

TEST_F(testing_model_doubts, it_is_not_found_sound_before_the_others_have_committed) {
    the_doubt_is_known();
    finds_sound(2);
    expect_denied("finds node 3 sound from index 2, and it is not");
}

TEST_F(testing_model_doubts, it_is_not_found_sound_by_what_it_may_have_lost) {
    the_doubt_is_known();
    sends(two, 2);
    acknowledge(two, one, 2);
    commit(one, 2);
    finds_sound(1);
    expect_denied("finds node 3 sound from index 1, which is older than its doubt");
}

// Both answers came in one turn: what the first one proves leaves after the second one was heard.
TEST_F(testing_model_doubts, that_it_was_found_sound_may_be_told_when_a_newer_doubt_has_been_heard_of) {
    a_newer_doubt_is_heard_of_in_the_turn_that_ends_it();
    finds_sound(2);
    expect_allowed();
}

TEST_F(testing_model_doubts, that_it_was_found_sound_is_not_told_in_a_later_turn_than_a_newer_doubt_was_heard_of) {
    a_newer_doubt_is_heard_of_in_the_turn_that_ends_it();
    turn(one);
    expect_allowed();
    finds_sound(2);
    expect_denied("finds node 3 sound of a doubt that it has not heard of");
}

TEST_F(testing_model_doubts, what_was_not_found_sound_is_not_told_so_when_a_newer_doubt_has_been_heard_of) {
    the_doubt_is_known();
    auto newer = has_all_to(0, 1);
    newer.doubt = doubt_token{5};
    hear(one, three, newer);
    finds_sound(2);
    expect_denied("finds node 3 sound of a doubt that it has not heard of");
}

TEST_F(testing_model_doubts, it_does_not_come_out_by_itself) {
    allowed.event(three, group, raft::doubt_ended{token});
    expect_denied("comes out of doubt, and nobody has found it sound");
}

TEST_F(testing_model_doubts, what_was_sent_before_the_damage_is_not_counted_after_it) {
    the_doubt_is_known();
    write_durably(one, {}, {no_op(3, 1)});
    hear(one, three, has_all_to(3, 1));
    commit(one, 3);
    expect_denied("commits index 3: no quorum has told it, and no leader either");
}

TEST_F(testing_model_doubts, who_answers_without_it_what_left_after_it_was_heard_of_is_counted) {
    the_doubt_is_known();
    auto beat = append_of(one, 3);
    beat.round = 1;
    say(one, three, beat);
    hear(one, three, has_all_to(2, 1, 1));
    commit(one, 2);
    expect_allowed();
}

}  // namespace
}  // namespace chronik::testing::model
