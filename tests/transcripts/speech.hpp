// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <paper/paper_fixture.hpp>

#include <chronik/base/overloaded.hpp>
#include <chronik/node/raft_messages.hpp>
#include <chronik/raft/configuration_format.hpp>
#include <chronik/schema/print.hpp>

#include <string>

/// How a transcript says what a member does. tests/transcripts/README.md is the grammar.
namespace chronik::transcripts {

inline std::string say(node_id node) { return node == no_node ? "nobody" : std::to_string(node.value); }
inline std::string say(log_index index) { return std::to_string(index.value); }
inline std::string say(log_term term) { return "term " + std::to_string(term.value); }

/// A position is index:term, as in 3:2.
inline std::string say(log_index index, log_term term) { return say(index) + ":" + std::to_string(term.value); }

inline std::string say(std::vector<node_id> const& nodes) {
    std::string said;
    for (node_id const each : nodes) said += (said.empty() ? "" : " ") + say(each);
    return said;
}
inline std::string say(raft::configuration const& members) {
    std::string said = "members " + say(members.voters);
    if (members.is_joint()) said += " jointly with " + say(members.outgoing);
    if (!members.learners.empty()) said += ", learners " + say(members.learners);
    if (!members.promoting.empty()) said += ", promoting " + say(members.promoting);
    if (!members.witnesses.empty()) said += ", witnesses " + say(members.witnesses);
    return said;
}

inline std::string say(entry const& item) {
    std::string const place = say(item.index, item.term);
    if (item.kind == entry_kind::no_op) return place + " no-op";
    if (item.kind == entry_kind::command) return place + " \"" + std::string(item.payload.text()) + "\"";
    auto const members = raft::decode_configuration(item.payload.view());
    return place + " " + (members ? say(*members) : "members that make no sense");
}

inline std::string say(raft::shared_entries const& items) {
    if (items.size() > 4) return say(items.front()) + ", ..., " + say(items.back());
    std::string said;
    for (entry const& each : items) said += (said.empty() ? "" : ", ") + say(each);
    return said;
}

/// What no sentence was written for is still said.
template <class Message>
std::string say(Message const& other) {
    return schema::print(other);
}
inline std::string say(raft::pre_vote_request const& asked) {
    return "pre-vote? " + say(asked.term) + ", log to " + say(asked.last_index, asked.last_term);
}
inline std::string say(raft::pre_vote_response const& answer) {
    return std::string("pre-vote ") + (answer.granted ? "granted, " : "refused, ") + say(answer.term);
}
inline std::string say(raft::vote_request const& asked) {
    return "vote? " + say(asked.term) + ", log to " + say(asked.last_index, asked.last_term) +
           (asked.transfer ? ", by transfer" : "");
}
inline std::string say(raft::vote_response const& answer) {
    return std::string("vote ") + (answer.granted ? "granted, " : "refused, ") + say(answer.term);
}
inline std::string say(raft::append_request const& asked) {
    std::string const what =
        asked.entries.empty() ? "nothing, round " + std::to_string(asked.round) : say(asked.entries);
    std::string const sound =
        asked.sound == no_doubt ? std::string{} : "; sound with all up to " + say(asked.sound_from);
    return "append, " + say(asked.term) + ", committed " + say(asked.commit_index) + ", after " +
           say(asked.prev_index, asked.prev_term) + ": " + what + sound;
}
inline std::string say(raft::append_response const& answer) {
    std::string const end = ", " + say(answer.term) + (answer.doubt == no_doubt ? "" : ", in doubt");
    if (answer.success)
        return "agreed to " + say(answer.checked_index) + ", durable to " + say(answer.match_index) + end;
    if (answer.checked_index == log_index{}) return "refused" + end;
    return "refused after " + say(answer.checked_index) + ", try after " +
           say(answer.conflict_index, answer.conflict_term) + end;
}
inline std::string say(raft::timeout_now const& order) { return "stand for election now, " + say(order.term); }

inline std::string say(raft::read_request const& request) {
    return "which entries must a read see? " + say(request.term);
}
inline std::string say(raft::read_response const& response) {
    return response.granted ? "a read must see " + say(response.index) + ", " + say(response.term)
                            : "no read here, " + say(response.term);
}

inline std::string say(raft::snapshot_chunk const& piece) {
    std::string const which = "state up to " + say(piece.info.last_index, piece.info.last_term);
    if (piece.data.empty()) return which + ", how much of it is there? " + say(piece.term);
    return which + ", bytes from " + std::to_string(piece.offset) + ": \"" + std::string(piece.data.text()) + "\", " +
           say(piece.term);
}
inline std::string say(raft::snapshot_answer const& answer) {
    std::string const which = "state up to " + say(answer.last_index, answer.last_term);
    switch (answer.progress) {
        case raft::snapshot_progress::receiving:
            return which + ", go on at " + std::to_string(answer.offset) + ", " + say(answer.term);
        case raft::snapshot_progress::installed: return which + ", is here durably, " + say(answer.term);
        case raft::snapshot_progress::refused: return which + ", refused, " + say(answer.term);
    }
    return "?";
}

inline std::string say(paper::letter const& mail) {
    return say(mail.from) + " -> " + say(mail.to) + "  " +
           std::visit([](auto const& body) { return say(body); }, mail.body);
}

inline std::string say(raft::event const& happened) {
    return std::visit(
        overloaded{
            [](raft::became_follower const& e) { return "follows " + say(e.leader) + " in " + say(e.term); },
            [](raft::became_pre_candidate const& e) { return "asks who would vote for it, in " + say(e.term); },
            [](raft::became_candidate const& e) { return "stands for election in " + say(e.term); },
            [](raft::became_leader const& e) { return "leads " + say(e.term); },
            [](raft::commit_advanced const& e) { return "knows " + say(e.index) + " to be committed"; },
            [](raft::snapshot_installed const& e) { return "has the state up to " + say(e.index) + " durably"; },
            [](raft::members_changed const& e) { return "takes the members as of " + say(e.index); },
            [](raft::members_settled const& e) { return "has the members of " + say(e.index) + " for good"; },
            [](raft::log_truncated const& e) { return "cuts its log from " + say(e.first) + " on"; },
            [](raft::voted const& e) { return "votes for " + say(e.candidate) + " in " + say(e.term); },
            [](raft::transfer_begun const& e) { return "begins to hand over to " + say(e.target); },
            [](raft::transfer_ended const& e) { return "ends handing over to " + say(e.target); },
            [](raft::doubt_ended const&) { return std::string{"is in doubt no more"}; },
        },
        happened);
}

inline std::string say(raft::write const& write) {
    std::string said = "writes";
    if (write.install) {
        said += " that its log begins after " + say(write.install->last_index, write.install->last_term);
        if (write.state || !write.entries.empty()) said += ";";
    }
    if (write.state) {
        said += " " + say(write.state->term);
        said += write.state->vote == no_node ? ", no vote" : ", vote " + say(write.state->vote);
    }
    if (write.state && !write.entries.empty()) said += ";";
    if (!write.entries.empty()) said += " " + say(write.entries);
    if (write.sound) said += " that it is sound";
    return said;
}

inline std::string say(raft::role role) {
    switch (role) {
        case raft::role::follower: return "follower";
        case raft::role::pre_candidate: return "asking";
        case raft::role::candidate: return "candidate";
        case raft::role::leader: return "leader";
    }
    return "?";
}

}  // namespace chronik::transcripts
