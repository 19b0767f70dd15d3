// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/detail/member.hpp>

#include <cstdint>
#include <utility>

namespace chronik::raft::detail {

// What a leader does: appends, replicates, counts, and makes room when it cannot.
// source   Raft paper (extended) sections 5.3 and 5.4.2; thesis 3.10 and 6.2

template <log_view Store>
sender<Store> wire(member<Store>& my, effects& out) {
    return {my.log, my.own_snapshot, my.lead, my.settings, my.mail, out};
}

template <log_view Store>
accepted append(member<Store>& my, entry_kind kind, shared_bytes&& payload, std::uint32_t record_count) {
    entry const& made = my.log.append(my.term(), kind, record_count, std::move(payload));
    return {made.index, made.term, made.base_offset};
}

template <log_view Store>
void become_leader(member<Store>& my, time_point now, effects& out) {
    CHRONIK_ASSERT(my.mail.state_durable());
    CHRONIK_ASSERT(my.mail.state().vote == my.self);
    my.role = role::leader;
    my.leader = my.self;
    my.lead = begin_leadership(my.members, my.self, my.log.last_index() + 1, now);
    out.events.push_back(became_leader{my.term()});
    append(my, entry_kind::no_op, {}, 0);
    wire(my, out).heartbeats(now);
}

template <log_view Store>
void advance_commit(member<Store>& my, effects& out) {
    log_index const agreed = durable_on_quorum(my.members, my.self, my.lead, my.log);
    if (agreed <= my.log.commit_index()) return;
    // Only entries of the own term are committed by counting; those before come along.
    if (my.log.term_at(agreed) != my.term()) return;
    my.commit_to(agreed, out);
    my.lead.pending.committed(agreed);
    wire(my, out).spread_commit();
}

template <log_view Store>
void hand_over_if_ready(member<Store>& my, effects& out) {
    if (!my.transfer.active()) return;
    progress const* peer = my.lead.find(my.transfer.target());
    if (peer && peer->match == my.log.last_index()) my.mail.send(peer->node, timeout_now{my.term()}, out);
}

template <log_view Store>
void tick_leader(member<Store>& my, time_point now, effects& out) {
    if (now >= my.transfer.deadline()) my.transfer.end();
    wire(my, out).send_snapshots(now);
    if (now < my.lead.next_heartbeat) return;
    // Whoever cannot reach a quorum cannot commit; it makes room instead of holding clients and followers.
    if (now - quorum_contact(my.members, my.self, my.lead, now) >= my.settings.election_timeout_max) {
        return my.follow(my.term(), no_node, now, out);
    }
    wire(my, out).heartbeats(now);
    hand_over_if_ready(my, out);
}

template <log_view Store>
void replicate_to_all(member<Store>& my, effects& out) {
    for (progress& peer : my.lead.peers) wire(my, out).replicate(peer);
}

template <log_view Store>
result<accepted> propose(member<Store>& my, entry_kind kind, shared_bytes&& payload, std::uint32_t record_count) {
    if (!my.leads()) return failure(errc::not_leader);
    if (my.transfer.active()) return failure(errc::busy);
    if (my.log.next_offset() + record_count > log_offset_max) return failure(errc::too_large);
    std::size_t const cost = payload.size() + entry_overhead_bytes;
    if (!my.lead.pending.has_room(cost, my.settings.uncommitted_bytes_max)) return failure(errc::busy);

    accepted const place = append(my, kind, std::move(payload), record_count);
    my.lead.pending.add(place.index, cost);
    return place;
}

template <log_view Store>
result<void> transfer_to(member<Store>& my, node_id target, time_point now, effects& out) {
    if (!my.leads()) return failure(errc::not_leader);
    if (my.transfer.active()) return failure(errc::busy);
    if (target == my.self || !my.members.is_voter(target)) return failure(errc::out_of_range);
    my.transfer.begin(target, now + my.settings.election_timeout_max);
    if (progress* peer = my.lead.find(target)) wire(my, out).replicate(*peer);
    hand_over_if_ready(my, out);
    return {};
}

template <log_view Store>
void on(member<Store>& my, node_id from, append_response&& response, time_point now, effects& out) {
    if (response.term > my.term()) return my.follow(response.term, no_node, now, out);
    if (response.term < my.term() || !my.leads()) return;
    progress* peer = my.lead.find(from);
    CHRONIK_ASSERT(peer != nullptr);
    peer->last_contact = now;
    if (response.round > my.lead.round) return static_cast<void>(++my.ignored.malformed);
    switch (take_response(my.log, *peer, response)) {
        case response_use::stale: return;
        case response_use::nonsense: return static_cast<void>(++my.ignored.malformed);
        case response_use::refused: return wire(my, out).replicate(*peer);
        case response_use::agreed: break;
    }
    advance_commit(my, out);
    wire(my, out).replicate(*peer);
    if (my.transfer.target() == from) hand_over_if_ready(my, out);
}

}  // namespace chronik::raft::detail
