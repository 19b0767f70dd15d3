// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/acceptance.hpp>
#include <chronik/raft/election.hpp>
#include <chronik/raft/following.hpp>
#include <chronik/raft/outbox.hpp>
#include <chronik/raft/sending.hpp>
#include <chronik/raft/snapshot_receiver.hpp>
#include <chronik/raft/transfer.hpp>

#include <cstdint>
#include <optional>
#include <utility>

namespace chronik::raft::detail {

/// Everything that one member knows, and the steps that every role takes. The roles are functions on it, each role in
/// a file of its own: elections.hpp, leading.hpp, obeying.hpp. Only core.hpp uses them.
template <log_view Store>
struct member {
    member(node_id own, configuration all, options chosen, hard_state restored, Store const& store, std::uint64_t seed,
           time_point now)
        : self(own),
          members(normalized(std::move(all))),
          settings(chosen),
          log(store),
          mail(restored, chosen.gated_messages_max),
          clock(seed, now) {}

    node_id self;
    configuration members;
    options settings;
    raft::log<Store> log;
    outbox mail;  ///< also keeps term and vote
    election_clock clock;
    ballot votes;
    raft::role role = raft::role::follower;
    node_id leader = no_node;
    bool by_transfer = false;  ///< this candidacy was ordered by the leader
    leadership lead;           ///< meaningful while leading
    leadership_transfer transfer;
    raft::following following;  ///< of the leader of this term
    std::optional<snapshot> own_snapshot;  ///< what this member can send, should it lead
    snapshot_receiver gathering;     ///< what its leader sends
    std::optional<snapshot_info> installing;  ///< in place of the log, and not durable yet
    ignored_messages ignored;

    log_term term() const { return mail.state().term; }
    bool leads() const { return role == raft::role::leader; }
    bool votes_here() const { return members.is_voter(self); }
    bool alone() const { return members.voters.size() == 1 && votes_here(); }
    log_position end_of_log() const { return {log.last_term(), log.last_index()}; }

    void follow(log_term newest, node_id of, time_point now, effects& out) {
        CHRONIK_ASSERT(newest >= term());
        bool const changed = role != raft::role::follower || newest > term() || of != leader;
        if (role != raft::role::follower) clock.restart(settings, now);
        if (leads()) lead = {};
        transfer.end();
        // Only a new term gives a new vote: a step back within a term keeps the old one.
        if (newest > term()) enter_term({newest, no_node});
        role = raft::role::follower;
        leader = of;
        if (changed) out.events.push_back(became_follower{newest, of});
    }

    void enter_term(hard_state next) {
        mail.change_state(next);
        clock.forget_leader();
        following = {};
    }

    void commit_to(log_index index, effects& out) {
        if (log.commit_to(index)) out.events.push_back(commit_advanced{index});
    }

    /// A leader heard lately makes elections a disturbance, and so does leading oneself.
    bool is_disturbed_by_elections(time_point now) const { return leads() || clock.trusts_leader(settings, now); }
};

}  // namespace chronik::raft::detail
