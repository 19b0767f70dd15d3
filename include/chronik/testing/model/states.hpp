// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/testing/model/doubts.hpp>
#include <chronik/testing/model/state.hpp>

#include <algorithm>

namespace chronik::testing::model {

// Reads, and snapshots in place of entries.
// source   thesis section 6.4; Raft paper (extended) section 7, figure 13

template <class View>
void arrives(scene const& at, node_id from, raft::read_request const& asked, View const&) {
    at.own.heard.insert(asked.term);
    auto const* const leader = at.led_by(at.node, asked.term);
    if (leader == nullptr) return;
    // It may come twice. Whoever asks began before the first of them came, so what was committed then is enough.
    asked_read const now{at.group.last_committed(), leader->round_sent};
    at.own.reads.try_emplace({from, asked.term, asked.number}, now);
}
template <class View>
void arrives(scene const& at, node_id, raft::read_response const& answer, View const&) {
    at.own.heard.insert(answer.term);
}

template <class View>
void leaves(scene const&, node_id, raft::read_request const&, View const&) {}

/// asks   the leader holds no lease: a quorum has answered a heartbeat that left after the read had come
inline void answers_read(scene const& at, node_id to, raft::read_response const& answer, bool asks) {
    if (!answer.granted) return;
    auto const asked = at.own.reads.find({to, answer.term, answer.number});
    if (asked == at.own.reads.end()) return at.deny("answers a read that nobody has asked for");
    asked_read const read = asked->second;
    auto const* const leader = at.led_by(at.node, answer.term);
    if (leader == nullptr) return at.deny("answers a read in " + name(answer.term) + ", which it does not lead");
    if (answer.index < leader->first_own) at.deny("answers a read before an entry of its own term is committed");
    if (answer.index > at.own.commit) at.deny("answers a read with " + name(answer.index) + ", which is not committed");
    if (answer.index < read.floor)
        at.deny("answers a read with " + name(answer.index) + ", and " + name(read.floor) + " was committed before");
    if (!asks) return;
    auto const sound = sound_members(at, *leader);
    auto const heard = [&](node_id voter) {
        if (!may_count_on(sound, *leader, voter)) return false;
        auto const round = leader->round_answered.find(voter);
        return voter == at.node || (round != leader->round_answered.end() && round->second > read.round);
    };
    if (!at.by_some_members([&](raft::configuration const& members) { return agreed(members, heard); }))
        at.deny("answers a read before a quorum has answered a heartbeat that came after it");
}

template <class View>
void arrives(scene const& at, node_id, raft::snapshot_chunk const& sent, View const& memory) {
    at.own.heard.insert(sent.term);
    if (sent.term < memory.term()) return;
    log_index const last = sent.info.last_index;
    at.own.offered.insert({last, sent.info.last_term});
    auto const held = memory.term_at(last);
    bool const has_all = last <= memory.commit_index() || (held && *held == sent.info.last_term);
    if (has_all) at.own.told = std::max(at.own.told, last);
}
template <class View>
void arrives(scene const& at, node_id from, raft::snapshot_answer const& answer, View const& memory) {
    at.own.heard.insert(answer.term);
    auto* const leader = at.led_by(at.node, answer.term);
    if (leader == nullptr || !hears(at, *leader, from, answer.doubt, 0, memory)) return;
    if (answer.progress != raft::snapshot_progress::installed) return;
    log_index& match = leader->match[from];
    match = std::max(match, answer.last_index);
}

template <class View>
void leaves(scene const& at, node_id to, raft::snapshot_chunk const& sent, View const&) {
    raft::snapshot_info const& info = sent.info;
    if (!at.led_by(at.node, sent.term)) at.deny("sends a snapshot in " + name(sent.term) + ", which it does not lead");
    bool const known = info.last_index > log_index{} && info.last_index <= at.group.last_committed();
    if (!known || at.group.committed[info.last_index.value - 1] != info.last_term)
        return at.deny("sends a snapshot of " + name(info.last_index) + ", which is not committed");
    if (*at.group.configured.at(info.last_index)->members != info.members)
        at.deny("sends a snapshot with other members than were in force at " + name(info.last_index));
    if (at.is_witness(to) && (info.bytes != 0 || !sent.data.empty())) at.deny("sends a state to a witness");
}
template <class View>
void leaves(scene const& at, node_id to, raft::snapshot_answer const& answer, View const&) {
    says_its_doubt(at, answer.doubt);
    if (answer.progress != raft::snapshot_progress::installed) return;
    if (!at.led_by(to, answer.term)) at.deny("acknowledges a snapshot to who does not lead its term");
    if (answer.last_index > at.durable.last_index() || !at.durable.has(answer.last_index, answer.last_term))
        at.deny("acknowledges a snapshot of " + name(answer.last_index) + " before it is durable");
}

/// Who begins to live finds its own snapshots, where a damaged disk has lost what they contain.
inline bool finds_its_own(scene const& at, log_index last, log_term term) {
    bool const begins = at.own.commit == log_index{};
    return begins && last > log_index{} && last <= at.own.committed &&
           at.group.committed[last.value - 1] == term;
}

/// The log gives way to a snapshot.
inline void replaces_log(scene const& at, log_index last, log_term term) {
    if (!at.own.offered.contains({last, term}) && !finds_its_own(at, last, term))
        at.deny("installs a snapshot that no leader has sent");
    if (last < at.own.commit) at.deny("installs a snapshot of " + name(last) + ", and has committed more");
    if (last > at.written.base && at.written.term_at(last) == term)
        at.deny("installs a snapshot of " + name(last) + ", and has the entry and what follows it");
    at.own.members.all = {{last, at.group.configured.at(last)->members}};
    at.own.members_before = last;
}
/// The log is cut at its front.
inline void compacts_log(scene const& at, log_index base) {
    if (base > at.group.last_committed()) at.deny("drops " + name(base) + ", which is not committed");
}

}  // namespace chronik::testing::model
