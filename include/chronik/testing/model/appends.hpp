// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/configuration.hpp>
#include <chronik/testing/model/doubts.hpp>
#include <chronik/testing/model/state.hpp>

#include <algorithm>
#include <span>

namespace chronik::testing::model {

// What is in the logs: who may append what, and what may be said about it.
// source   Raft paper (extended) figure 2, "AppendEntries RPC"; section 6 and thesis 4 for configurations

/// A leader's entry goes behind its last, and a configuration follows from the one before. That the one before and an
/// entry of the own term are committed is seen when the step is over.
inline void appends_own(scene const& at, entry const& made) {
    if (made.index != at.written.last_index() + 1)
        at.deny("overwrites " + name(made.index) + " of its own log, which it leads");
    if (made.kind != entry_kind::configuration) return;
    auto const next = at.group.entries.members_at(made.index, made.term);
    auto const& before = at.own.members.newest();
    if (next == nullptr || !may_follow(*before.members, *next))
        return at.deny("changes the members at " + name(made.index) +
                       " in a way that gives two quorums without a common voter");
    at.own.changes.push_back({made.term, before.index});
}

/// Of a place up to which the node knows everything to be committed. What is in memory may be far ahead of what the
/// disk had room for: there, an older entry may stand that was to be overwritten long ago.
inline bool is_committed(scene const& at, log_index place) {
    auto const& terms = at.group.committed;
    return place.value > terms.size() || at.written.has(place, terms[place.value - 1]);
}

/// An entry comes from the term's leader, after it was found that the logs agree up to it, and takes the place of no
/// other but one that differs and is not committed.
inline void appends_foreign(scene const& at, leadership const& leader, entry const& taken) {
    if (leader.term_at(taken.index) != taken.term)
        at.deny("writes " + name(taken.index) + " of " + name(taken.term) + ", which its leader does not have");
    if (taken.index > at.own.proven[leader.term])
        at.deny("writes " + name(taken.index) + ", which its leader has not sent, or not behind an entry that it has");
    if (taken.index > at.written.last_index()) return;
    if (taken.index <= at.own.commit && is_committed(at, taken.index))
        at.deny("overwrites " + name(taken.index) + ", which is committed");
    if (at.written.has(taken.index, taken.term))
        at.deny("cuts its log at " + name(taken.index) + ", though the entry there is the leader's");
}

/// An entry that is about to be written. What was written before it is, or is what it replaces.
inline void writes_entry(scene const& at, entry const& next) {
    if (next.index <= at.written.base || next.index > at.written.last_index() + 1)
        return at.deny("writes " + name(next.index) + " where its log has no place for it");
    bool const place_only = at.is_witness(at.node);
    log_term const before = next.index == at.written.base + 1 ? at.written.base_term
                                                              : at.written.term_at(next.index - 1).value_or(log_term{});
    if (!at.group.entries.meet(next, before, place_only))
        at.deny("has another entry than others at " + name(next.index) + " of " + name(next.term));
    log_term const term = at.written.state.term;
    auto const* const leader = at.group.leader_of(term);
    bool const is_sent = leader != nullptr && leader->node != at.node && next.index <= at.own.proven[term] &&
                         leader->term_at(next.index) == next.term;
    if (is_sent) {
        appends_foreign(at, *leader, next);
    } else if (at.led_by(at.node, next.term) && next.index == at.written.last_index() + 1) {
        // Appended while it led, and written together with the term of who leads now.
        appends_own(at, next);
    } else if (leader != nullptr && leader->node != at.node) {
        appends_foreign(at, *leader, next);
    } else if (leader != nullptr) {
        appends_own(at, next);
    } else if (at.written.state.vote == at.node && next.term == term) {
        at.own.early = term;
    } else {
        at.deny("writes " + name(next.index) + " in " + name(term) + ", which nobody leads");
    }
    at.own.members.truncate_from(next.index);
    if (auto members = at.group.entries.members_at(next.index, next.term))
        at.own.members.append(next.index, std::move(members));
}

template <class View>
void arrives(scene const& at, node_id, raft::append_request const& sent, View const& memory) {
    at.own.heard.insert(sent.term);
    if (sent.term < memory.term()) return;
    if (sent.sound != no_doubt && sent.sound == at.own.doubt) at.own.sound_from = sent.sound_from;
    log_index& proven = at.own.proven[sent.term];
    auto const term = memory.term_at(sent.prev_index);
    bool const agrees = sent.prev_index <= std::max<log_index>(memory.base_index(), proven) ||
                        (term && *term == sent.prev_term);
    if (!agrees) return;
    log_index const reached = std::max<log_index>(sent.prev_index + sent.entries.size(), memory.base_index());
    proven = std::max(proven, reached);
    at.own.told = std::max(at.own.told, std::min(sent.commit_index, reached));
}
template <class View>
void arrives(scene const& at, node_id from, raft::append_response const& answer, View const& memory) {
    at.own.heard.insert(answer.term);
    auto* const leader = at.led_by(at.node, answer.term);
    if (leader == nullptr || !hears(at, *leader, from, answer.doubt, answer.round, memory)) return;
    std::uint64_t& round = leader->round_answered[from];
    round = std::max(round, answer.round);
    if (!answer.success) return;
    log_index& match = leader->match[from];
    match = std::max(match, answer.match_index);
}

/// A witness is sent what somebody has on disk that can lead beside it.
inline bool may_have(scene const& at, leadership const& leader, node_id witness, log_index last) {
    auto const sound = sound_members(at, leader);
    return at.by_some_members([&](raft::configuration const& members) {
        if (last > at.durable.last_index()) return false;
        auto const backed = [&](std::vector<node_id> const& set) {
            if (!std::ranges::binary_search(set, witness) || std::ranges::binary_search(set, at.node)) return true;
            return std::ranges::any_of(set, [&](node_id voter) {
                bool const counts = !members.is_witness(voter) && may_count_on(sound, leader, voter);
                return counts && leader.match_of(voter) >= last;
            });
        };
        return backed(members.voters) && backed(members.outgoing);
    });
}

template <class View>
void leaves(scene const& at, node_id to, raft::append_request const& sent, View const&) {
    auto* const leader = at.led_by(at.node, sent.term);
    if (leader == nullptr) return at.deny("sends entries in " + name(sent.term) + ", which it does not lead");
    leader->round_sent = std::max(leader->round_sent, sent.round);
    finds_sound(at, *leader, to, sent.sound, sent.sound_from);
    auto const before = leader->term_at(sent.prev_index);
    if (before && *before != sent.prev_term) at.deny("sends another entry before than it has");
    if (sent.commit_index > at.own.commit) at.deny("tells of a commit that it does not know of");
    if (sent.entries.empty()) return;

    log_term term = sent.prev_term;
    log_index index = sent.prev_index;
    for (entry const& each : sent.entries) {
        ++index;
        if (each.index != index || leader->term_at(index) != each.term)
            return at.deny("sends " + name(each.index) + " of " + name(each.term) + ", which is not in its log");
        if (!at.group.entries.meet(each, term, at.is_witness(to)))
            return at.deny("sends another entry than others have at " + name(index) + " of " + name(each.term));
        if (at.is_witness(to) && each.kind == entry_kind::command) at.deny("sends a command to a witness");
        term = each.term;
    }
    if (at.is_witness(to) && !may_have(at, *leader, to, index))
        at.deny("sends " + name(index) + " to a witness before anybody has it on disk who can lead beside it");
}
template <class View>
void leaves(scene const& at, node_id to, raft::append_response const& answer, View const&) {
    says_its_doubt(at, answer.doubt);
    if (!answer.success) return;
    auto const* const leader = at.led_by(to, answer.term);
    if (leader == nullptr) return at.deny("acknowledges entries to " + name(to) + ", which does not lead its term");
    log_index const match = answer.match_index;
    log_index const proven = at.own.proven[answer.term];
    if (match > proven || answer.checked_index > proven)
        at.deny("acknowledges " + name(std::max(match, answer.checked_index)) + ", and only " + name(proven) +
                " is known to agree");
    if (match > at.durable_to(answer.term)) return at.deny("acknowledges " + name(match) + " before it is durable");
    auto const wanted = leader->term_at(match);
    if (wanted && !at.durable.has(match, *wanted))
        at.deny("acknowledges " + name(match) + ", and has another entry there than the leader");
}

}  // namespace chronik::testing::model
