// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/detail/doubting.hpp>
#include <chronik/raft/detail/leading.hpp>
#include <chronik/raft/detail/obeying.hpp>

#include <optional>
#include <utility>

namespace chronik::raft::detail {

// The state in place of the entries that made it: sent by a leader to whom lacks what is compacted, gathered and
// installed by a follower.
// source   Raft paper (extended) section 7, figure 13 "InstallSnapshot RPC"; thesis chapter 5

template <log_view Store>
void answer_snapshot(member<Store>& my, node_id to, snapshot_info const& about, snapshot_progress progress,
                     std::uint64_t offset, effects& out) {
    my.mail.send(to, snapshot_answer{my.term(), about.last_index, about.last_term, progress, offset, my.doubt}, out);
}

/// True if everything in the snapshot is in this member's log already: then its entries are worth more than the state.
template <log_view Store>
bool holds_all_of(member<Store> const& my, snapshot_info const& info) {
    if (info.last_index <= my.log.commit_index()) return true;
    auto const term = my.log.term_at(info.last_index);
    return term && *term == info.last_term;
}

template <log_view Store>
void on(member<Store>& my, node_id from, snapshot_chunk&& chunk, time_point now, effects& out) {
    snapshot_info const info = chunk.info;
    if (chunk.term < my.term()) return answer_snapshot(my, from, info, snapshot_progress::receiving, 0, out);
    if (!is_well_formed(info) || !obey(my, from, chunk.term, now, out)) {
        return static_cast<void>(++my.ignored.ensure().malformed);
    }

    if (holds_all_of(my, info)) {
        my.commit_to(info.last_index, out);
        // What is held but not durable yet soon will be, and the leader asks again.
        bool const durable = my.log.stable_index() >= info.last_index && my.mail.install_durable();
        if (durable) answer_snapshot(my, from, info, snapshot_progress::installed, 0, out);
        return;
    }
    if (my.settings.snapshot_bytes_max == 0) {
        return answer_snapshot(my, from, info, snapshot_progress::refused, 0, out);
    }
    auto taken = my.gathering.ensure().take(std::move(chunk), my.settings.snapshot_bytes_max);
    switch (taken.what) {
        case snapshot_receiver::verdict::store: out.part = std::move(taken.part); return;
        case snapshot_receiver::verdict::answer: return say_how_far(my, out);
        case snapshot_receiver::verdict::too_large:
            return answer_snapshot(my, from, info, snapshot_progress::refused, 0, out);
        case snapshot_receiver::verdict::wait: return;
        case snapshot_receiver::verdict::malformed: ++my.ignored.ensure().malformed; return;
    }
}

/// Tells the leader how much of the snapshot that is being gathered is here.
template <log_view Store>
void say_how_far(member<Store>& my, effects& out) {
    bool const gathers = my.gathering && my.gathering->current();
    if (!gathers || my.role != role::follower || my.leader == no_node) return;
    snapshot_info const& current = *my.gathering->current();
    answer_snapshot(my, my.leader, current, snapshot_progress::receiving, my.gathering->offset(), out);
}

/// The piece that the driver was given is where it belongs.
template <log_view Store>
void part_stored(member<Store>& my, effects& out) {
    CHRONIK_ASSERT(my.gathering.has_value());
    my.gathering->stored();
    say_how_far(my, out);
}

/// It is not, or the whole is not what was promised: all of it is fetched again.
template <log_view Store>
void part_failed(member<Store>& my, bool understood, effects& out) {
    auto const gathered = std::exchange(my.gathering, std::nullopt);
    bool const given_up = gathered && gathered->current();
    if (!given_up || my.role != role::follower || my.leader == no_node) return;
    auto const progress = understood ? snapshot_progress::receiving : snapshot_progress::refused;
    answer_snapshot(my, my.leader, *gathered->current(), progress, 0, out);
}

template <log_view Store>
bool can_install(member<Store> const& my, snapshot_info const& info) {
    return my.gathering && my.gathering->current() == info && !my.leads() && !holds_all_of(my, info);
}

/// The log gives way to the snapshot; said to the leader once that is durable.
template <log_view Store>
void install(member<Store>& my, snapshot whole, time_point now, effects& out) {
    CHRONIK_ASSERT(can_install(my, whole.info));
    my.entries_received = now;
    my.gathering.reset();
    my.log.replace(whole.info.last_index, whole.info.last_term, whole.info.next_offset);
    bool const others = my.members() != whole.info.members;
    my.membership.restart_from(whole.info.members, whole.info.last_index);
    my.following = {};
    my.mail.install(whole.info);
    my.installing = whole.info;
    my.own_snapshot = std::move(whole);
    if (others) out.events.push_back(members_changed{my.membership.index()});
    out.events.push_back(commit_advanced{my.log.commit_index()});
}

template <log_view Store>
void finish_install_if_durable(member<Store>& my, effects& out) {
    if (!my.installing || !my.mail.install_durable()) return;
    auto const done = *std::exchange(my.installing, std::nullopt);
    out.events.push_back(snapshot_installed{done.last_index});
    if (my.role != role::follower || my.leader == no_node) return;
    answer_snapshot(my, my.leader, done, snapshot_progress::installed, 0, out);
}

template <log_view Store>
void on(member<Store>& my, node_id from, snapshot_answer&& answer, time_point now, effects& out) {
    if (answer.term > my.term()) return my.follow(answer.term, no_node, now, out);
    if (answer.term < my.term() || !my.leads()) return;
    progress* peer = my.lead->find(from);
    if (peer == nullptr) return static_cast<void>(++my.ignored.ensure().strangers);
    if (!heed_doubt(my, *peer, answer.doubt, 0, now, out)) return;
    peer->last_contact = now;
    if (!peer->sending) return;
    switch (peer->sending->take(answer, my.settings, now)) {
        case snapshot_sender::outcome::ignored: return;
        case snapshot_sender::outcome::proceed: return wire(my, out).send_snapshot(*peer, now);
        case snapshot_sender::outcome::installed: break;
    }
    peer->match = std::max(peer->match, peer->sending->info().last_index);
    peer->become_replicate(peer->match + 1);
    advance_commit(my, now, out);
    settle_doubts(my);
    peer = my.leads() ? my.lead->find(from) : nullptr;
    if (peer == nullptr) return;
    wire(my, out).replicate(*peer);
    if (my.lead->transfer.target() == from) hand_over_if_ready(my, now, out);
}

}  // namespace chronik::raft::detail
