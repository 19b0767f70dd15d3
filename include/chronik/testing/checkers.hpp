// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>
#include <chronik/testing/digest.hpp>
#include <chronik/testing/findings.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace chronik::testing {

/// Watches a whole run for what Raft promises, over all nodes and all times, crashes included.
///
/// election safety        "at most one leader can be elected in a given term"
/// state machine safety   whatever a node applies at an index, every node applies there, after the same history
/// durability             what a proposer was told is committed is in every log that is applied later
/// source   Raft paper (extended) figure 3
class checkers {
public:
    static constexpr std::size_t violations_max = findings::violations_max;

    void elected(group_id group, log_term term, node_id node) {
        auto const [place, fresh] = leaders_.try_emplace({group, term}, node);
        if (fresh || place->second == node) return;
        report(findings::about(group, "two leaders in term " + std::to_string(term.value) + ": nodes " +
                                          std::to_string(place->second.value) + " and " + std::to_string(node.value)));
    }

    /// A node begins with an empty machine, and applies from the log's start.
    void began(node_id node, group_id group) { histories_[{node, group}] = {}; }

    /// A node's machine was put into the state that applying everything up to `index` leads to.
    ///
    /// chain   of the history that the state is of, as chain_of() gave it to whoever wrote it down
    void restored(node_id node, group_id group, log_index index, std::uint64_t chain) {
        history& own = histories_[{node, group}];
        own = {index, {}};
        auto const* agreed = last_agreed(group, index);
        if (agreed != nullptr) own.chain = agreed->chain;
        else if (index != log_index{}) report(findings::at(node, group, index, "was restored and never applied"));
        if (chain != own.chain.value()) report(findings::at(node, group, index, "was restored to another history"));
    }
    log_index last_of(node_id node, group_id group) const {
        auto const found = histories_.find({node, group});
        return found == histories_.end() ? log_index{} : found->second.last;
    }
    std::uint64_t chain_of(node_id node, group_id group) const {
        auto const found = histories_.find({node, group});
        return found == histories_.end() ? digest{}.value() : found->second.chain.value();
    }

    /// returns   true if no node has applied this index before
    bool applied(node_id node, group_id group, entry const& command) {
        history& own = histories_[{node, group}];
        if (command.index <= own.last) report(findings::at(node, group, command.index, "was applied out of order"));
        own.last = command.index;
        std::uint64_t const what = digest_of(command.payload.view());
        own.chain.add(command.term.value);
        own.chain.add(command.index.value);
        own.chain.add(command.base_offset.value);
        own.chain.add(what);
        ++applied_count_;

        auto& all = agreed_[group];
        if (all.empty() || all.back().index < command.index) {
            all.push_back({command.index, command.term, what, own.chain});
            return true;
        }
        auto const* agreed = agreed_at(group, command.index);
        if (agreed == nullptr || agreed->chain.value() != own.chain.value())
            report(findings::at(node, group, command.index, "was applied with another history than elsewhere"));
        return false;
    }

    /// A proposer was told: committed.
    void acknowledged(group_id group, log_index index, log_term term, shared_bytes const& payload) {
        ++acknowledged_count_;
        auto const* agreed = agreed_at(group, index);
        if (agreed == nullptr)
            return report(findings::at(no_node, group, index, "was acknowledged and never applied"));
        if (agreed->term != term || agreed->what != digest_of(payload.view()))
            report(findings::at(no_node, group, index, "was acknowledged, and something else was applied"));
        log_index& last = acknowledged_to_[group];
        last = std::max(last, index);
    }

    /// At the end: everything acknowledged is in what this node applied, so nothing of it was lost.
    void expect_all_acknowledged(node_id node, group_id group) {
        log_index const reached = histories_[{node, group}].last;
        auto const wanted = acknowledged_to_.find(group);
        if (wanted != acknowledged_to_.end() && reached < wanted->second)
            report(findings::at(node, group, wanted->second, "was acknowledged and is not there"));
    }

    void report(std::string violation) { found_.report(std::move(violation)); }

    findings& found() { return found_; }
    std::vector<std::string> const& violations() const { return found_.violations(); }
    std::size_t leaders() const { return leaders_.size(); }
    std::uint64_t applied_count() const { return applied_count_; }
    std::uint64_t acknowledged_count() const { return acknowledged_count_; }

    static std::string about(group_id group, std::string const& what) { return findings::about(group, what); }

private:
    /// What one run of one node has applied of one group.
    struct history {
        log_index last;
        digest chain;
    };
    /// What the first node to apply an index found there.
    struct agreed_command {
        log_index index;
        log_term term;
        std::uint64_t what;
        digest chain;
    };

    /// The last one at or below an index.
    agreed_command const* last_agreed(group_id group, log_index index) const {
        auto const all = agreed_.find(group);
        if (all == agreed_.end()) return nullptr;
        auto const after = std::ranges::upper_bound(all->second, index, {}, &agreed_command::index);
        return after == all->second.begin() ? nullptr : &*std::prev(after);
    }
    agreed_command const* agreed_at(group_id group, log_index index) const {
        auto const* found = last_agreed(group, index);
        return found != nullptr && found->index == index ? found : nullptr;
    }

    std::map<std::pair<group_id, log_term>, node_id> leaders_;
    std::map<std::pair<node_id, group_id>, history> histories_;
    std::map<group_id, std::vector<agreed_command>> agreed_;
    std::map<group_id, log_index> acknowledged_to_;
    findings found_;
    std::uint64_t applied_count_ = 0;
    std::uint64_t acknowledged_count_ = 0;
};

}  // namespace chronik::testing
