// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace chronik::testing {

/// A running digest (FNV-1a, 64 bits) of what happened: two runs with the same one took the same way.
class digest {
public:
    void add(std::uint64_t number) {
        for (int byte = 0; byte < 8; ++byte) add_byte(static_cast<std::uint8_t>(number >> (8 * byte)));
    }
    void add(std::span<std::byte const> bytes) {
        add(bytes.size());
        for (std::byte each : bytes) add_byte(static_cast<std::uint8_t>(each));
    }
    std::uint64_t value() const { return value_; }

private:
    void add_byte(std::uint8_t byte) { value_ = (value_ ^ byte) * 0x100000001b3ULL; }
    std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

/// Watches a whole run for what Raft promises, over all nodes and all times, crashes included.
///
/// election safety        "at most one leader can be elected in a given term"
/// state machine safety   whatever a node applies at an index, every node applies there, after the same history
/// durability             what a proposer was told is committed is in every log that is applied later
/// A breach is a sentence; the first is the one to read, those after it are its consequences.
/// source   Raft paper (extended) figure 3
class checkers {
public:
    static constexpr std::size_t violations_max = 16;  ///< kept; later ones tell nothing new

    void elected(group_id group, log_term term, node_id node) {
        auto const [place, fresh] = leaders_.try_emplace({group, term}, node);
        if (fresh || place->second == node) return;
        report(about(group, "two leaders in term " + std::to_string(term.value) + ": nodes " +
                                std::to_string(place->second.value) + " and " + std::to_string(node.value)));
    }

    /// A node begins with an empty machine, and applies from the log's start.
    void began(node_id node, group_id group) { histories_[{node, group}] = {}; }

    void applied(node_id node, group_id group, entry const& command) {
        history& own = histories_[{node, group}];
        if (command.index <= own.last) report(at(node, group, command.index, "was applied out of order"));
        own.last = command.index;
        own.chain.add(command.term.value);
        own.chain.add(command.index.value);
        own.chain.add(command.base_offset.value);
        own.chain.add(command.payload.view());
        ++applied_count_;

        auto const [agreed, first] =
            agreed_.try_emplace({group, command.index}, own.chain.value(), command.term, command.payload);
        if (!first && agreed->second.chain != own.chain.value()) {
            report(at(node, group, command.index, "was applied with another history than elsewhere"));
        }
    }

    /// A proposer was told: committed.
    void acknowledged(group_id group, log_index index, log_term term, shared_bytes const& payload) {
        ++acknowledged_count_;
        auto const found = agreed_.find({group, index});
        if (found == agreed_.end()) return report(at(no_node, group, index, "was acknowledged and never applied"));
        agreed_command const& agreed = found->second;
        if (agreed.term != term || agreed.payload != payload)
            report(at(no_node, group, index, "was acknowledged, and something else was applied"));
        log_index& last = acknowledged_to_[group];
        last = std::max(last, index);
    }

    /// At the end: everything acknowledged is in what this node applied, so nothing of it was lost.
    void expect_all_acknowledged(node_id node, group_id group) {
        log_index const reached = histories_[{node, group}].last;
        auto const wanted = acknowledged_to_.find(group);
        if (wanted != acknowledged_to_.end() && reached < wanted->second)
            report(at(node, group, wanted->second, "was acknowledged and is not there"));
    }

    void report(std::string violation) {
        if (violations_.size() < violations_max) violations_.push_back(std::move(violation));
    }

    std::vector<std::string> const& violations() const { return violations_; }
    std::size_t leaders() const { return leaders_.size(); }
    std::uint64_t applied_count() const { return applied_count_; }
    std::uint64_t acknowledged_count() const { return acknowledged_count_; }

    static std::string about(group_id group, std::string const& what) {
        return "group " + std::to_string(group.value) + ": " + what;
    }

private:
    /// What one run of one node has applied of one group.
    struct history {
        log_index last;
        digest chain;
    };
    /// What the first node to apply an index found there.
    struct agreed_command {
        agreed_command(std::uint64_t history, log_term in_term, shared_bytes what)
            : chain(history), term(in_term), payload(std::move(what)) {}
        std::uint64_t chain;
        log_term term;
        shared_bytes payload;
    };

    static std::string at(node_id node, group_id group, log_index index, std::string const& what) {
        std::string const where = node == no_node ? "" : " on node " + std::to_string(node.value);
        return about(group, "index " + std::to_string(index.value) + where + " " + what);
    }

    std::map<std::pair<group_id, log_term>, node_id> leaders_;
    std::map<std::pair<node_id, group_id>, history> histories_;
    std::map<std::pair<group_id, log_index>, agreed_command> agreed_;
    std::map<group_id, log_index> acknowledged_to_;
    std::vector<std::string> violations_;
    std::uint64_t applied_count_ = 0;
    std::uint64_t acknowledged_count_ = 0;
};

}  // namespace chronik::testing
