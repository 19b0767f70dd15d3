// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/testing/model/state.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>

namespace chronik::testing::model {

// Members whose disk was damaged: they vote for nobody and count for nothing, until the others have committed what
// comes after all that they can have promised.
// source   docs/decisions/0035-a-member-in-doubt.md

/// An answer has come to a leader.
///
/// round     of heartbeats, that it names; 0 if it names none
/// end       of the leader's log
/// returns   false if it was sent before the doubt that is known
inline bool heeds(leadership& leader, node_id from, doubt_token said, std::uint64_t round, log_index end,
                  bool is_sound) {
    auto const known = leader.doubts.find(from);
    doubt_token const before = known == leader.doubts.end() ? no_doubt : known->second.token;
    if (said < before) {
        // What it answers left after its doubt was heard of: an earlier leader has found it sound.
        if (said == no_doubt && round > known->second.round) known->second.is_over = true;
        return said == no_doubt && (is_sound || known->second.is_over);
    }
    if (said == before) return true;
    if (is_sound && !known->second.is_over) leader.settled[from] = known->second;
    leader.doubts[from] = {said, end, leader.round_sent, false};
    leader.match.erase(from);
    leader.round_answered.erase(from);
    return true;
}

/// Whom a leader may count, besides itself: who is in no doubt or says so again, and who has on disk what was committed
/// without it and appended after its doubt was heard of. One step may find more than one sound, one with the help of
/// another.
inline std::set<node_id> sound_members(scene const& at, leadership const& leader) {
    std::set<node_id> sound;
    auto const counts = [&](node_id voter) { return !leader.doubts.contains(voter) || sound.contains(voter); };
    for (std::size_t before = leader.doubts.size() + 1; before != sound.size();) {
        before = sound.size();
        for (auto const& [node, doubt] : leader.doubts) {
            if (doubt.is_over) sound.insert(node);
            log_index const needed = doubt.heard_at + 1;
            if (sound.contains(node) || leader.match_of(node) < needed) continue;
            auto const has = [&](node_id voter) {
                if (voter == at.node)
                    return at.durable.has(needed, leader.term) && at.durable_to(leader.term) >= needed;
                return counts(voter) && leader.match_of(voter) >= needed;
            };
            auto const agree = [&](raft::configuration const& members) { return agreed(members, has); };
            if (at.own.commit >= needed || at.by_some_members(agree)) sound.insert(node);
        }
    }
    return sound;
}
inline bool may_count_on(std::set<node_id> const& sound, leadership const& leader, node_id voter) {
    return !leader.doubts.contains(voter) || sound.contains(voter);
}

/// The same of an answer as it comes. Whoever was found sound before is, whatever comes late.
template <class View>
bool hears(scene const& at, leadership& leader, node_id from, doubt_token said, std::uint64_t round,
           View const& memory) {
    bool const is_sound = leader.doubts.contains(from) && sound_members(at, leader).contains(from);
    return heeds(leader, from, said, round, memory.last_index(), is_sound);
}

/// A leader tells a member that it is sound. It may have found out before it heard of the newest doubt, in the same
/// turn: that is not this one's end.
inline void finds_sound(scene const& at, leadership const& leader, node_id to, doubt_token token, log_index from) {
    if (token == no_doubt) return;
    auto const settled = leader.settled.find(to);
    if (settled != leader.settled.end() && settled->second.token == token && from > settled->second.heard_at &&
        from <= at.own.commit)
        return;
    auto const known = leader.doubts.find(to);
    if (known == leader.doubts.end() || known->second.token != token)
        return at.deny("finds " + name(to) + " sound of a doubt that it has not heard of");
    if (from <= known->second.heard_at)
        at.deny("finds " + name(to) + " sound from " + name(from) + ", which is older than its doubt");
    if (from > at.own.commit || !sound_members(at, leader).contains(to))
        at.deny("finds " + name(to) + " sound from " + name(from) + ", and it is not");
}

inline void abstains(scene const& at) {
    if (at.own.doubt != no_doubt) at.deny("takes part in an election, and is in doubt");
}
inline void says_its_doubt(scene const& at, doubt_token said) {
    if (at.own.doubt != no_doubt && said != at.own.doubt) at.deny("answers without saying that it is in doubt");
}

/// It says that its doubt is over.
inline void is_sound(scene const& at, doubt_token token) {
    if (token != at.own.doubt) at.deny("comes out of a doubt that it is not in");
    if (at.own.sound_from == log_index{}) return at.deny("comes out of doubt, and nobody has found it sound");
    if (at.durable.last_index() < at.own.sound_from)
        at.deny("comes out of doubt before it has " + name(at.own.sound_from) + " on disk");
    at.own.doubt = no_doubt;
}

}  // namespace chronik::testing::model
