// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/rare.hpp>
#include <chronik/raft/outbox.hpp>
#include <chronik/raft/replication.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace chronik::raft {

/// A leader's hand on the wire, for one call of the core: what goes to whom, within the windows.
template <log_view Store>
class sender {
public:
    /// newest   what goes to those who need entries that are compacted here; may be absent
    /// self     this leader, which may be none of `members` any more
    /// latest   not later than now
    sender(log<Store> const& ours, rare<snapshot> const& newest, configuration const& members, node_id self,
           leadership& lead, options const& limits, outbox& mail, time_point latest, effects& out)
        : ours_(ours), newest_(newest), members_(members), self_(self), lead_(lead), limits_(limits), mail_(mail),
          latest_(latest), out_(out) {}

    /// Begins a round: every peer shows that it is there, and that nothing was lost on the way to it.
    void heartbeats(time_point now) {
        wake(lead_, limits_, latest_);
        ++lead_.round;
        lead_.next_heartbeat = lead_.peers.empty() ? never : now + limits_.heartbeat_interval;
        for (progress& peer : lead_.peers) {
            // The first probe carries entries; repeated to a silent peer, they would be a flood.
            if (lead_.round == 1) replicate(peer); else send(peer, 0);
        }
    }

    /// The last round for a while: whoever is asked to rest waits for no other.
    void rest() {
        ++lead_.round;
        lead_.next_heartbeat = never;
        lead_.rest.begin(lead_.round);
        for (progress& peer : lead_.peers) send(peer, 0, true);
    }

    /// Sends the entries that a peer's window allows. A peer that needs a snapshot gets it by and by: send_snapshots().
    void replicate(progress& peer) {
        peer.held_back = false;
        if (peer.cold && latest_ >= peer.cold->at_hand_until) peer.cold->at_hand_to = {};
        if (peer.state == progress::mode::snapshot) return;
        if (needs_snapshot(peer)) return peer.become_snapshot(peer.witness ? without_state(*newest_) : *newest_);
        // A peer that lacks what nobody can give is asked with each heartbeat whether it has got it elsewhere.
        if (peer.next <= ours_.base_index()) return;
        if (peer.state == progress::mode::probe) {
            if (!peer.probe_sent) peer.probe_sent = send(peer, limits_.append_bytes_max) != carried::nothing;
            return;
        }
        while (peer.next <= last_for(peer)) {
            std::size_t const allowed = peer.bytes_allowed(limits_);
            peer.held_back = allowed > 0 && !lead_.throttle.entries_ready(latest_) && learns(peer);
            if (peer.held_back || allowed == 0) break;
            if (!may_read(ours_, peer, peer.next)) return want(peer);
            if (send(peer, allowed) != carried::entries) break;
        }
    }

    /// Tells the commit index to those who get no entries that would tell it.
    void spread_commit() {
        for (progress& peer : lead_.peers) {
            replicate(peer);
            bool const knows = peer.commit_sent >= ours_.commit_index();
            if (peer.state == progress::mode::replicate && !knows) send(peer, 0);
        }
    }

    /// Sends what is due of the snapshots that are under way, and of what the throttle held back.
    void help_to_catch_up(time_point now) {
        for (progress& peer : lead_.peers) {
            send_snapshot(peer, now);
            if (peer.held_back) replicate(peer);
        }
    }
    void send_snapshot(progress& peer, time_point now) {
        if (!peer.sending) return;
        if (auto piece = peer.sending->next(mail_.state().term, limits_, lead_.throttle, now))
            mail_.send(peer.node, std::move(*piece), out_);
    }

private:
    log_index last_for(progress const& peer) const {
        return peer.witness ? sendable(ours_, lead_, members_, self_, peer) : ours_.last_index();
    }
    bool needs_snapshot(progress const& peer) const {
        return newest_ && peer.next <= ours_.base_index() && newest_->info.last_index >= ours_.base_index();
    }

    /// Told again in every round: whoever brings entries may not have been able to.
    void want(progress& peer) {
        cold_entries& cold = peer.cold.ensure();
        if (cold.wanted == peer.next && cold.wanted_in_round == lead_.round) return;
        cold.wanted = peer.next;
        cold.wanted_in_round = lead_.round;
        out_.wanted.push_back(peer.next);
    }

    bool learns(progress const& peer) const { return !members_.is_voter(peer.node); }

    enum class carried { nothing, heartbeat, entries };

    carried send(progress& peer, std::size_t bytes_max, bool rest = false) {
        if (!rest) wake(lead_, limits_, latest_);
        auto request = make_append(ours_, mail_.state().term, lead_.round, peer, bytes_max, last_for(peer),
                                   &out_.spare);
        if (!request) return carried::nothing;
        request->rest = rest;
        if (peer.doubt.is_to_be_told()) {
            request->sound = peer.doubt.token();
            request->sound_from = peer.doubt.ends_at();
        }
        bool const has_entries = !request->entries.empty();
        if (has_entries && learns(peer))
            lead_.throttle.sent(cost_of(*request), limits_.catch_up_bytes_per_second, latest_);
        if (peer.state == progress::mode::replicate && has_entries) {
            peer.next = peer.next + request->entries.size();
            peer.window.add(peer.next - 1, cost_of(*request));
        }
        peer.commit_sent = std::max(peer.commit_sent, request->commit_index);
        mail_.send(peer.node, std::move(*request), out_);
        return has_entries ? carried::entries : carried::heartbeat;
    }

    log<Store> const& ours_;
    rare<snapshot> const& newest_;
    configuration const& members_;
    node_id self_;
    leadership& lead_;
    options const& limits_;
    outbox& mail_;
    time_point latest_;
    effects& out_;
};

}  // namespace chronik::raft
