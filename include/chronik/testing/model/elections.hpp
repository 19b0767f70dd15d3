// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/hard_state.hpp>
#include <chronik/testing/model/doubts.hpp>
#include <chronik/testing/model/state.hpp>

namespace chronik::testing::model {

// Terms, votes, and who comes to lead.
// source   Raft paper (extended) figure 2, "Rules for Servers" and "RequestVote RPC"; thesis 9.6 (pre-vote) and 3.10

template <class Has>
bool is_elected(scene const& at, Has has) {
    return at.by_some_members([&](raft::configuration const& members) {
        return agreed(members, [&](node_id voter) { return voter == at.node || has(voter); });
    });
}

inline bool holds(std::map<log_term, std::set<node_id>> const& answers, log_term term, node_id voter) {
    auto const of_term = answers.find(term);
    return of_term != answers.end() && of_term->second.contains(voter);
}

/// It stands for election: asked first, or ordered, or before anybody can lead.
inline void stands(scene const& at, log_term term) {
    member& own = at.own;
    own.stood[term] = end_of(at.written);
    abstains(at);
    if (at.is_witness(at.node)) at.deny("stands for election: it is a witness");
    if (term == log_term{1} || own.ordered.contains(log_term{term.value - 1})) return;
    if (!is_elected(at, [&](node_id voter) { return holds(own.pre_votes, term, voter); }))
        at.deny("stands for election in " + name(term) + ": no quorum has said that it would vote for it");
}

/// Term and vote as they are about to be written.
inline void writes_state(scene const& at, raft::hard_state next) {
    raft::hard_state const before = at.written.state;
    if (next.term < before.term) at.deny("goes back from " + name(before.term) + " to " + name(next.term));
    if (next.term == before.term && before.vote != no_node && next.vote != before.vote)
        at.deny("gives its vote of " + name(next.term) + " to another");
    if (next.vote == at.node) {
        if (next.term.value != before.term.value + 1) at.deny("stands for election in " + name(next.term) +
                                                              ", which is not the term after its own");
        return stands(at, next.term);
    }
    if (next.term > before.term && !at.own.heard.contains(next.term))
        at.deny("enters " + name(next.term) + ", of which nobody has told it");
    if (next.vote == no_node || (next.term == before.term && next.vote == before.vote)) return;
    abstains(at);
    auto const asked = at.own.asked.find({next.term, next.vote});
    if (asked == at.own.asked.end()) return at.deny("votes for " + name(next.vote) + ", which has not asked");
    if (!asked->second) at.deny("votes for " + name(next.vote) + ", whose log is not as up to date as its own");
}

/// It says that it leads.
inline void leads(scene const& at, log_term term) {
    member& own = at.own;
    own.led.insert(term);
    own.early = {};
    if (at.durable.state != raft::hard_state{term, at.node})
        at.deny("leads in " + name(term) + " before its own vote is durable");
    if (at.is_witness(at.node)) at.deny("leads: it is a witness");
    if (!is_elected(at, [&](node_id voter) { return holds(own.votes, term, voter); }))
        at.deny("leads in " + name(term) + ": no quorum of its members has voted for it");
    if (at.group.leaders.contains(term)) return at.deny("leads in " + name(term) + ", which has a leader");

    leadership made;
    made.node = at.node;
    made.term = term;
    made.before = at.written;
    while (!made.before.terms.empty() && made.before.terms.back() == term) made.before.terms.pop_back();
    made.first_own = made.before.last_index() + 1;
    // Who was stopped may be late to lead an old term, and need not have what newer ones have committed.
    log_index const last = at.group.last_committed_before(term);
    if (last > made.before.base && made.term_at(last) != at.group.committed[last.value - 1])
        at.deny("leads in " + name(term) + " without " + name(last) + ", which is committed");
    at.group.leaders.emplace(term, std::move(made));
}

template <class View>
void arrives(scene const& at, node_id from, raft::vote_request const& asked, View const& memory) {
    at.own.heard.insert(asked.term);
    at.own.asked[{asked.term, from}] |= position{asked.last_term, asked.last_index} >= end_of_memory(memory);
}
template <class View>
void arrives(scene const& at, node_id from, raft::pre_vote_request const& asked, View const& memory) {
    // Its term is only a question: nobody enters it.
    at.own.asked_first[{asked.term, from}] |= position{asked.last_term, asked.last_index} >= end_of_memory(memory);
}
template <class View>
void arrives(scene const& at, node_id from, raft::vote_response const& answer, View const&) {
    at.own.heard.insert(answer.term);
    if (answer.granted) at.own.votes[answer.term].insert(from);
}
template <class View>
void arrives(scene const& at, node_id from, raft::pre_vote_response const& answer, View const&) {
    if (answer.granted) at.own.pre_votes[answer.term].insert(from);
    else at.own.heard.insert(answer.term);
}
template <class View>
void arrives(scene const& at, node_id from, raft::timeout_now const& order, View const&) {
    if (at.led_by(from, order.term)) at.own.ordered.insert(order.term);
}

template <class View>
void leaves(scene const& at, node_id, raft::vote_request const& asked, View const&) {
    auto const stood = at.own.stood.find(asked.term);
    if (stood == at.own.stood.end())
        return at.deny("asks for votes in " + name(asked.term) + ", in which it does not stand");
    if (stood->second != position{asked.last_term, asked.last_index})
        at.deny("asks for votes with another end of its log than it has");
    if (asked.transfer && !at.own.ordered.contains(log_term{asked.term.value - 1}))
        at.deny("asks for votes as if the leader of the term before had ordered it");
}
template <class View>
void leaves(scene const& at, node_id, raft::pre_vote_request const& asked, View const& memory) {
    if (asked.term.value > memory.term().value + 1) at.deny("asks about a term that is not the next one");
    auto const most = std::max(end_of_memory(memory), at.own.end_before);
    if (position{asked.last_term, asked.last_index} > most) at.deny("claims more of the log than it has");
}
template <class View>
void leaves(scene const& at, node_id to, raft::vote_response const& answer, View const&) {
    if (!answer.granted) return;
    abstains(at);
    bool const given = at.durable.state.vote == to || at.durable.state.term > answer.term;
    if (!given) at.deny("says that it has voted for " + name(to) + " before that is durable");
    auto const [place, fresh] = at.own.votes_given.try_emplace(answer.term, to);
    if (!fresh && place->second != to) at.deny("votes twice in " + name(answer.term));
}
template <class View>
void leaves(scene const& at, node_id to, raft::pre_vote_response const& answer, View const&) {
    if (!answer.granted) return;
    abstains(at);
    auto const asked = at.own.asked_first.find({answer.term, to});
    if (asked == at.own.asked_first.end()) return at.deny("would vote for " + name(to) + ", which has not asked");
    if (!asked->second) at.deny("would vote for " + name(to) + ", whose log is not as up to date as its own");
}
template <class View>
void leaves(scene const& at, node_id to, raft::timeout_now const& order, View const&) {
    if (!at.led_by(at.node, order.term)) at.deny("orders an election in a term that it does not lead");
    if (at.is_witness(to)) at.deny("orders a witness to stand for election");
}

}  // namespace chronik::testing::model
