// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/testing/model/doubts.hpp>
#include <chronik/testing/model/state.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace chronik::testing::model {

// What is committed.
// source   Raft paper (extended) figure 2, "Rules for Servers: Leaders", sections 5.3, 5.4.2 and 6

/// An entry of the own term is on the disks of a quorum, as the leader has been told.
inline bool may_count(scene const& at, leadership const& leader, log_index last) {
    if (last < leader.first_own) return false;
    auto const sound = sound_members(at, leader);
    auto const has = [&](node_id voter) {
        if (voter == at.node) return at.durable_to(leader.term) >= last && at.durable.has(last, leader.term);
        return may_count_on(sound, leader, voter) && leader.match_of(voter) >= last;
    };
    return at.by_some_members([&](raft::configuration const& members) { return agreed(members, has); });
}

/// One index, one entry, for ever.
template <class View>
void remember_committed(scene const& at, log_index seen, View const& memory) {
    auto& all = at.group.committed;
    for (log_index each = std::max<log_index>(seen, memory.base_index()) + 1; each <= memory.commit_index(); ++each) {
        auto const term = memory.term_at(each);
        if (!term || each.value > all.size() + 1) return;
        if (each.value <= all.size()) {
            if (all[each.value - 1] != *term)
                return at.deny("commits " + name(each) + " of " + name(*term) + ", where another entry is committed");
            continue;
        }
        all.push_back(*term);
        at.group.committed_in.push_back(memory.term());
        if (auto members = at.group.entries.members_at(each, *term))
            at.group.configured.append(each, std::move(members));
    }
}

template <class View>
void look_at_commit(scene const& at, View const& memory) {
    member& own = at.own;
    log_index const now = memory.commit_index();
    if (now == own.commit) return;
    if (now < own.commit) at.deny("takes back a commit: " + name(now) + " after " + name(own.commit));
    bool const counted = std::ranges::any_of(own.led, [&](log_term term) {
        auto const* const leader = at.led_by(at.node, term);
        return leader != nullptr && may_count(at, *leader, now);
    });
    auto const begins = memory.term_at(memory.base_index());
    bool const installed = begins && now == memory.base_index() && own.offered.contains({now, *begins});
    if (now > own.told && !counted && !installed)
        at.deny("commits " + name(now) + ": no quorum has told it, and no leader either");
    remember_committed(at, own.commit, memory);
    own.commit = now;
    own.committed = std::max(own.committed, now);
}

/// A change begins when the one before is over, and when the leader knows what is committed.
inline void look_at_changes(scene const& at) {
    for (auto const& [term, before] : at.own.changes) {
        auto const* const leader = at.led_by(at.node, term);
        if (leader == nullptr) continue;
        if (at.own.commit < before) at.deny("changes the members while another change is under way");
        if (at.own.commit < leader->first_own)
            at.deny("changes the members before an entry of its own term is committed");
    }
    at.own.changes.clear();
}

/// What its disk has no room for yet is in force all the same.
template <class View>
void look_at_unwritten(scene const& at, View const& memory) {
    at.own.unwritten.clear();
    for (log_index each = memory.last_index(); each > memory.base_index(); each = each - 1) {
        auto const term = memory.term_at(each);
        if (!term || at.written.has(each, *term)) return;
        auto const held = memory.entry_at(each);
        if (!held || held->kind != entry_kind::configuration) continue;
        auto members = raft::decode_configuration(held->payload.view());
        if (members) at.own.unwritten.push_back(std::make_shared<raft::configuration const>(std::move(*members)));
    }
}

template <class View>
void look_at_memory(scene const& at, View const& memory) {
    member& own = at.own;
    look_at_unwritten(at, memory);
    if (memory.term() < own.term) at.deny("goes back to an earlier term");
    own.term = memory.term();
    if (own.early != log_term{}) at.deny("writes entries of " + name(own.early) + " as a leader that nobody elected");
    own.early = {};
    look_at_commit(at, memory);
    look_at_changes(at);
}

/// The next step may use what is known from here on.
template <class View>
void end_turn(scene const& at, View const& memory) {
    at.own.end_before = end_of_memory(memory);
    at.own.members_before = at.own.members.newest().index;
    // What the next turn cuts was in force until then.
    at.own.meanwhile = {at.own.members.newest().members};
    if (!at.own.unwritten.empty()) at.own.meanwhile.push_back(at.own.unwritten.front());
    // What it had found out before it heard of more has left.
    for (log_term const term : at.own.led) {
        if (leadership* const leader = at.led_by(at.node, term)) leader->settled.clear();
    }
    if (at.own.now != member::role::leader) at.own.led.clear();
    else std::erase_if(at.own.led, [&](log_term term) { return term != memory.term(); });
}

}  // namespace chronik::testing::model
