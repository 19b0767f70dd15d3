// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/testing/findings.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace chronik::testing {

/// Whether what clients saw of a group is linearizable, and whether each of their commands was applied at most once.
///
/// A replicated log is a register to which values are appended, and an operation learns its place in it. All nodes
/// agree on the places (testing::checkers sees to that), so the order of places is the only candidate for an order of
/// operations, and it is enough to look whether it agrees with real time: whoever begins after another has ended comes
/// after it. That is O(1) for each operation, O(n) for a history.
///
/// A command is known by a digest of its bytes. Equal commands are counted: never more of them are applied than were
/// proposed and not surely refused.
/// threads   one
class client_history {
public:
    using operation = std::size_t;

    explicit client_history(findings& found) : found_(&found) {}

    /// A client begins to append a command.
    operation invoked(group_id group, std::uint64_t command) {
        of_group& all = groups_[group];
        ++all.commands[command].possible;
        operations_.push_back({group, command, all.ended_at, false});
        return operations_.size() - 1;
    }
    /// A client begins to read.
    operation asked(group_id group) {
        operations_.push_back({group, 0, groups_[group].ended_at, true});
        return operations_.size() - 1;
    }

    /// The command is in the log at `index` and was applied.
    void committed(operation which, log_index index) { ended(which, index, "was told its place"); }
    /// A read has seen everything up to `index`, and nothing after it.
    void seen(operation which, log_index index) { ended(which, index, "saw the state"); }
    /// It is certain that the command was and will not be applied.
    void refused(operation which) {
        begun const& it = operations_[which];
        counted& command = groups_[it.group].commands[it.command];
        --command.possible;
        if (command.applied > command.possible)
            found_->report(findings::about(it.group, "a command was refused for certain, and was applied"));
    }

    /// For the first node that applies a command.
    void applied(group_id group, std::uint64_t command, log_index index) {
        auto const known = groups_[group].commands.find(command);
        if (known == groups_[group].commands.end())
            return found_->report(findings::at(no_node, group, index, "was applied and nobody proposed it"));
        if (++known->second.applied > known->second.possible)
            found_->report(findings::at(no_node, group, index, "was applied more often than it was proposed"));
    }

    std::size_t size() const { return operations_.size(); }

private:
    struct begun {
        group_id group;
        std::uint64_t command;
        log_index after;  ///< the highest place that any operation had been told when this one began
        bool reads;
    };
    struct counted {
        std::uint64_t possible = 0;
        std::uint64_t applied = 0;
    };
    struct of_group {
        log_index ended_at;
        std::unordered_map<std::uint64_t, counted> commands;  // never iterated
    };

    void ended(operation which, log_index index, char const* how) {
        begun const& it = operations_[which];
        if (index < it.after || (index == it.after && !it.reads)) {
            found_->report(findings::at(no_node, it.group, index,
                                        std::string{how} + ", though it began after an operation had ended at " +
                                            std::to_string(it.after.value)));
        }
        log_index& last = groups_[it.group].ended_at;
        last = std::max(last, index);
    }

    findings* found_;
    std::map<group_id, of_group> groups_;
    std::vector<begun> operations_;
};

}  // namespace chronik::testing
