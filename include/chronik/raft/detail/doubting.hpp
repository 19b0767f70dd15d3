// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/detail/changing.hpp>

namespace chronik::raft::detail {

// What a leader makes of members that are in doubt; what such a member does itself stands in obeying.hpp.

/// It takes no part in elections, as far as this leader knows.
template <log_view Store>
bool is_in_doubt(member<Store> const& my, node_id which) {
    progress const* const peer = my.lead->find(which);
    return peer != nullptr && (!peer->doubt.counts() || peer->doubt.says_so());
}

/// The member counts for nothing from here on, and what it said before is forgotten. The entry that ends its doubt
/// comes after all that it can have acknowledged to this leader.
template <log_view Store>
void begin_doubt(member<Store>& my, progress& peer, time_point now, effects& out) {
    peer.forget_log(my.log.last_index());
    peer.doubt.begin(append(my, entry_kind::no_op, {}, 0).index, my.lead->round);
    my.lead->lease.appended(peer.doubt.ends_at(), now);
    replicate_to_all(my, out);
}

/// An answer has come, in doubt or in none.
///
/// round     of heartbeats, that the answer names; 0 if it names none
/// returns   false if it proves nothing, or this member leads no more
template <log_view Store>
bool heed_doubt(member<Store>& my, progress& peer, doubt_token said, std::uint64_t round, time_point now,
                effects& out) {
    auto const heard = peer.doubt.hear(said, round);
    if (heard != doubt_of_peer::heard::fresh) return heard == doubt_of_peer::heard::known;
    bool const is_successor = my.lead->transfer.target() == peer.node;
    if (is_successor && my.lead->leaving) {
        // Who leaves has nobody to hand over to any more: the others elect one.
        my.follow(my.term(), no_node, now, out);
        return false;
    }
    if (is_successor) my.end_transfer(out);
    begin_doubt(my, peer, now, out);
    return true;
}

/// The others have committed what ends a doubt, and its member has it.
template <log_view Store>
void settle_doubts(member<Store>& my) {
    if (!my.leads()) return;
    for (progress& peer : my.lead->peers) peer.doubt.settle(my.log.commit_index(), peer.match);
}

}  // namespace chronik::raft::detail
