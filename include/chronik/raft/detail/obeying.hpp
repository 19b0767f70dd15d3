// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/detail/member.hpp>

#include <algorithm>
#include <utility>

namespace chronik::raft::detail {

// What a follower does with what its leader sends.
// source   Raft paper (extended) section 5.3, figure 2 "AppendEntries RPC"

template <log_view Store>
void answer(member<Store>& my, node_id to, append_response&& response, effects& out) {
    response.doubt = my.doubt;
    my.mail.send(to, std::move(response), out);
}

template <log_view Store>
void acknowledge(member<Store>& my, effects& out) {
    answer(my, my.leader, my.following.answer(my.term(), my.log.stable_index(), my.settings.inflight_bytes_max), out);
}

/// One answer for all that the disk has caught up with.
template <log_view Store>
void acknowledge_what_is_durable(member<Store>& my, effects& out) {
    // A log that is being replaced proves nothing yet.
    if (!my.mail.install_durable()) return;
    bool const more = my.following.durable(my.log.stable_index()) > my.following.acknowledged;
    if (my.role == role::follower && my.leader != no_node && more) acknowledge(my, out);
}

/// Takes the sender for the leader of its term, which is not below ours. False if the term has another one.
template <log_view Store>
bool obey(member<Store>& my, node_id from, log_term term, time_point now, effects& out) {
    bool const second_leader = term == my.term() && my.leader != no_node && my.leader != from;
    if (second_leader) return false;
    bool const is_new = term > my.term() || my.role != role::follower || my.leader != from;
    if (is_new) my.follow(term, from, now, out);
    my.following.resting = false;
    my.clock.heard_leader(now);
    my.clock.restart(my.settings, now);
    return true;
}

/// The log ends where it agrees with the leader's, and all of it is durable and committed.
template <log_view Store>
bool has_everything(member<Store> const& my, log_index checked) {
    log_index const last = my.log.last_index();
    return checked == last && my.log.stable_index() == last && my.log.commit_index() == last;
}

/// The leader has found this member sound. What it was found by is looked at once more here: durable, and committed.
template <log_view Store>
void end_doubt_if_sound(member<Store>& my, append_request const& told) {
    if (my.doubt == no_doubt || told.sound != my.doubt || my.mail.ends_doubt()) return;
    bool const has_all = my.following.durable(my.log.stable_index()) >= told.sound_from;
    if (has_all && my.log.commit_index() >= told.sound_from) my.mail.end_doubt();
}

/// From here on it may vote, and stand for election if no leader is heard.
template <log_view Store>
void finish_doubt_if_durable(member<Store>& my, time_point now, effects& out) {
    if (my.doubt == no_doubt || !my.mail.doubt_is_over()) return;
    out.events.push_back(doubt_ended{std::exchange(my.doubt, no_doubt)});
    my.clock.restart(my.settings, now);
}

template <log_view Store>
void on(member<Store>& my, node_id from, append_request&& request, time_point now, effects& out) {
    if (request.term < my.term()) {
        // The sender learns that its term is over, and that it cannot lead this member.
        append_response response{};
        response.term = my.term();
        return answer(my, from, std::move(response), out);
    }
    if (!is_well_formed(request) || !obey(my, from, request.term, now, out)) {
        return static_cast<void>(++my.ignored.ensure().malformed);
    }
    // The leader sends again; until the disk has the snapshot, an answer would promise what a crash takes back.
    if (!my.mail.install_durable()) return my.ignored.ensure().count(acceptance::overloaded);

    append_outcome const outcome = accept(my.log, request, my.settings.unstable_bytes_max);
    if (outcome.verdict == acceptance::refused) {
        return answer(my, from, my.following.refusal(my.term(), outcome, request, my.settings.inflight_bytes_max), out);
    }
    if (outcome.verdict != acceptance::accepted) return my.ignored.ensure().count(outcome.verdict);
    if (outcome.truncated) my.truncated_from(*outcome.truncated, out);
    if (outcome.configured) my.take_configurations_from(*outcome.configured, out);
    if (!request.entries.empty()) my.entries_received = now;
    my.following.take(request, outcome.checked);
    // What this request has proven, not what the log happens to hold beyond it.
    my.commit_to(std::min(request.commit_index, outcome.checked), out);
    end_doubt_if_sound(my, request);
    my.following.resting = request.rest && my.settings.rests && my.doubt == no_doubt &&
                           has_everything(my, outcome.checked);
    if (my.following.resting) my.give_back();
    bool const owes = my.following.owes_answer(!request.entries.empty(), outcome.checked, my.log.stable_index());
    if (owes) acknowledge(my, out);
}

}  // namespace chronik::raft::detail
