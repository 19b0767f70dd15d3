// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/overloaded.hpp>
#include <chronik/raft/message.hpp>
#include <chronik/raft/options.hpp>
#include <chronik/raft/replication.hpp>
#include <chronik/testing/durable_logs.hpp>

#include <map>
#include <string>
#include <tuple>
#include <variant>

namespace chronik::testing {

/// What a message promises when it leaves, held against the sender's disk.
///
/// one vote in a term     over all times, restarts included; and the vote is durable
/// terms                  of every message but pre-votes are durable
/// acknowledgements       speak of durable entries, and of snapshots that the log durably begins behind
/// sizes                  entries of one message stay within options::append_bytes_max, or it is one entry
class message_checks {
public:
    message_checks(durable_logs& disks, raft::options const& limits, findings& found)
        : disks_(&disks), append_bytes_max_(limits.append_bytes_max), found_(&found) {}

    void leaves(node_id from, group_id group, node_id to, raft::message const& what) {
        durable_log const& disk = disks_->of(from, group);
        auto const tell = [&](char const* sentence) {
            found_->report(durable_logs::about(from, group, sentence));
        };
        bool const asks_first = std::holds_alternative<raft::pre_vote_request>(what) ||
                                std::holds_alternative<raft::pre_vote_response>(what);
        if (!asks_first && raft::term_of(what) > disk.state.term) tell("a message left before its term was durable");

        if (auto const* vote = std::get_if<raft::vote_response>(&what); vote && vote->granted) {
            if (disk.state.term == vote->term && disk.state.vote != to) tell("a vote left before it was durable");
            auto const [place, fresh] = votes_.try_emplace({group, from, vote->term}, to);
            if (!fresh && place->second != to) tell("two votes in one term");
        }
        if (auto const* asked = std::get_if<raft::vote_request>(&what)) {
            auto const [place, fresh] = votes_.try_emplace({group, from, asked->term}, from);
            if (!fresh && place->second != from) tell("it stands for election in a term in which it gave its vote");
        }
        if (auto const* done = std::get_if<raft::append_response>(&what); done && done->success) {
            if (done->match_index > disk.last_index()) tell("entries were acknowledged before they were durable");
            if (done->match_index > done->checked_index) tell("entries were acknowledged that were not compared");
            bool const whole = done->match_index == done->checked_index && disk.last_index() == done->match_index;
            if (done->rests && !whole) tell("a member rests that lacks something");
        }
        if (auto const* done = std::get_if<raft::snapshot_answer>(&what)) {
            bool const installed = done->progress == raft::snapshot_progress::installed;
            if (installed && done->last_index > disk.last_index())
                tell("a snapshot was acknowledged before it was durable");
        }
        if (auto const* carried = std::get_if<raft::append_request>(&what)) {
            if (carried->entries.size() > 1 && raft::cost_of(*carried) > append_bytes_max_)
                tell("a message is larger than append_bytes_max");
        }
    }

    /// The node has left every group, and its disk is empty: what it votes from now on counts in configurations that
    /// began after that.
    void forgets(node_id node) {
        std::erase_if(votes_, [node](auto const& each) { return std::get<node_id>(each.first) == node; });
    }

private:
    durable_logs* disks_;
    std::size_t append_bytes_max_;
    findings* found_;
    std::map<std::tuple<group_id, node_id, log_term>, node_id> votes_;
};

}  // namespace chronik::testing
