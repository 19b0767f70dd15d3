// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/configuration.hpp>
#include <chronik/testing/durable_logs.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace chronik::testing {

/// What is committed, over all nodes and all times.
///
/// commit               an entry that a node calls committed is on the disks of a quorum of that node's voters;
///                      while members change, of the old and of the new ones
/// it stays             no index is committed with two terms, and no node's commit index goes back while it runs
/// leader completeness  "if a log entry is committed in a given term, then that entry will be present in the logs of
///                      the leaders for all higher-numbered terms"
/// source   Raft paper (extended) figure 3
class commit_checks {
public:
    commit_checks(durable_logs& disks, findings& found) : disks_(&disks), found_(&found) {}

    /// A node has started: its commit index begins anew.
    void started(node_id node, group_id group) { seen_[{node, group}] = {}; }

    /// Looks at what a node calls committed. Cheap when nothing has moved.
    template <class Core>
    void look(node_id node, group_id group, Core const& core) {
        log_index& seen = seen_[{node, group}];
        log_index const now = core.commit_index();
        if (now == seen) return;
        if (now < seen) found_->report(findings::at(node, group, now, "is the commit index, and it was higher before"));
        auto& all = committed_[group];
        for (log_index at = std::max(seen, core.base_index()) + 1; at <= now; ++at) {
            auto const term = core.term_at(at);
            if (!term) found_->report(findings::at(node, group, at, "is committed and cannot be read"));
            if (!term) break;
            if (at.value <= all.size()) {
                if (all[at.value - 1] != *term)
                    found_->report(findings::at(node, group, at, "is committed with another term than elsewhere"));
                continue;
            }
            if (at.value != all.size() + 1) break;  // a log that begins later says nothing about what was before
            if (!quorum_has(core, group, at, *term))
                found_->report(findings::at(node, group, at, "is committed, and no quorum has it on disk"));
            all.push_back(*term);
            seen_in_[group].push_back(core.term());
        }
        seen = now;
    }

    /// A node has won an election. That may be of an old term: who was stopped in between counts its votes late, and
    /// need not have what newer terms have committed.
    template <class Core>
    void elected(node_id node, group_id group, Core const& core) {
        auto const& all = committed_[group];
        auto const& seen_in = seen_in_[group];
        log_index last{all.size()};
        while (last > log_index{} && seen_in[last.value - 1] >= core.term()) last = last - 1;
        if (last <= core.base_index()) return;
        auto const term = core.term_at(last);
        if (!term || *term != all[last.value - 1])
            found_->report(findings::at(node, group, last, "is committed, and a new leader does not have it"));
    }

    log_index committed(group_id group) { return log_index{committed_[group].size()}; }

private:
    /// By the configuration in force, or, since one step may commit and then append the next, by one since that entry.
    template <class Core>
    bool quorum_has(Core const& core, group_id group, log_index at, log_term term) {
        if (quorum_has(core.members(), group, at, term)) return true;
        for (log_index since = at; since <= core.last_index(); ++since) {
            auto const members = core.members_at(since);
            if (members && quorum_has(*members, group, at, term)) return true;
        }
        return false;
    }
    bool quorum_has(raft::configuration const& members, group_id group, log_index at, log_term term) {
        return majority_has(members.voters, group, at, term) &&
               (!members.is_joint() || majority_has(members.outgoing, group, at, term));
    }
    /// Counted one by one, and not with raft/quorum.hpp: what is checked must not check itself.
    bool majority_has(std::vector<node_id> const& voters, group_id group, log_index at, log_term term) {
        std::size_t have = 0;
        // What was acknowledged and then damaged may be counted until the leader hears of that.
        for (node_id const voter : voters) {
            bool const has = disks_->of(voter, group).has(at, term) || disks_->had(voter, group, at, term);
            have += has ? 1U : 0U;
        }
        return 2 * have > voters.size();
    }

    durable_logs* disks_;
    findings* found_;
    std::map<std::pair<node_id, group_id>, log_index> seen_;
    std::map<group_id, std::vector<log_term>> committed_;
    std::map<group_id, std::vector<log_term>> seen_in_;  ///< the term of who was the first to call each committed
};

}  // namespace chronik::testing
