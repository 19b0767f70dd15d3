// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/detail/leading.hpp>

namespace chronik::raft::detail {

// How a member comes to lead, and how it helps another to.
// source   Raft paper (extended) sections 5.2 and 5.4.1; thesis 9.6 (pre-vote) and 3.10 (transfer)

template <log_view Store>
void request_votes(member<Store>& my, time_point now, effects& out) {
    log_position const end = my.end_of_log();
    for (node_id const voter : everyone(my.members())) {
        if (voter == my.self || !my.members().is_voter(voter)) continue;
        if (my.votes->answer_of(voter) != answer::missing) continue;
        if (my.role == role::pre_candidate) {
            my.mail.send(voter, pre_vote_request{log_term{my.term().value + 1}, end.index, end.term}, out);
        } else {
            my.mail.send(voter, vote_request{my.term(), end.index, end.term, my.by_transfer}, out);
        }
    }
    my.clock.retry_after(my.settings, now);
}

template <log_view Store>
void ask_again(member<Store>& my, time_point now, effects& out) {
    // Requests that still wait for the disk are not doubled.
    if (my.mail.state_durable()) request_votes(my, now, out); else my.clock.retry_after(my.settings, now);
}

template <log_view Store>
void stand_for_election(member<Store>& my, bool transfer, time_point now, effects& out) {
    if (my.term() >= log_term_max) return;
    my.enter_term({log_term{my.term().value + 1}, my.self});
    my.role = role::candidate;
    my.leader = no_node;
    my.by_transfer = transfer;
    my.fail_reads(out);
    my.clock.restart(my.settings, now);
    out.events.push_back(became_candidate{my.term()});
    my.votes.emplace();
    request_votes(my, now, out);
}

template <log_view Store>
void count_votes_of(member<Store>& my, time_point now, effects& out) {
    vote_state const state = my.votes->count(my.members());
    if (state == vote_state::lost) return my.follow(my.term(), no_node, now, out);
    if (state == vote_state::pending) return;
    if (my.role == role::pre_candidate) stand_for_election(my, false, now, out); else become_leader(my, now, out);
}

template <log_view Store>
void ask_for_pre_votes(member<Store>& my, time_point now, effects& out) {
    if (my.term() >= log_term_max) return my.clock.restart(my.settings, now);
    my.role = role::pre_candidate;
    my.leader = no_node;
    my.following.resting = false;
    my.clock.forget_leader();
    my.clock.restart(my.settings, now);
    my.fail_reads(out);
    out.events.push_back(became_pre_candidate{my.term()});
    my.votes.emplace();
    my.votes->record(my.members(), my.self, true);
    request_votes(my, now, out);
    count_votes_of(my, now, out);
}

/// The own vote counts like any other: from when it cannot be forgotten.
template <log_view Store>
void count_own_vote_if_durable(member<Store>& my, time_point now, effects& out) {
    if (my.role != role::candidate || !my.mail.state_durable()) return;
    my.votes->record(my.members(), my.self, true);
    count_votes_of(my, now, out);
}

template <log_view Store>
void on(member<Store>& my, node_id from, pre_vote_request&& request, time_point now, effects& out) {
    bool const granted = my.may_vote() && !my.is_disturbed_by_elections(now) && request.term > my.term() &&
                         is_up_to_date({request.last_term, request.last_index}, my.end_of_log());
    // A refusal carries our term: the asker adopts it, or it would ask for ever with a term that nobody accepts.
    if (granted || my.term() != log_term{}) {
        my.mail.send(from, pre_vote_response{granted ? request.term : my.term(), granted}, out);
    }
}

template <log_view Store>
void on(member<Store>& my, node_id from, pre_vote_response&& response, time_point now, effects& out) {
    if (!response.granted) {
        if (response.term > my.term()) return my.follow(response.term, no_node, now, out);
    } else if (response.term.value != my.term().value + 1) {
        return;
    }
    if (my.role != role::pre_candidate) return;
    my.votes->record(my.members(), from, response.granted);
    count_votes_of(my, now, out);
}

template <log_view Store>
void on(member<Store>& my, node_id from, vote_request&& request, time_point now, effects& out) {
    bool const may_depose = request.transfer || !my.is_disturbed_by_elections(now);
    if (request.term > my.term() && may_depose) my.follow(request.term, no_node, now, out);
    bool granted = false;
    if (request.term == my.term() && my.leader == no_node) {
        node_id const vote = my.mail.state().vote;
        bool const complete = my.may_vote() && is_up_to_date({request.last_term, request.last_index}, my.end_of_log());
        granted = my.doubt == no_doubt && (vote == from || (vote == no_node && complete));
        if (granted && vote == no_node) my.give_vote(from, out);
        if (granted && my.role == role::pre_candidate) my.follow(my.term(), no_node, now, out);
        if (granted) my.clock.restart(my.settings, now);
    }
    if (my.term() != log_term{}) my.mail.send(from, vote_response{my.term(), granted}, out);
}

template <log_view Store>
void on(member<Store>& my, node_id from, vote_response&& response, time_point now, effects& out) {
    if (response.term > my.term()) return my.follow(response.term, no_node, now, out);
    if (my.role != role::candidate || response.term != my.term()) return;
    my.votes->record(my.members(), from, response.granted);
    count_votes_of(my, now, out);
}

template <log_view Store>
void on(member<Store>& my, node_id from, timeout_now&& order, time_point now, effects& out) {
    bool const from_leader = order.term == my.term() && my.role == role::follower && my.leader == from;
    if (from_leader && my.can_lead() && my.may_vote()) stand_for_election(my, true, now, out);
}

}  // namespace chronik::raft::detail
