// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/detail/member.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace chronik::raft::detail {

// How a leader changes who takes part, and how it goes when that is itself.
// source   Raft paper (extended) section 6; thesis sections 3.10, 4.2.2 and 4.3

template <log_view Store>
sender<Store> wire(member<Store>& my, effects& out) {
    return {my.log, my.own_snapshot, my.members(), my.self, *my.lead, my.settings, my.mail, my.latest, out};
}

template <log_view Store>
entry const& append(member<Store>& my, entry_kind kind, shared_bytes&& payload, std::uint32_t record_count) {
    wake(*my.lead, my.settings, my.latest);
    return my.log.append(my.term(), kind, record_count, std::move(payload), my.lead->room.ensure());
}

template <log_view Store>
void replicate_to_all(member<Store>& my, effects& out) {
    for (progress& peer : my.lead->peers) wire(my, out).replicate(peer);
}

/// The own disk has got on, or that of another voter: witnesses wait for the one or the other.
template <log_view Store>
void replicate_to_witnesses(member<Store>& my, effects& out) {
    for (progress& peer : my.lead->peers) {
        if (peer.witness) wire(my, out).replicate(peer);
    }
}

/// In force at once: who is new hears of it by receiving it, and who leaves no longer counts.
template <log_view Store>
accepted append_configuration(member<Store>& my, configuration next, time_point now, effects& out) {
    CHRONIK_ASSERT(is_valid(next));
    shared_bytes payload = encode(next);
    std::size_t const cost = payload.size() + entry_overhead_bytes;
    entry const& made = append(my, entry_kind::configuration, std::move(payload), 0);
    accepted const place{made.index, made.term, made.base_offset};
    my.lead->pending.add(place.index, cost);
    my.membership.forget_before(my.log.base_index());
    my.membership.append(place.index, std::move(next));
    welcome(*my.lead, my.members(), my.self, place.index, now);
    my.lead->next_heartbeat = std::min(my.lead->next_heartbeat, now + my.settings.heartbeat_interval);
    out.events.push_back(members_changed{place.index});
    replicate_to_all(my, out);
    return place;
}

template <log_view Store>
void hand_over_if_ready(member<Store>& my, time_point now, effects& out) {
    if (!my.lead->transfer.active()) return;
    progress const* peer = my.lead->find(my.lead->transfer.target());
    if (peer == nullptr || peer->match != my.log.last_index()) return;
    my.mail.send(peer->node, timeout_now{my.term()}, out);
    if (my.lead->leaving) my.follow(my.term(), no_node, now, out);
}

/// Who would win at once: the voter with the most of the log among those heard lately; no_node if there is none.
template <log_view Store>
node_id best_successor(member<Store> const& my, time_point now) {
    progress const* best = nullptr;
    for (progress const& peer : my.lead->peers) {
        if (!configuration::holds(my.members().voters, peer.node) || peer.witness) continue;
        if (!peer.doubt.counts() || peer.doubt.says_so()) continue;
        if (now - peer.last_contact >= my.settings.election_timeout_max) continue;
        if (best == nullptr || peer.match > best->match) best = &peer;
    }
    return best ? best->node : no_node;
}

/// Leads on only until a successor has the whole log, and not for long.
template <log_view Store>
void leave(member<Store>& my, time_point now, effects& out) {
    node_id const successor = best_successor(my, now);
    if (successor == no_node) return my.follow(my.term(), no_node, now, out);
    my.lead->leaving = true;
    my.begin_transfer(successor, now, out);
    hand_over_if_ready(my, now, out);
}

/// The commit index has moved. Whichever leader commits a joint configuration goes on to the one that it leads to.
template <log_view Store>
void continue_change(member<Store>& my, time_point now, effects& out) {
    if (my.log.commit_index() < my.membership.index() || my.lead->leaving) return;
    if (my.members().is_joint()) {
        configuration next = my.members();
        next.outgoing.clear();
        std::erase_if(next.witnesses, [&](node_id node) { return !configuration::holds(next.voters, node); });
        append_configuration(my, std::move(next), now, out);
        return;
    }
    part(*my.lead, my.members());
    if (!my.can_lead()) leave(my, now, out);
}

/// True where one majority of each set has a member in common whatever the majorities are, so that no joint phase is
/// needed: at most one voter comes or goes.
/// source   thesis section 4.1
inline bool is_single_step(configuration const& from, configuration const& to) {
    std::size_t different = 0;
    for (node_id const node : from.voters) different += configuration::holds(to.voters, node) ? 0U : 1U;
    for (node_id const node : to.voters) different += configuration::holds(from.voters, node) ? 0U : 1U;
    return different <= 1;
}

/// A witness lacks what a voter has, and its log does not say where: it has to leave and come back empty.
inline bool keeps_kinds(configuration const& from, configuration const& to) {
    return std::ranges::none_of(everyone(to), [&](node_id node) {
        return from.contains(node) && from.is_witness(node) != to.is_witness(node);
    });
}

template <log_view Store>
bool may_change(member<Store> const& my) {
    if (my.lead->transfer.active() || my.lead->leaving || !my.is_settled()) return false;
    // Before that, an older leader's change may be committed elsewhere that this one has not seen.
    return my.log.commit_index() >= my.lead->first_own;
}

/// Nothing if the members may become `target` now.
template <log_view Store>
std::optional<errc> why_not_change(member<Store> const& my, configuration target) {
    if (!my.leads()) return errc::not_leader;
    target = normalized(std::move(target));
    bool const is_target = is_valid(target) && !target.is_joint() && keeps_kinds(my.members(), target);
    if (!is_target) return errc::out_of_range;
    return may_change(my) ? std::nullopt : std::optional{errc::busy};
}

/// The target itself, or the joint configuration that leads to it.
template <log_view Store>
accepted begin_change(member<Store>& my, configuration target, time_point now, effects& out) {
    if (!is_single_step(my.members(), target)) {
        target.outgoing = my.members().voters;
        for (node_id const node : my.members().witnesses) target.witnesses.push_back(node);
        target = normalized(std::move(target));
    }
    return append_configuration(my, std::move(target), now, out);
}

}  // namespace chronik::raft::detail
