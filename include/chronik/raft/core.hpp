// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/overloaded.hpp>
#include <chronik/raft/election.hpp>
#include <chronik/raft/following.hpp>
#include <chronik/raft/outbox.hpp>
#include <chronik/raft/sending.hpp>
#include <chronik/raft/transfer.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace chronik::raft {

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
        if (role_ != role::leader) return {};
        return status_of(lead_, members_, settings_.election_timeout_max, now);
    }

    /// Time has passed. Early and repeated calls do no harm.
    void tick(time_point now, effects& out) {
        if (role_ == role::leader) {
            tick_leader(now, out);
        } else if (members_.is_voter(self_)) {
            if (clock_.expired(now)) ask_for_pre_votes(now, out);
            if (clock_.must_retry(now)) ask_again(now, out);
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
        // One answer for all that the disk has caught up with.
        bool const more = following_.durable(log_.stable_index()) > following_.acknowledged;
        if (role_ == role::follower && leader_ != no_node && more) acknowledge(out);
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
        for (progress& peer : lead_.peers) wire(out).replicate(peer);
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
        if (progress* peer = lead_.find(target)) wire(out).replicate(*peer);
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
        following_ = {};
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

    void ask_again(time_point now, effects& out) {
        // Requests that still wait for the disk are not doubled.
        if (outbox_.state_durable()) request_votes(now, out); else clock_.retry_after(settings_, now);
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
        wire(out).heartbeats(now);
    }

    sender<Store> wire(effects& out) { return {log_, lead_, settings_, outbox_, out}; }

    accepted append(entry_kind kind, shared_bytes payload, std::uint32_t record_count) {
        accepted const place{log_.last_index() + 1, term(), log_.next_offset()};
        log_.append({place.term, place.index, kind, place.base_offset, record_count, std::move(payload)});
        return place;
    }

    void tick_leader(time_point now, effects& out) {
        if (now >= transfer_.deadline()) transfer_.end();
        if (now < lead_.next_heartbeat) return;
        // Whoever cannot reach a quorum cannot commit; it makes room instead of holding clients and followers.
        if (now - quorum_contact(members_, self_, lead_, now) >= settings_.election_timeout_max) {
            return follow(term(), no_node, now, out);
        }
        wire(out).heartbeats(now);
        hand_over_if_ready(out);
    }

    void advance_commit(effects& out) {
        log_index const agreed = durable_on_quorum(members_, self_, lead_, log_);
        if (agreed <= log_.commit_index()) return;
        // Only entries of the own term are committed by counting; those before come along.
        if (log_.term_at(agreed) != term()) return;
        commit_to(agreed, out);
        lead_.pending.committed(agreed);
        wire(out).spread_commit();
    }

    void hand_over_if_ready(effects& out) {
        if (!transfer_.active()) return;
        progress const* peer = lead_.find(transfer_.target());
        if (peer && peer->match == log_.last_index()) outbox_.send(peer->node, timeout_now{term()}, out);
    }

    void commit_to(log_index index, effects& out) {
        if (log_.commit_to(index)) out.events.push_back(commit_advanced{index});
    }

    void acknowledge(effects& out) {
        outbox_.send(leader_, following_.answer(term(), log_.stable_index(), settings_.inflight_bytes_max), out);
    }

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
        if (outcome.verdict == acceptance::refused) {
            return outbox_.send(from, following_.refusal(term(), outcome, request, settings_.inflight_bytes_max), out);
        }
        if (outcome.verdict != acceptance::accepted) return ignored_.count(outcome.verdict);
        if (outcome.truncated) out.events.push_back(log_truncated{*outcome.truncated});
        following_.take(request, outcome.checked);
        // What this request has proven, not what the log happens to hold beyond it.
        commit_to(std::min(request.commit_index, outcome.checked), out);
        if (following_.owes_answer(!request.entries.empty(), outcome.checked, log_.stable_index())) acknowledge(out);
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
            case response_use::refused: return wire(out).replicate(*peer);
            case response_use::agreed: break;
        }
        advance_commit(out);
        wire(out).replicate(*peer);
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
    following following_;
    ignored_messages ignored_;
};

}  // namespace chronik::raft
