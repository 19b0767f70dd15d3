// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/rare.hpp>
#include <chronik/raft/catch_up_throttle.hpp>
#include <chronik/raft/disk_watch.hpp>
#include <chronik/raft/entry_memory.hpp>
#include <chronik/raft/lease.hpp>
#include <chronik/raft/log.hpp>
#include <chronik/raft/message.hpp>
#include <chronik/raft/progress.hpp>
#include <chronik/raft/quorum.hpp>
#include <chronik/raft/read_index.hpp>
#include <chronik/raft/rest.hpp>
#include <chronik/raft/shared_entries.hpp>
#include <chronik/raft/transfer.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace chronik::raft {

/// A leader's proposals that are not committed yet, by cost.
class uncommitted {
public:
    std::size_t bytes() const { return bytes_; }

    /// An empty window takes one proposal of any size: a limit must not make an entry impossible.
    bool has_room(std::size_t bytes, std::size_t limit) const {
        return bytes_ == 0 || (bytes_ < limit && bytes <= limit - bytes_);
    }
    void add(log_index index, std::size_t bytes) {
        pending_.push({index, bytes});
        bytes_ += bytes;
    }
    void committed(log_index index) {
        std::size_t done = 0;
        while (done < pending_.size() && pending_[done].index <= index) bytes_ -= pending_[done++].bytes;
        pending_.pop_front(done);
    }
    void give_back() { pending_.give_back(); }

private:
    struct proposal {
        log_index index;
        std::size_t bytes = 0;
    };
    fifo<proposal> pending_;
    std::size_t bytes_ = 0;
};

/// What a leader knows, of the others and of itself, for one term of leadership. Nobody else has one.
///
/// Pointers to a peer end where the members change: on append and on commit of a configuration.
struct leadership {
    std::vector<progress> peers;  ///< every other member, sorted by node; and who leaves, until that is committed
    std::uint64_t round = 0;      ///< of the last heartbeat
    time_point next_heartbeat = never;
    uncommitted pending;
    catch_up_throttle throttle;   ///< over all snapshots that this leader sends, and what learners learn
    log_index first_own;          ///< the no-op of this term; once it is committed, so is all before it
    bool leaving = false;         ///< no voter any more: hands over, or makes room
    rest_of_leader rest;
    /// The members that were asked for, while newcomers among its voters learn the log first.
    rare<configuration> planned;
    leadership_transfer transfer;
    disk_watch own_disk;
    raft::lease lease;
    reads_of_leader reads;
    rare<shared_entries> room;    ///< memory for what it appends next

    /// When a piece of a snapshot, a question about it, or what a learner lacks is due.
    time_point catch_up_wake_at() const {
        time_point soonest = never;
        for (progress const& peer : peers) {
            if (peer.sending) soonest = std::min(soonest, peer.sending->wake_at(throttle));
            if (peer.held_back) soonest = std::min(soonest, throttle.entries_ready_at());
        }
        return soonest;
    }

    progress* find(node_id node) {
        auto const found = std::ranges::lower_bound(peers, node, {}, &progress::node);
        return found != peers.end() && found->node == node ? &*found : nullptr;
    }
    progress const* find(node_id node) const { return const_cast<leadership*>(this)->find(node); }

    /// Nothing is on its way: the memory for it goes back.
    void give_back() {
        pending.give_back();
        reads.give_back();
        room.reset();
        for (progress& peer : peers) peer.give_back();
    }
};

/// Every member is a peer from now on. Who has left stays one, so that it learns that it has.
inline void welcome(leadership& lead, configuration const& members, node_id self, log_index next, time_point now) {
    for (node_id const node : everyone(members)) {
        if (node == self || lead.find(node) != nullptr) continue;
        progress peer;
        peer.node = node;
        peer.next = next;
        peer.last_contact = now;
        peer.witness = members.is_witness(node);
        lead.peers.insert(std::ranges::lower_bound(lead.peers, node, {}, &progress::node), std::move(peer));
    }
}

/// Forgets who is no member any more.
inline void part(leadership& lead, configuration const& members) {
    std::erase_if(lead.peers, [&](progress const& peer) { return !members.contains(peer.node); });
}

inline leadership begin_leadership(configuration const& members, node_id self, log_index first_own, time_point now) {
    leadership fresh;
    welcome(fresh, members, self, first_own, now);
    fresh.first_own = first_own;
    return fresh;
}

/// The entry as a witness keeps it: in its place, and for no machine. A configuration stays as it is.
inline entry without_payload(entry const& item) {
    if (item.kind == entry_kind::configuration) return item;
    return {item.term, item.index, entry_kind::no_op, item.base_offset, item.record_count, shared_bytes{}};
}

/// The last entry that a peer may be sent. A witness is sent what somebody has on disk that can lead beside it: this
/// leader if it is of the same voters, else one of them. An entry that all of those lack, by a crash or because the
/// leader that had it is going, would be held against them by the witness, and nobody could win ever after.
template <log_view Store>
log_index sendable(log<Store> const& ours, leadership const& lead, configuration const& members, node_id self,
                   progress const& peer) {
    if (!peer.witness) return ours.last_index();
    log_index last = ours.stable_index();
    for (auto const* set : {&members.voters, &members.outgoing}) {
        if (!configuration::holds(*set, peer.node) || configuration::holds(*set, self)) continue;
        log_index held{};
        for (node_id const voter : *set) {
            progress const* const other = members.is_witness(voter) ? nullptr : lead.find(voter);
            if (other != nullptr) held = std::max(held, other->counted_match());
        }
        last = std::min(last, held);
    }
    return last;
}

/// There is something to say again. Whoever rested was there until now.
inline void wake(leadership& lead, options const& timing, time_point now) {
    if (!lead.rest.active()) return;
    lead.rest.end();
    lead.next_heartbeat = now + timing.heartbeat_interval;
    for (progress& peer : lead.peers) peer.last_contact = now;
}

/// Whether the entry can be read for this peer without anybody having to wait for it.
template <log_view Store>
bool may_read(log<Store> const& ours, progress const& peer, log_index at) {
    return (peer.cold && at <= peer.cold->at_hand_to) || ours.is_at_hand(at);
}

/// The next message for a peer, with at most `bytes_max` of entries, or one entry if that alone is larger. It ends
/// before an entry that may not be read yet.
///
/// bytes_max   0 means none: a heartbeat
/// last        nothing beyond it: sendable()
/// memory      where the entries go
/// returns     nothing if the store cannot be read; the next heartbeat tries again
template <log_view Store>
std::optional<append_request> make_append(log<Store> const& ours, log_term term, std::uint64_t round, progress& peer,
                                          std::size_t bytes_max, log_index last, entry_memory* memory = nullptr) {
    // What is compacted cannot be sent; the peer is asked for the oldest position that can. Who lacks that too gets a
    // snapshot, if there is one.
    peer.next = std::max(peer.next, ours.base_index() + 1);
    auto const prev_term = ours.term_at(peer.next - 1);
    if (!prev_term) return std::nullopt;
    append_request request{.term = term,
                           .prev_index = peer.next - 1,
                           .prev_term = *prev_term,
                           .commit_index = ours.commit_index(),
                           .round = round,
                           .entries = {}};
    if (bytes_max == 0 || peer.next > last) return request;
    std::size_t bytes = 0;
    // The first one always does.
    auto const fits = [&](std::size_t cost) {
        if (bytes > 0 && (bytes >= bytes_max || cost > bytes_max - bytes)) return false;
        bytes += cost;
        return true;
    };
    // Who keeps up gets what is still in memory: a piece of it, as it is.
    if (!peer.witness && peer.next > ours.stable_index()) {
        log_index end = peer.next;
        static_cast<void>(ours.for_each_entry(peer.next, last, [&](entry const& item) {
            bool const goes = fits(cost_of(item));
            if (goes) ++end;
            return goes;
        }));
        request.entries = ours.in_memory(peer.next, end - 1, memory);
        return request;
    }
    if (memory != nullptr) request.entries = memory->take();
    // What cannot be read is not sent; the next heartbeat tries again.
    auto const ready = [&](log_index at) { return may_read(ours, peer, at); };
    static_cast<void>(ours.for_each_entry(peer.next, last, ready, [&](auto&& item) {
        bool const stripped = peer.witness && item.kind != entry_kind::configuration;
        if (!fits(stripped ? entry_overhead_bytes : cost_of(item))) return false;
        if (stripped) {
            request.entries.push_back(without_payload(item));
        } else {
            request.entries.push_back(std::forward<decltype(item)>(item));
        }
        return true;
    }));
    return request;
}

inline std::size_t cost_of(append_request const& request) {
    return cost_of(request.entries);
}

enum class response_use { stale, nonsense, refused, agreed };

/// Brings a peer's progress up to date with its answer.
///
/// learns     it has no vote: it may have been a member before, left, and come back without its log
/// nonsense   claims that no correct follower makes; counting them would commit what nobody has
/// source     Raft paper (extended) section 5.3; skipping whole terms on both sides as described there
template <log_view Store>
response_use take_response(log<Store> const& ours, progress& peer, append_response const& response,
                           bool learns = false) {
    bool const is_newest = response.round > peer.round_answered;
    peer.window_bytes_offered = response.window_bytes;
    peer.round_answered = std::max(peer.round_answered, response.round);
    if (response.success) {
        if (response.match_index > response.checked_index) return response_use::nonsense;
        if (response.checked_index > ours.last_index()) return response_use::nonsense;
        peer.match = std::max(peer.match, response.match_index);
        peer.next = std::max(peer.next, peer.match + 1);
        peer.window.acknowledge(peer.match);
        // Whoever has all that is compacted here needs no snapshot any more.
        bool const part_found = peer.state == progress::mode::probe ||
                                (peer.state == progress::mode::snapshot && response.checked_index >= ours.base_index());
        if (part_found) peer.become_replicate(response.checked_index + 1);
        return response_use::agreed;
    }
    if (peer.state == progress::mode::snapshot) return response_use::stale;
    log_index const refused = response.checked_index;
    if (refused > ours.last_index()) return response_use::nonsense;
    // What it agreed to was said before it left, and has come late. Nobody counts on a learner's log.
    if (refused <= peer.match && learns && is_newest) peer.match = {};
    // A probe is answered for its own position or not at all; below match, the refusal is older than an agreement;
    // beyond next, it is older than another refusal.
    if (refused <= peer.match || refused >= peer.next) return response_use::stale;
    if (peer.state == progress::mode::probe && refused != peer.next - 1) return response_use::stale;
    // The logs part before what is kept here: no probing finds the place.
    if (response.conflict_index < ours.base_index()) {
        peer.become_probe(ours.base_index());
        return response_use::refused;
    }
    auto const hint = ours.last_not_above(std::min(response.conflict_index, refused), response.conflict_term);
    peer.become_probe(hint ? std::min(hint->first + 1, refused) : refused);
    return response_use::refused;
}

/// The highest index that a quorum holds durably, this member's own disk included.
template <log_view Store>
log_index durable_on_quorum(configuration const& members, node_id self, leadership const& lead,
                            log<Store> const& ours) {
    return reached_by_quorum(members, [&](node_id voter) {
        if (voter == self) return ours.stable_index();
        progress const* peer = lead.find(voter);
        return peer ? peer->counted_match() : log_index{};
    });
}

/// The latest time by which a quorum had been heard.
inline time_point quorum_contact(configuration const& members, node_id self, leadership const& lead, time_point now) {
    return reached_by_quorum(members, [&](node_id voter) {
        if (voter == self) return now;
        progress const* peer = lead.find(voter);
        return peer && peer->doubt.counts() ? peer->last_contact : time_point{};
    });
}

/// While the group rests, whoever watches over the pairs of nodes has heard from all of them.
inline std::vector<peer_status> status_of(leadership const& lead, configuration const& members, duration active_within,
                                          time_point now) {
    std::vector<peer_status> all;
    all.reserve(lead.peers.size());
    for (progress const& peer : lead.peers) {
        all.push_back({.node = peer.node,
                       .match = peer.match,
                       .next = peer.next,
                       .last_contact = lead.rest.active() ? now : peer.last_contact,
                       .recently_active = lead.rest.active() || now - peer.last_contact < active_within,
                       .voter = members.is_voter(peer.node),
                       .in_doubt = !peer.doubt.counts()});
    }
    return all;
}

}  // namespace chronik::raft
