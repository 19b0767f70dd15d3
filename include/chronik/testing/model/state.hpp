// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/message.hpp>
#include <chronik/testing/durable_logs.hpp>
#include <chronik/testing/model/members.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace chronik::testing::model {

/// The end of a log. The greater one is at least as up to date.
/// source   Raft paper (extended) section 5.4.1: the later last term wins, then the longer log
struct position {
    log_term term;
    log_index index;
    auto operator<=>(position const&) const = default;
};
inline position end_of(durable_log const& log) { return {log.last_term(), log.last_index()}; }
/// View   what a node shows of its memory, as raft::core does: term(), commit_index(), base_index(), last_index(),
///        term_at(index), entry_at(index)
template <class View>
position end_of_memory(View const& memory) {
    return {memory.term_at(memory.last_index()).value_or(log_term{}), memory.last_index()};
}

/// Who was elected in a term, what its log is, and what the others have told it.
///
/// Its log is what it was at the election, and from `first_own` on entries of its own term: a leader appends only.
struct leadership {
    node_id node;
    log_term term;
    durable_log before;
    log_index first_own;
    std::uint64_t round_sent = 0;
    std::map<node_id, log_index> match;                ///< acknowledged, and heard of
    std::map<node_id, std::uint64_t> round_answered;
    struct doubt {
        doubt_token token;
        log_index heard_at;    ///< the end of its log then
        std::uint64_t round;   ///< of heartbeats, the newest that had left then
        bool is_over = false;  ///< the member has said so since
    };
    std::map<node_id, doubt> doubts;                   ///< of others, as far as it was told
    std::map<node_id, doubt> settled;                  ///< found sound of, before it was told of a newer one

    /// Nothing where its log had been cut.
    std::optional<log_term> term_at(log_index at) const {
        if (at >= first_own) return term;
        return at == before.base ? before.base_term : before.term_at(at);
    }
    void forget(node_id peer) {
        match.erase(peer);
        round_answered.erase(peer);
        doubts.erase(peer);
        settled.erase(peer);
    }
    log_index match_of(node_id peer) const {
        auto const found = match.find(peer);
        return found == match.end() ? log_index{} : found->second;
    }
};

/// A read that a leader was asked for: what it must see, and the newest heartbeat that does not count for it.
struct asked_read {
    log_index floor;
    std::uint64_t round = 0;
};

/// What a node is held to in all its lives, until it has another disk.
struct lasting {
    log_term promised;                          ///< the newest term that it has shown to others
    std::map<log_term, node_id> votes_given;    ///< and shown
    std::set<std::pair<log_index, log_term>> offered;  ///< snapshots that a leader has sent
    log_index committed;                        ///< the highest that it ever knew of: its own snapshots end there
};

/// What one node knows of one group, and what it has promised.
///
/// In memory is what it shows of itself; written and durable is what `durable_logs` was told.
struct member : lasting {
    enum class role : std::uint8_t { follower, pre_candidate, candidate, leader };

    role now = role::follower;
    log_term term;
    log_index commit;
    log_index told;                             ///< committed, as far as others have told it
    position end_before;                        ///< of the log when its last turn ended
    std::set<log_term> heard;                   ///< terms of received messages
    std::map<log_term, log_index> proven;       ///< up to where its log agrees with that of the term's leader
    std::map<log_term, std::set<node_id>> votes;      ///< granted, and received
    std::map<log_term, std::set<node_id>> pre_votes;
    std::map<std::pair<log_term, node_id>, bool> asked;      ///< for a vote; true: with a log that may have it
    std::map<std::pair<log_term, node_id>, bool> asked_first;  ///< the same of pre-votes
    std::map<log_term, position> stood;         ///< its log's end when it began to stand in a term
    std::set<log_term> ordered;                 ///< terms whose leader has told it to stand
    std::map<std::tuple<node_id, log_term, std::uint64_t>, asked_read> reads;  ///< when each came first
    versions members;
    std::vector<members_pointer> unwritten;     ///< in memory, and in force: the disk has had no room for them
    std::vector<members_pointer> meanwhile;     ///< in force since its last turn ended, and perhaps no more
    log_index members_before;                   ///< the configuration's entry when its last turn ended
    std::set<log_term> led;                     ///< terms in which it has led since its last turn ended
    doubt_token doubt;                          ///< the one that it is in
    log_index sound_from;                       ///< its leader has told it that it is sound if it has this
    log_term early;                             ///< it has written as a leader, and has not told that it is one
    struct change {
        log_term term;
        log_index before;
    };
    std::vector<change> changes;                ///< begun since it was last looked at
};

/// One group over all nodes and all times.
struct group_state {
    known_entries entries;
    std::map<log_term, leadership> leaders;
    std::map<node_id, member> members;
    std::vector<log_term> committed;  ///< of the entries from 1 on
    std::vector<log_term> committed_in;  ///< not later than that term
    versions configured;              ///< those that are committed; the first is the one that the group began with

    leadership* leader_of(log_term term) {
        auto const found = leaders.find(term);
        return found == leaders.end() ? nullptr : &found->second;
    }
    log_index last_committed() const { return log_index{committed.size()}; }
    /// The last one that is known to have been committed before a term.
    log_index last_committed_before(log_term term) const {
        std::size_t count = committed.size();
        while (count > 0 && committed_in[count - 1] >= term) --count;
        return log_index{count};
    }
};

/// What a rule looks at: one node of one group, now.
struct scene {
    group_state& group;
    member& own;
    node_id node;
    group_id id;
    durable_log const& written;
    durable_log const& durable;
    std::set<node_id> const& witnesses;
    findings& found;

    void deny(std::string const& what) const {
        found.report(durable_logs::about(node, id, "the model does not allow that it " + what));
    }
    bool is_witness(node_id which) const { return witnesses.contains(which); }
    /// How far this node's log survives a crash, as it may say in a term. What it found in an earlier one may leave
    /// late, after a newer leader has begun to cut it: who led then cannot commit it any more.
    log_index durable_to(log_term said_in) const {
        return said_in < written.state.term ? durable.last_index() : durable.last_for_sure();
    }
    leadership* led_by(node_id which, log_term term) const {
        auto* const found_leader = group.leader_of(term);
        return found_leader != nullptr && found_leader->node == which ? found_leader : nullptr;
    }
    /// True of one of the configurations that were in force here since the last turn ended: a step may use one and then
    /// append the next.
    template <class Holds>
    bool by_some_members(Holds holds) const {
        for (auto each = own.members.all.rbegin(); each != own.members.all.rend(); ++each) {
            if (holds(*each->members)) return true;
            if (each->index <= own.members_before) break;
        }
        auto const in = [&](members_pointer const& each) { return holds(*each); };
        return std::ranges::any_of(own.unwritten, in) || std::ranges::any_of(own.meanwhile, in);
    }
};

inline std::string name(node_id node) { return "node " + std::to_string(node.value); }
inline std::string name(log_term term) { return "term " + std::to_string(term.value); }
inline std::string name(log_index index) { return "index " + std::to_string(index.value); }

}  // namespace chronik::testing::model
