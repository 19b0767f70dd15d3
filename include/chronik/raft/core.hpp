// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/overloaded.hpp>
#include <chronik/raft/acceptance.hpp>
#include <chronik/raft/election.hpp>
#include <chronik/raft/outbox.hpp>
#include <chronik/raft/replication.hpp>
#include <chronik/raft/transfer.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace chronik::raft {

/// Messages that were ignored, by reason. Any growth of the first four is worth an alarm.
struct ignored_messages {
    std::uint64_t strangers = 0;   ///< from nobody in the configuration
    std::uint64_t malformed = 0;   ///< from no correct implementation
    std::uint64_t unsafe = 0;      ///< contradict what is committed
    std::uint64_t unreadable = 0;  ///< our store could not tell
    std::uint64_t overloaded = 0;  ///< dropped at options::unstable_bytes_max
};

/// Where a proposal stands in the log. Not committed yet, and lost if another leader takes over first.
struct accepted {
    log_index index;
    log_term term;
    log_offset base_offset;

    bool operator==(accepted const&) const = default;
};

/// One member of one group: a function from (state, input) to (state, effects). No I/O, no clock, no chance of its own.
///
/// Each call takes the time and an empty `effects`; docs/concepts/raft_core.md says what a driver does with them.
/// Bytes from outside never stop the process; a driver that breaks the contract does.
/// source   Ongaro, Ousterhout: "In Search of an Understandable Consensus Algorithm (Extended Version)";
///          Ongaro: "Consensus: Bridging Theory and Practice" (the thesis)
template <log_view Store>
class core {
public:
    /// store   outlives the core
    core(node_id self, configuration members, options settings, hard_state restored, Store const& store,
         std::uint64_t seed, time_point now)
        : self_(self),
          members_(normalized(std::move(members))),
          settings_(settings),
          log_(store),
          outbox_(restored, settings.gated_messages_max),
          clock_(seed, now) {
        check(settings_);
        CHRONIK_ASSERT(self_ != no_node);
        CHRONIK_ASSERT(is_valid(members_));
        CHRONIK_ASSERT(restored.term >= log_.last_term());
        // Who decides alone has nobody to wait for.
        if (!alone()) clock_.restart(settings_, now);
    }

    role current_role() const { return role_; }
    log_term term() const { return outbox_.state().term; }
    node_id self() const { return self_; }
    node_id leader() const { return leader_; }
    configuration const& members() const { return members_; }
    ignored_messages const& ignored() const { return ignored_; }

    log_index commit_index() const { return log_.commit_index(); }
    log_index last_index() const { return log_.last_index(); }
    log_index base_index() const { return log_.base_index(); }
    /// Own entries up to here survive a crash.
    log_index durable_index() const { return log_.stable_index(); }
    /// The offset that the next proposed record gets.
    log_offset next_offset() const { return log_.next_offset(); }
    result<log_term> term_at(log_index at) const { return log_.term_at(at); }
    result<entry> entry_at(log_index at) const { return log_.entry_at(at); }

    /// True for a leader that knows every committed entry to be committed.
    bool can_serve() const { return role_ == role::leader && commit_index() >= lead_.first_own; }
    bool transferring() const { return transfer_.active(); }

    /// When tick() has something to do; `never` for a learner and for an only member that leads.
    time_point wake_at() const {
        if (role_ == role::leader) return std::min(lead_.next_heartbeat, transfer_.deadline());
        if (!members_.is_voter(self_)) return never;
        return std::min(clock_.deadline(), clock_.retry());
    }

    /// The others in the eyes of this leader, sorted by node; empty if it does not lead.
    std::vector<peer_status> peers(time_point now) const {
        std::vector<peer_status> all;
        if (role_ != role::leader) return all;
        all.reserve(lead_.peers.size());
        for (progress const& peer : lead_.peers) {
            all.push_back({.node = peer.node,
                           .match = peer.match,
                           .next = peer.next,
                           .last_contact = peer.last_contact,
                           .recently_active = now - peer.last_contact < settings_.election_timeout_max,
                           .voter = members_.is_voter(peer.node)});
        }
        return all;
    }

    /// Time has passed. Early and repeated calls do no harm.
    void tick(time_point now, effects& out) {
        if (role_ == role::leader) {
            tick_leader(now, out);
        } else if (members_.is_voter(self_)) {
            if (clock_.expired(now)) ask_for_pre_votes(now, out);
            if (clock_.must_retry(now)) request_votes(now, out);
        }
        outbox_.flush(log_, out);
    }

    /// A message has arrived; it may be old, repeated, or from an enemy.
    void receive(node_id from, message&& received, time_point now, effects& out) {
        log_term const term = term_of(received);
        if (from == self_ || !members_.contains(from)) {
            ++ignored_.strangers;
        } else if (term == log_term{} || term > log_term_max) {
            ++ignored_.malformed;
        } else {
            std::visit([&](auto&& body) { on(from, std::move(body), now, out); }, std::move(received));
        }
        outbox_.flush(log_, out);
    }

    /// The sync that covers a write has returned.
    void persisted(stored done, time_point now, effects& out) {
        outbox_.completed(done, out);
        log_.completed(done);
        if (role_ == role::candidate && outbox_.state_durable()) {
            // The own vote counts like any other: from when it cannot be forgotten.
            ballot_.record(members_, self_, true);
            count_ballot(now, out);
        }
        if (role_ == role::leader) advance_commit(out);
        if (role_ == role::follower) acknowledge_durable(out);
        outbox_.flush(log_, out);
    }

    /// Appends to the log of this leader and sends it on. Committed when commit_index() reaches the index with
    /// the term unchanged.
    ///
    /// errors   errc::not_leader, ask leader(); errc::busy at options::uncommitted_bytes_max or while leadership is
    ///          transferred; errc::too_large if the offsets are used up
    result<accepted> propose(entry_kind kind, shared_bytes payload, std::uint32_t record_count, time_point now,
                             effects& out) {
        static_cast<void>(now);
        if (role_ != role::leader) return failure(errc::not_leader);
        if (transfer_.active()) return failure(errc::busy);
        if (log_.next_offset() + record_count > log_offset_max) return failure(errc::too_large);
        std::size_t const cost = payload.size() + entry_overhead_bytes;
        if (!lead_.pending.has_room(cost, settings_.uncommitted_bytes_max)) return failure(errc::busy);

        accepted const place = append(kind, std::move(payload), record_count);
        lead_.pending.add(place.index, cost);
        for (progress& peer : lead_.peers) replicate(peer, out);
        outbox_.flush(log_, out);
        return place;
    }

    /// Hands leadership to another voter once it has the whole log; proposals are busy meanwhile.
    ///
    /// Gives up after options::election_timeout_max and goes on leading. Success shows as became_follower.
    /// errors   errc::not_leader; errc::busy if a transfer is under way; errc::out_of_range if it is no other voter
    result<void> transfer(node_id target, time_point now, effects& out) {
        if (role_ != role::leader) return failure(errc::not_leader);
        if (transfer_.active()) return failure(errc::busy);
        if (target == self_ || !members_.is_voter(target)) return failure(errc::out_of_range);
        transfer_.begin(target, now + settings_.election_timeout_max);
        if (progress* peer = lead_.find(target)) replicate(*peer, out);
        hand_over_if_ready(out);
        return {};
    }

    /// Stands for election now: for the member that should lead a new group first. Does nothing on a leader or learner.
    void campaign(time_point now, effects& out) {
        if (role_ == role::leader || !members_.is_voter(self_)) return;
        // In term 0 nobody can lead yet, so there is nobody to disturb and nothing to ask.
        if (term() == log_term{}) stand_for_election(false, now, out); else ask_for_pre_votes(now, out);
        outbox_.flush(log_, out);
    }

private:
    bool alone() const { return members_.voters.size() == 1 && members_.is_voter(self_); }
    log_position end_of_log() const { return {log_.last_term(), log_.last_index()}; }

    // ---- roles ----

    void follow(log_term term, node_id leader, time_point now, effects& out) {
        CHRONIK_ASSERT(term >= this->term());
        bool const changed = role_ != role::follower || term > this->term() || leader != leader_;
        if (role_ != role::follower) clock_.restart(settings_, now);
        if (role_ == role::leader) lead_ = {};
        transfer_.end();
        // Only a new term gives a new vote: a step back within a term keeps the old one.
        if (term > this->term()) enter_term({term, no_node});
        role_ = role::follower;
        leader_ = leader;
        if (changed) out.events.push_back(became_follower{term, leader});
    }

    void enter_term(hard_state next) {
        outbox_.change_state(next);
        clock_.forget_leader();
        checked_ = {};
        acknowledged_ = {};
        round_ = 0;
        round_answered_ = 0;
    }

    void ask_for_pre_votes(time_point now, effects& out) {
        if (term() >= log_term_max) return clock_.restart(settings_, now);
        role_ = role::pre_candidate;
        leader_ = no_node;
        clock_.forget_leader();
        clock_.restart(settings_, now);
        out.events.push_back(became_pre_candidate{term()});
        ballot_.open();
        ballot_.record(members_, self_, true);
        request_votes(now, out);
        count_ballot(now, out);
    }

    void stand_for_election(bool transfer, time_point now, effects& out) {
        if (term() >= log_term_max) return;
        enter_term({log_term{term().value + 1}, self_});
        role_ = role::candidate;
        leader_ = no_node;
        by_transfer_ = transfer;
        clock_.restart(settings_, now);
        out.events.push_back(became_candidate{term()});
        ballot_.open();
        request_votes(now, out);
    }

    void request_votes(time_point now, effects& out) {
        log_position const end = end_of_log();
        for (node_id const voter : members_.voters) {
            if (voter == self_ || ballot_.answer_of(members_, voter) != answer::missing) continue;
            if (role_ == role::pre_candidate) {
                outbox_.send(voter, pre_vote_request{log_term{term().value + 1}, end.index, end.term}, out);
            } else {
                outbox_.send(voter, vote_request{term(), end.index, end.term, by_transfer_}, out);
            }
        }
        clock_.retry_after(settings_, now);
    }

    void count_ballot(time_point now, effects& out) {
        vote_state const state = ballot_.count(members_);
        if (state == vote_state::lost) return follow(term(), no_node, now, out);
        if (state == vote_state::pending) return;
        if (role_ == role::pre_candidate) stand_for_election(false, now, out); else become_leader(now, out);
    }

    void become_leader(time_point now, effects& out) {
        CHRONIK_ASSERT(outbox_.state_durable());
        CHRONIK_ASSERT(outbox_.state().vote == self_);
        role_ = role::leader;
        leader_ = self_;
        lead_ = begin_leadership(members_, self_, log_.last_index() + 1, now);
        out.events.push_back(became_leader{term()});
        append(entry_kind::no_op, {}, 0);
        send_heartbeats(now, out);
    }

    // ---- leading ----

    accepted append(entry_kind kind, shared_bytes payload, std::uint32_t record_count) {
        accepted const place{log_.last_index() + 1, term(), log_.next_offset()};
        log_.append({.term = place.term,
                     .index = place.index,
                     .kind = kind,
                     .base_offset = place.base_offset,
                     .record_count = record_count,
                     .payload = std::move(payload)});
        return place;
    }

    void tick_leader(time_point now, effects& out) {
        if (now >= transfer_.deadline()) transfer_.end();
        if (now < lead_.next_heartbeat) return;
        // Whoever cannot reach a quorum cannot commit; it makes room instead of holding clients and followers.
        if (now - quorum_contact(members_, self_, lead_, now) >= settings_.election_timeout_max) {
            return follow(term(), no_node, now, out);
        }
        send_heartbeats(now, out);
        hand_over_if_ready(out);
    }

    void send_heartbeats(time_point now, effects& out) {
        ++lead_.round;
        lead_.next_heartbeat = lead_.peers.empty() ? never : now + settings_.heartbeat_interval;
        for (progress& peer : lead_.peers) {
            // The first probe carries entries; repeated to a silent peer, they would be a flood.
            if (lead_.round == 1) replicate(peer, out); else send_append(peer, 0, out);
        }
    }

    /// Sends what the window allows.
    void replicate(progress& peer, effects& out) {
        if (peer.state == progress::mode::probe) {
            if (!peer.probe_sent) peer.probe_sent = send_append(peer, settings_.append_bytes_max, out) != sent::nothing;
            return;
        }
        while (peer.next <= log_.last_index()) {
            std::size_t const allowed = peer.bytes_allowed(settings_);
            if (allowed == 0 || send_append(peer, allowed, out) != sent::entries) break;
        }
    }

    enum class sent { nothing, heartbeat, entries };

    sent send_append(progress& peer, std::size_t bytes_max, effects& out) {
        auto request = make_append(log_, term(), lead_.round, peer, bytes_max);
        if (!request) return ++ignored_.unreadable, sent::nothing;
        bool const carries = !request->entries.empty();
        if (peer.state == progress::mode::replicate && carries) {
            peer.next = peer.next + request->entries.size();
            peer.window.add(peer.next - 1, cost_of(*request));
        }
        peer.commit_sent = std::max(peer.commit_sent, request->commit_index);
        outbox_.send(peer.node, std::move(*request), out);
        return carries ? sent::entries : sent::heartbeat;
    }

    void advance_commit(effects& out) {
        log_index const agreed = durable_on_quorum(members_, self_, lead_, log_);
        if (agreed <= log_.commit_index()) return;
        // Only entries of the own term are committed by counting; those before come along.
        if (log_.term_at(agreed) != term()) return;
        commit_to(agreed, out);
        lead_.pending.committed(agreed);
        for (progress& peer : lead_.peers) {
            replicate(peer, out);
            bool const knows = peer.commit_sent >= agreed;
            if (peer.state == progress::mode::replicate && !knows) send_append(peer, 0, out);
        }
    }

    void hand_over_if_ready(effects& out) {
        if (!transfer_.active()) return;
        progress const* peer = lead_.find(transfer_.target());
        if (peer && peer->match == log_.last_index()) outbox_.send(peer->node, timeout_now{term()}, out);
    }

    // ---- following ----

    void commit_to(log_index index, effects& out) {
        if (index <= log_.commit_index()) return;
        log_.commit_to(index);
        out.events.push_back(commit_advanced{index});
    }

    append_response agreement() const {
        return {.term = term(),
                .success = true,
                .match_index = std::min(checked_, log_.stable_index()),
                .checked_index = checked_,
                .conflict_index = {},
                .conflict_term = {},
                .round = round_,
                .window_bytes = settings_.inflight_bytes_max};
    }

    void acknowledge(effects& out) {
        append_response const response = agreement();
        acknowledged_ = response.match_index;
        round_answered_ = response.round;
        outbox_.send(leader_, response, out);
    }

    /// One answer for all that the disk has caught up with.
    void acknowledge_durable(effects& out) {
        if (leader_ != no_node && std::min(checked_, log_.stable_index()) > acknowledged_) acknowledge(out);
    }

    // ---- messages ----

    void on(node_id from, pre_vote_request&& request, time_point now, effects& out) {
        bool const disturbs = role_ == role::leader || clock_.trusts_leader(settings_, now);
        bool const granted = !disturbs && request.term > term() &&
                             is_up_to_date({request.last_term, request.last_index}, end_of_log());
        // A refusal carries our term: the asker adopts it, or it would ask for ever with a term that nobody accepts.
        if (granted || term() != log_term{}) {
            outbox_.send(from, pre_vote_response{granted ? request.term : term(), granted}, out);
        }
    }

    void on(node_id from, pre_vote_response&& response, time_point now, effects& out) {
        if (!response.granted) {
            if (response.term > term()) return follow(response.term, no_node, now, out);
        } else if (response.term.value != term().value + 1) {
            return;
        }
        if (role_ != role::pre_candidate) return;
        ballot_.record(members_, from, response.granted);
        count_ballot(now, out);
    }

    void on(node_id from, vote_request&& request, time_point now, effects& out) {
        bool const disturbs = role_ == role::leader || clock_.trusts_leader(settings_, now);
        if (request.term > term() && (request.transfer || !disturbs)) follow(request.term, no_node, now, out);
        bool granted = false;
        if (request.term == term() && leader_ == no_node) {
            node_id const vote = outbox_.state().vote;
            bool const complete = is_up_to_date({request.last_term, request.last_index}, end_of_log());
            granted = vote == from || (vote == no_node && complete);
            if (granted && vote == no_node) outbox_.change_state({term(), from});
            if (granted && role_ == role::pre_candidate) follow(term(), no_node, now, out);
            if (granted) clock_.restart(settings_, now);
        }
        if (term() != log_term{}) outbox_.send(from, vote_response{term(), granted}, out);
    }

    void on(node_id from, vote_response&& response, time_point now, effects& out) {
        if (response.term > term()) return follow(response.term, no_node, now, out);
        if (role_ != role::candidate || response.term != term()) return;
        ballot_.record(members_, from, response.granted);
        count_ballot(now, out);
    }

    void on(node_id from, append_request&& request, time_point now, effects& out) {
        if (request.term < term()) {
            // The sender learns that its term is over, and that it cannot lead this member.
            append_response response{};
            response.term = term();
            return outbox_.send(from, response, out);
        }
        bool const second_leader = request.term == term() && leader_ != no_node && leader_ != from;
        if (second_leader || !is_well_formed(request)) return static_cast<void>(++ignored_.malformed);
        if (request.term > term() || role_ != role::follower || leader_ != from) follow(request.term, from, now, out);
        clock_.heard_leader(now);
        clock_.restart(settings_, now);

        append_outcome const outcome = accept(log_, request, settings_.unstable_bytes_max);
        switch (outcome.verdict) {
            case acceptance::malformed: return static_cast<void>(++ignored_.malformed);
            case acceptance::unsafe: return static_cast<void>(++ignored_.unsafe);
            case acceptance::unreadable: return static_cast<void>(++ignored_.unreadable);
            case acceptance::overloaded: return static_cast<void>(++ignored_.overloaded);
            case acceptance::refused: return refuse(from, request, outcome, out);
            case acceptance::accepted: break;
        }
        if (outcome.truncated) out.events.push_back(log_truncated{*outcome.truncated});
        checked_ = std::max(checked_, outcome.checked);
        round_ = std::max(round_, request.round);
        // What this request has proven, not what the log happens to hold beyond it.
        commit_to(std::min(request.commit_index, outcome.checked), out);

        bool const news = round_ > round_answered_ || std::min(checked_, log_.stable_index()) > acknowledged_;
        bool const awaits_disk = !request.entries.empty() && checked_ > log_.stable_index();
        bool const repeated = request.entries.empty() ? false : outcome.checked <= log_.stable_index();
        if (repeated || (news && !awaits_disk)) acknowledge(out);
    }

    void refuse(node_id from, append_request const& request, append_outcome const& outcome, effects& out) {
        append_response response = agreement();
        response.success = false;
        response.checked_index = outcome.checked;
        response.conflict_index = outcome.conflict_index;
        response.conflict_term = outcome.conflict_term;
        response.round = request.round;
        outbox_.send(from, response, out);
    }

    void on(node_id from, append_response&& response, time_point now, effects& out) {
        if (response.term > term()) return follow(response.term, no_node, now, out);
        if (response.term < term() || role_ != role::leader) return;
        progress* peer = lead_.find(from);
        CHRONIK_ASSERT(peer != nullptr);
        peer->last_contact = now;
        if (response.round > lead_.round) return static_cast<void>(++ignored_.malformed);
        switch (take_response(log_, *peer, response)) {
            case response_use::stale: return;
            case response_use::nonsense: return static_cast<void>(++ignored_.malformed);
            case response_use::refused: return replicate(*peer, out);
            case response_use::agreed: break;
        }
        advance_commit(out);
        replicate(*peer, out);
        if (transfer_.target() == from) hand_over_if_ready(out);
    }

    void on(node_id from, timeout_now&& order, time_point now, effects& out) {
        bool const from_leader = order.term == term() && role_ == role::follower && leader_ == from;
        if (from_leader && members_.is_voter(self_)) stand_for_election(true, now, out);
    }

    node_id self_;
    configuration members_;
    options settings_;
    log<Store> log_;
    outbox outbox_;
    election_clock clock_;
    ballot ballot_;
    role role_ = role::follower;
    node_id leader_ = no_node;
    bool by_transfer_ = false;
    leadership lead_;
    leadership_transfer transfer_;
    log_index checked_;       // known to agree with the leader of this term
    log_index acknowledged_;  // told to it as durable
    std::uint64_t round_ = 0;
    std::uint64_t round_answered_ = 0;
    ignored_messages ignored_;
};

}  // namespace chronik::raft
