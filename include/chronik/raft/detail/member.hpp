// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/rare.hpp>
#include <chronik/raft/acceptance.hpp>
#include <chronik/raft/election.hpp>
#include <chronik/raft/following.hpp>
#include <chronik/raft/membership.hpp>
#include <chronik/raft/outbox.hpp>
#include <chronik/raft/read_index.hpp>
#include <chronik/raft/sending.hpp>
#include <chronik/raft/snapshot_receiver.hpp>

#include <cstdint>
#include <utility>

namespace chronik::raft::detail {

/// Everything that one member knows, and the steps that every role takes. The roles are functions on it, each role in
/// a file of its own: elections.hpp, leading.hpp, obeying.hpp. Only core.hpp uses them.
template <log_view Store>
struct member {
    member(node_id own, configuration all, options const& chosen, hard_state restored, Store const& store,
           std::uint64_t seed, time_point start)
        : self(own),
          membership(read_membership(std::move(all), store)),
          settings(chosen),
          log(store),
          mail(restored, chosen.gated_messages_max),
          clock(seed, start),
          latest(start),
          entries_received(start),
          next_read(random{seed ^ 0x72656164}()) {}

    node_id self;
    node_id leader = no_node;
    raft::membership membership;
    options const& settings;
    raft::log<Store> log;
    outbox mail;  ///< also keeps term and vote
    election_clock clock;
    raft::role role = raft::role::follower;
    bool by_transfer = false;  ///< this candidacy was ordered by the leader
    rare<ballot> votes;        ///< of who stands for election
    rare<leadership> lead;     ///< of who leads
    raft::following following;  ///< of the leader of this term
    rare<snapshot> own_snapshot;  ///< what this member can send, should it lead
    rare<snapshot_receiver> gathering;  ///< what its leader sends
    rare<snapshot_info> installing;     ///< in place of the log, and not durable yet
    time_point latest;  ///< of the latest input that told it: not later than whatever happens next
    time_point entries_received;  ///< of another leader, the last ones; the start: what the disk holds came before
    reads_of_follower forwarded;
    std::uint64_t next_read;  ///< begins anywhere, so that another life of this member in this term repeats none
    rare<ignored_messages> ignored;
    doubt_token doubt;     ///< this member has forgotten what it promised; see doubt.hpp
    log_index votes_from;  ///< it gives no vote while its log ends before this entry

    log_term term() const { return mail.state().term; }
    bool leads() const { return role == raft::role::leader; }
    configuration const& members() const { return membership.active(); }
    bool can_lead() const { return members().is_voter(self) && !members().is_witness(self); }
    /// Who is in no configuration yet may turn out to be a witness, and who is in none any more may have been one.
    bool holds_payloads() const { return leads() || (members().contains(self) && !members().is_witness(self)); }
    /// Who is a voter no longer stands all the same until it knows that to be committed: it may be the only one whose
    /// log is long enough to win. Having won, it commits the change and goes.
    /// source   thesis section 4.2.2
    bool may_stand() const {
        if (!may_vote()) return false;
        if (can_lead() || membership.index() <= log.commit_index()) return can_lead();
        configuration const* before = membership.previous();
        return before && before->is_voter(self) && !before->is_witness(self);
    }
    bool may_vote() const { return doubt == no_doubt && log.last_index() >= votes_from; }
    bool alone() const { return members().voters.size() == 1 && !members().is_joint() && can_lead(); }
    /// A change is under way from the first entry that makes it until the last one is committed.
    bool is_settled() const { return membership.index() <= log.commit_index() && !members().is_joint(); }
    log_position end_of_log() const { return {log.last_term(), log.last_index()}; }

    void follow(log_term newest, node_id of, time_point now, effects& out) {
        CHRONIK_ASSERT(newest >= term());
        bool const changed = role != raft::role::follower || newest > term() || of != leader;
        if (role != raft::role::follower) clock.restart(settings, now);
        if (leads()) end_transfer(out);
        // Only a new term gives a new vote: a step back within a term keeps the old one.
        if (newest > term()) enter_term({newest, no_node});
        role = raft::role::follower;
        leader = of;
        if (changed) following.resting = false;
        if (changed) fail_reads(out);
        if (changed) out.events.push_back(became_follower{newest, of});
        votes.reset();
        lead.reset();
    }

    /// Nobody is left who could say what they wait for.
    void fail_reads(effects& out) {
        if (lead) lead->reads.fail(out);
        forwarded.fail(out);
    }

    /// It rests: memory that is empty goes back, and is taken anew when there is something to do.
    void give_back() {
        log.give_back();
        forwarded.give_back();
        if (lead) lead->give_back();
    }

    void give_vote(node_id candidate, effects& out) {
        mail.change_state({term(), candidate});
        out.events.push_back(voted{term(), candidate});
    }

    /// Takes the place of one that is under way: who leaves cannot wait for it.
    void begin_transfer(node_id target, time_point now, effects& out) {
        end_transfer(out);
        lead->transfer.begin(target, now + settings.election_timeout_max);
        out.events.push_back(transfer_begun{target});
    }
    void end_transfer(effects& out) {
        if (!lead->transfer.active()) return;
        out.events.push_back(transfer_ended{lead->transfer.target()});
        lead->transfer.end();
    }

    void enter_term(hard_state next) {
        mail.change_state(next);
        clock.forget_leader();
        following = {};
    }

    void commit_to(log_index index, effects& out) {
        bool const was_settled = is_settled();
        if (!log.commit_to(index)) return;
        out.events.push_back(commit_advanced{index});
        if (!was_settled && is_settled()) out.events.push_back(members_settled{membership.index()});
    }

    /// What the log holds from `first` on is in force, wherever it came from.
    void take_configurations_from(log_index first, effects& out) {
        for (log_index at = first; at <= log.last_index(); ++at) {
            auto const item = log.entry_at(at);
            if (!item || item->kind != entry_kind::configuration) continue;
            auto members = decode_configuration(item->payload.view());
            CHRONIK_ASSERT(members.has_value());
            membership.forget_before(log.base_index());
            membership.append(at, std::move(*members));
            out.events.push_back(members_changed{at});
        }
    }
    void truncated_from(log_index first, effects& out) {
        out.events.push_back(log_truncated{first});
        if (membership.truncate_from(first)) out.events.push_back(members_changed{membership.index()});
    }

    /// Who is unknown may be newer than what this member knows of the group: requests are heard unless a leader is.
    /// source   thesis section 4.1: the receiver does not look whether the sender is in its configuration
    bool is_not_heard(node_id from, message const& received, time_point now) const {
        if (from == self) return true;
        bool const is_peer = lead && lead->find(from) != nullptr;
        if (members().contains(from) || from == leader || is_peer) return false;
        return is_disturbed_by_elections(now) || !is_request(received);
    }

    /// A leader heard lately makes elections a disturbance, and so does leading oneself.
    bool is_disturbed_by_elections(time_point now) const {
        return leads() || following.resting || clock.trusts_leader(settings, now);
    }

    /// Heartbeats are waited for again; the last sign of the leader came then.
    void stop_resting(time_point heard) {
        if (!std::exchange(following.resting, false)) return;
        clock.heard_leader(heard);
        clock.restart(settings, heard);
    }
};

}  // namespace chronik::raft::detail
