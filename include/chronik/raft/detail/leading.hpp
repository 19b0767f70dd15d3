// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/detail/doubting.hpp>
#include <chronik/raft/detail/reading.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace chronik::raft::detail {

// What a leader does: appends, replicates, counts, and makes room when it cannot.
// source   Raft paper (extended) sections 5.3 and 5.4.2; thesis 3.10 and 6.2

template <log_view Store>
void become_leader(member<Store>& my, time_point now, effects& out) {
    CHRONIK_ASSERT(my.mail.state_durable());
    CHRONIK_ASSERT(my.mail.state().vote == my.self);
    my.role = role::leader;
    my.leader = my.self;
    my.votes.reset();
    my.lead = begin_leadership(my.members(), my.self, my.log.last_index() + 1, now);
    my.lead->lease.begin(my.settings, my.entries_received, my.log.last_index() == log_index{});
    out.events.push_back(became_leader{my.term()});
    my.lead->lease.appended(append(my, entry_kind::no_op, {}, 0).index, now);
    wire(my, out).heartbeats(now);
}

/// Afterwards it may lead no more: who is no member any longer makes room.
template <log_view Store>
void advance_commit(member<Store>& my, time_point now, effects& out) {
    log_index const agreed = durable_on_quorum(my.members(), my.self, *my.lead, my.log);
    if (agreed <= my.log.commit_index()) return;
    // Only entries of the own term are committed by counting; those before come along.
    if (my.log.term_at(agreed) != my.term() || !my.lead->lease.may_commit(now)) return;
    // Whoever may make room below cannot tell it later.
    bool const stays = my.is_settled() && !my.lead->leaving && !my.lead->transfer.active();
    my.commit_to(agreed, out);
    my.lead->pending.committed(agreed);
    my.lead->lease.committed(agreed, my.settings);
    if (out.will_release && stays) out.to_release = true; else wire(my, out).spread_commit();
    finish_reads(my, now, out);
    continue_change(my, now, out);
    promote_who_has_caught_up(my, now, out);
}

/// The others commit without this member's disk, so nobody notices that it has stopped until it is needed. Who leads
/// then holds everything up: it hands over to somebody whose disk gets on.
template <log_view Store>
void hand_over_if_disk_stalls(member<Store>& my, time_point now, effects& out) {
    my.lead->own_disk.look(my.log.stable_index(), my.log.last_index(), now);
    if (my.lead->transfer.active() || !my.lead->own_disk.is_stalled(my.settings.election_timeout_max, now)) return;
    node_id const successor = best_successor(my, now);
    progress const* const peer = my.lead->find(successor);
    if (peer == nullptr || peer->match <= my.log.stable_index()) return;
    my.begin_transfer(successor, now, out);
    hand_over_if_ready(my, now, out);
}

/// There are others, each has everything and has answered the last round, and no further round might end anything.
template <log_view Store>
bool may_rest(member<Store> const& my) {
    log_index const last = my.log.last_index();
    bool const done = my.log.commit_index() == last && my.log.stable_index() == last && my.lead->reads.empty() &&
                      my.is_settled() && my.members().promoting.empty() && !my.lead->planned && !my.lead->leaving &&
                      !my.lead->transfer.active() && my.lead->lease.deferred_until() == never;
    if (!my.settings.rests || !done || my.lead->peers.empty()) return false;
    return std::ranges::all_of(my.lead->peers, [&](progress const& peer) {
        return peer.state == progress::mode::replicate && peer.match == last &&
               peer.round_answered == my.lead->round && peer.doubt.counts() && !peer.doubt.says_so();
    });
}

template <log_view Store>
void rest(member<Store>& my, effects& out) {
    wire(my, out).rest();
    my.give_back();
}

template <log_view Store>
void tick_leader(member<Store>& my, time_point now, effects& out) {
    if (now >= my.lead->transfer.deadline()) {
        my.end_transfer(out);
        if (my.lead->leaving) return my.follow(my.term(), no_node, now, out);
    }
    wire(my, out).help_to_catch_up(now);
    bool const deferral_ends = now >= my.lead->lease.deferred_until() && my.lead->lease.may_commit(now);
    if (deferral_ends) advance_commit(my, now, out);
    if (!my.leads()) return;
    if (now < my.lead->next_heartbeat) return;
    // Whoever cannot reach a quorum cannot commit; it makes room instead of holding clients and followers.
    if (now - quorum_contact(my.members(), my.self, *my.lead, now) >= my.settings.election_timeout_max) {
        return my.follow(my.term(), no_node, now, out);
    }
    if (may_rest(my)) return rest(my, out);
    wire(my, out).heartbeats(now);
    finish_reads(my, now, out);
    hand_over_if_ready(my, now, out);
    if (my.leads()) hand_over_if_disk_stalls(my, now, out);
}

template <log_view Store>
void send_what_is_at_hand(member<Store>& my, log_index first, log_index last, effects& out) {
    for (progress& peer : my.lead->peers) {
        if (!peer.cold || peer.cold->wanted < first || peer.cold->wanted > last) continue;
        peer.cold->wanted = {};
        peer.cold->at_hand_to = last;
        peer.cold->at_hand_until = my.latest + my.settings.election_timeout_min;
        wire(my, out).replicate(peer);
    }
}

template <log_view Store>
result<accepted> propose(member<Store>& my, entry_kind kind, shared_bytes&& payload, std::uint32_t record_count) {
    // Members change by change_members() alone.
    CHRONIK_ASSERT(kind != entry_kind::configuration);
    if (!my.leads()) return failure(errc::not_leader);
    if (my.lead->transfer.active()) return failure(errc::busy);
    if (my.log.next_offset() + record_count > log_offset_max) return failure(errc::too_large);
    std::size_t const cost = payload.size() + entry_overhead_bytes;
    if (!my.lead->pending.has_room(cost, my.settings.uncommitted_bytes_max)) return failure(errc::busy);
    // The others can commit without this member's disk; what that disk still owes must not grow for it.
    if (my.log.unstable_bytes() >= my.settings.unstable_bytes_max) return failure(errc::busy);

    entry const& made = append(my, kind, std::move(payload), record_count);
    my.lead->pending.add(made.index, cost);
    my.lead->lease.appended(made.index, my.latest);
    return accepted{made.index, made.term, made.base_offset};
}

template <log_view Store>
result<void> transfer_to(member<Store>& my, node_id target, time_point now, effects& out) {
    if (!my.leads()) return failure(errc::not_leader);
    if (my.lead->transfer.active()) return failure(errc::busy);
    bool const may_lead = my.members().is_voter(target) && !my.members().is_witness(target);
    if (target == my.self || !may_lead) return failure(errc::out_of_range);
    if (is_in_doubt(my, target)) return failure(errc::busy);
    my.begin_transfer(target, now, out);
    if (progress* peer = my.lead->find(target)) wire(my, out).replicate(*peer);
    hand_over_if_ready(my, now, out);
    return {};
}

template <log_view Store>
void on(member<Store>& my, node_id from, append_response&& response, time_point now, effects& out) {
    if (response.term > my.term()) return my.follow(response.term, no_node, now, out);
    if (response.term < my.term() || !my.leads()) return;
    progress* peer = my.lead->find(from);
    if (peer == nullptr) return static_cast<void>(++my.ignored.ensure().strangers);
    if (response.round > my.lead->round) return static_cast<void>(++my.ignored.ensure().malformed);
    if (!heed_doubt(my, *peer, response.doubt, response.round, now, out)) return;
    peer->last_contact = now;
    if (my.lead->rest.is_declined(response.round, response.rests)) wire(my, out).heartbeats(now);
    switch (take_response(my.log, *peer, response, !my.members().is_voter(from))) {
        case response_use::stale: return;
        case response_use::nonsense: return static_cast<void>(++my.ignored.ensure().malformed);
        case response_use::refused:
            wire(my, out).replicate(*peer);
            return finish_reads(my, now, out);
        case response_use::agreed: break;
    }
    advance_commit(my, now, out);
    settle_doubts(my);
    peer = my.leads() ? my.lead->find(from) : nullptr;
    if (peer == nullptr) return;
    wire(my, out).replicate(*peer);
    replicate_to_witnesses(my, out);
    finish_reads(my, now, out);
    if (!my.members().is_voter(from)) {
        peer->rounds.ensure().reached(peer->match, my.log.last_index(), my.settings.election_timeout_min, now);
        promote_who_has_caught_up(my, now, out);
    }
    if (my.lead->transfer.target() == from) hand_over_if_ready(my, now, out);
}

}  // namespace chronik::raft::detail
