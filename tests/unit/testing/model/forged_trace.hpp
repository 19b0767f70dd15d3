// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/shared_bytes.hpp>
#include <chronik/raft/configuration_format.hpp>
#include <chronik/raft/shared_entries.hpp>
#include <chronik/testing/model/specification.hpp>

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace chronik::testing::model {

inline constexpr node_id one{1};
inline constexpr node_id two{2};
inline constexpr node_id three{3};
inline constexpr group_id group{7};

/// What a node shows of its memory.
struct shown {
    log_term now;
    log_index commit;
    log_index base;
    log_term base_term;
    std::vector<entry> entries;

    log_term term() const { return now; }
    log_index commit_index() const { return commit; }
    log_index base_index() const { return base; }
    log_index last_index() const { return base + entries.size(); }
    result<log_term> term_at(log_index at) const {
        if (at == base) return base_term;
        auto const held = entry_at(at);
        if (!held) return std::unexpected(held.error());
        return held->term;
    }
    result<entry> entry_at(log_index at) const {
        if (at <= base || at > last_index()) return failure(errc::out_of_range);
        return entries[at - base - 1];
    }
};

inline entry command(std::uint64_t index, std::uint64_t term, std::string_view text = "a") {
    return {.term = {term}, .index = {index}, .kind = entry_kind::command, .base_offset = {}, .record_count = 0,
            .payload = shared_bytes::copy_of(text)};
}
inline entry no_op(std::uint64_t index, std::uint64_t term) {
    return {.term = {term}, .index = {index}, .kind = entry_kind::no_op, .base_offset = {}, .record_count = 0,
            .payload = {}};
}
inline entry members(std::uint64_t index, std::uint64_t term, raft::configuration of) {
    return {.term = {term}, .index = {index}, .kind = entry_kind::configuration, .base_offset = {}, .record_count = 0,
            .payload = raft::encode(of)};
}

inline raft::vote_request asks_for_vote(std::uint64_t term) {
    return {.term = {term}, .last_index = {}, .last_term = {}};
}
inline raft::pre_vote_request asks_first(std::uint64_t term) {
    return {.term = {term}, .last_index = {}, .last_term = {}};
}
inline raft::append_request heartbeat(std::uint64_t term, std::uint64_t commit = 0) {
    return {.term = {term}, .prev_index = {}, .prev_term = {}, .commit_index = {commit}, .entries = {}};
}
/// Everything up to an index is there, and durable.
inline raft::append_response has_all_to(std::uint64_t index, std::uint64_t term, std::uint64_t round = 0) {
    return {.term = {term}, .success = true, .match_index = {index}, .checked_index = {index}, .conflict_index = {},
            .conflict_term = {}, .round = round};
}
inline raft::configuration const first_members{.voters = {one, two, three}};

/// A run that is told step by step, and need not have happened: three nodes that vote, and what they do.
struct forged_trace : ::testing::Test {
    findings found;
    durable_logs disks{found};
    specification allowed{disks, false, found};
    std::map<node_id, shown> memory;

    void begin(raft::configuration const& first = first_members) {
        for (node_id each : {one, two, three}) allowed.started(each, group, first);
    }
    /// The power goes, and comes again.
    void restart(node_id node, raft::hard_state found_state, std::vector<entry> entries = {}) {
        struct disk_view {
            raft::hard_state state;
            shown log;
            raft::hard_state hard_state() const { return state; }
            log_index base_index() const { return log.base; }
            log_term base_term() const { return log.base_term; }
            log_index last_index() const { return log.last_index(); }
            result<log_term> term_at(log_index at) const { return log.term_at(at); }
        };
        memory[node] = {};
        memory[node].now = found_state.term;
        memory[node].entries = std::move(entries);
        disk_view const view{found_state, memory[node]};
        static_cast<void>(disks.recovered(node, [&](group_id) { return &view; }));
        allowed.started(node, group, first_members);
    }

    void hear(node_id node, node_id from, raft::message const& what) {
        allowed.arrives(node, group, from, what, memory[node]);
    }
    void say(node_id node, node_id to, raft::message const& what) {
        allowed.look(node, group, memory[node]);
        allowed.leaves(node, group, to, what, memory[node]);
    }
    void write(node_id node, std::optional<raft::hard_state> state, raft::shared_entries const& entries = {}) {
        allowed.staged(node, group, state, std::span<entry const>{entries});
        shown& of = memory[node];
        if (state) of.now = state->term;
        for (entry const& each : entries) {
            of.entries.resize(std::min<std::size_t>(of.entries.size(), each.index - of.base - 1));
            of.entries.push_back(each);
        }
    }
    void sync(node_id node) {
        disks.flush_begun(node);
        disks.flush_done(node);
    }
    void write_durably(node_id node, std::optional<raft::hard_state> state, raft::shared_entries const& entries = {}) {
        write(node, state, entries);
        sync(node);
    }
    void commit(node_id node, std::uint64_t index) {
        memory[node].commit = {index};
        allowed.look(node, group, memory[node]);
    }
    void turn(node_id node) {
        allowed.look(node, group, memory[node]);
        allowed.turn_ended(node, group, memory[node]);
    }

    raft::vote_request vote_request_of(node_id node) {
        position const end = end_of_memory(memory[node]);
        return {.term = memory[node].now, .last_index = end.index, .last_term = end.term};
    }
    /// A node that would win asks a voter, stands, and has both votes.
    void stand(node_id node, std::uint64_t term, node_id voter) {
        position const end = end_of_memory(memory[node]);
        raft::pre_vote_request const asks{.term = {term}, .last_index = end.index, .last_term = end.term};
        say(node, voter, asks);
        hear(voter, node, asks);
        raft::pre_vote_response const would{.term = {term}, .granted = true};
        say(voter, node, would);
        hear(node, voter, would);
        write_durably(node, raft::hard_state{{term}, node});
        say(node, voter, vote_request_of(node));
        hear(voter, node, vote_request_of(node));
    }
    void vote(node_id voter, node_id candidate, std::uint64_t term) {
        write_durably(voter, raft::hard_state{{term}, candidate});
        raft::vote_response const vote{.term = {term}, .granted = true};
        say(voter, candidate, vote);
        hear(candidate, voter, vote);
    }
    /// Elected, with the first entry of its term on its disk.
    void elect(node_id node, std::uint64_t term, node_id voter) {
        stand(node, term, voter);
        vote(voter, node, term);
        win(node, term);
    }
    void win(node_id node, std::uint64_t term) {
        write(node, {}, {no_op(memory[node].last_index().value + 1, term)});
        allowed.event(node, group, raft::became_leader{{term}});
        turn(node);
        sync(node);
    }
    /// Sends all entries from `first` on, and the follower has them on its disk and says so.
    void replicate(node_id leader, node_id follower, std::uint64_t first) {
        auto const sent = append_of(leader, first);
        say(leader, follower, sent);
        hear(follower, leader, sent);
        if (memory[follower].now < sent.term) write(follower, raft::hard_state{sent.term, no_node});
        write_durably(follower, {}, sent.entries);
        acknowledge(follower, leader, memory[leader].last_index().value);
    }
    raft::append_request append_of(node_id leader, std::uint64_t first) {
        shown const& of = memory[leader];
        raft::append_request made{.term = of.now, .prev_index = {first - 1}, .prev_term = *of.term_at({first - 1}),
                                  .commit_index = of.commit, .entries = {}};
        for (std::uint64_t at = first; at <= of.last_index().value; ++at) made.entries.push_back(*of.entry_at({at}));
        return made;
    }
    void acknowledge(node_id follower, node_id leader, std::uint64_t index) {
        auto const done = has_all_to(index, memory[leader].now.value);
        say(follower, leader, done);
        hear(leader, follower, done);
    }

    void expect_allowed() const {
        EXPECT_TRUE(found.empty()) << found.violations().front();
    }
    void expect_denied(std::string_view words) const {
        ASSERT_FALSE(found.empty()) << "allowed: " << words;
        EXPECT_NE(found.violations().front().find(words), std::string::npos) << found.violations().front();
    }
    /// Where one lie needs another.
    void expect_denied_after_all(std::string_view words) const {
        ASSERT_FALSE(found.empty()) << "allowed: " << words;
        EXPECT_NE(found.violations().back().find(words), std::string::npos) << found.violations().back();
    }
};

}  // namespace chronik::testing::model
