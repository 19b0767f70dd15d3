// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/detail/promoting.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace chronik::raft::detail {

// How a read learns which entries it has to see without being one itself.
// source   thesis section 6.4; for leases see lease.hpp

/// The newest heartbeat round that a quorum has answered: it had not followed anybody else when that began.
template <log_view Store>
std::uint64_t confirmed_round(member<Store> const& my) {
    return reached_by_quorum(my.members(), [&](node_id voter) {
        if (voter == my.self) return my.lead->round;
        progress const* peer = my.lead->find(voter);
        return peer && peer->doubt.counts() ? peer->round_answered : std::uint64_t{0};
    });
}

template <log_view Store>
void tell_read(member<Store>& my, read_ticket read, node_id from, log_index index, effects& out) {
    if (from == no_node) return out.reads.push_back({read, index});
    my.mail.send(from, read_response{my.term(), read.number, index, true}, out);
}

/// Tells the reads that are ready, and begins a round for the others when none is under way.
template <log_view Store>
void finish_reads(member<Store>& my, time_point now, effects& out) {
    if (my.lead->reads.empty()) return;
    std::uint64_t confirmed = confirmed_round(my);
    bool const none_under_way = confirmed == my.lead->round || my.lead->rest.active();
    if (none_under_way && my.lead->reads.newest_round() > my.lead->round) {
        wire(my, out).heartbeats(now);
        confirmed = confirmed_round(my);
    }
    while (!my.lead->reads.empty()) {
        auto const read = my.lead->reads.oldest();
        if (read.round > confirmed || read.index > my.log.commit_index()) return;
        tell_read(my, read.ticket, read.from, read.index, out);
        my.lead->reads.pop();
    }
}

/// Appends an empty entry whose commit renews the lease, unless another will.
template <log_view Store>
void renew_lease(member<Store>& my, time_point now, effects& out) {
    leadership& lead = *my.lead;
    if (lead.lease.is_being_renewed() || lead.transfer.active() || my.log.commit_index() < lead.first_own) return;
    lead.lease.appended(append(my, entry_kind::no_op, {}, 0).index, now);
    replicate_to_all(my, out);
}

/// errors   errc::busy at options::reads_pending_max
template <log_view Store>
result<void> read_as_leader(member<Store>& my, read_ticket read, node_id from, time_point now, effects& out) {
    log_index const index = std::max(my.log.commit_index(), my.lead->first_own);
    if (my.settings.reads == read_mode::lease) {
        if (my.lead->lease.is_fresh(now)) {
            tell_read(my, read, from, index, out);
            return {};
        }
        renew_lease(my, now, out);
    }
    if (my.lead->reads.size() >= my.settings.reads_pending_max) return failure(errc::busy);
    my.lead->reads.push({read, from, index, my.lead->round + 1});
    finish_reads(my, now, out);
    return {};
}

template <log_view Store>
result<read_ticket> read(member<Store>& my, time_point now, effects& out) {
    if (!my.holds_payloads()) return failure(errc::not_leader);
    read_ticket const fresh{my.term(), my.next_read++};
    if (my.leads()) {
        auto const begun = read_as_leader(my, fresh, no_node, now, out);
        if (!begun) return std::unexpected(begun.error());
        return fresh;
    }
    if (my.role != role::follower || my.leader == no_node) return failure(errc::not_leader);
    if (my.forwarded.size() >= my.settings.reads_pending_max) return failure(errc::busy);
    my.forwarded.push(fresh, now + my.settings.election_timeout_max);
    my.mail.send(my.leader, read_request{fresh.term, fresh.number}, out);
    return fresh;
}

template <log_view Store>
void on(member<Store>& my, node_id from, read_request&& request, time_point now, effects& out) {
    if (request.term > my.term()) my.follow(request.term, no_node, now, out);
    bool const mine = my.leads() && request.term == my.term();
    if (mine && read_as_leader(my, {request.term, request.number}, from, now, out)) return;
    my.mail.send(from, read_response{my.term(), request.number, {}, false}, out);
}

template <log_view Store>
void on(member<Store>& my, node_id from, read_response&& response, time_point now, effects& out) {
    if (response.term > my.term()) return my.follow(response.term, no_node, now, out);
    if (response.term < my.term() || from != my.leader) return;
    read_ticket const answered{response.term, response.number};
    if (!my.forwarded.take(answered)) return;
    out.reads.push_back({answered, response.granted ? std::optional{response.index} : std::nullopt});
}

}  // namespace chronik::raft::detail
