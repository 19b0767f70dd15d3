// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/configuration.hpp>
#include <chronik/testing/model/known_entries.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace chronik::testing::model {

/// The configurations of one log, oldest first: each is in force from its entry on, committed or not.
/// source   Raft paper (extended) section 6; thesis section 4.1
struct versions {
    struct version {
        log_index index;
        members_pointer members;
    };
    std::vector<version> all;

    /// In force at the log's end.
    version const& newest() const { return all.back(); }
    void append(log_index at, members_pointer members) { all.push_back({at, std::move(members)}); }
    /// Entries from `first` on are gone. What the log began with stays.
    void truncate_from(log_index first) {
        while (all.size() > 1 && all.back().index >= first) all.pop_back();
    }
    /// As of an index; null before the oldest.
    version const* at(log_index index) const {
        auto const next = std::ranges::upper_bound(all, index, {}, &version::index);
        return next == all.begin() ? nullptr : &*std::prev(next);
    }
};

/// True if a majority of the voters has it, and while they change one of the old voters too. Counted one by one, and
/// not with raft/quorum.hpp: what is checked must not check itself.
///
/// has   node_id -> bool
/// source   Raft paper (extended) section 6, "joint consensus"
template <class Has>
bool agreed(raft::configuration const& members, Has has) {
    auto const majority = [&](std::vector<node_id> const& voters) {
        std::size_t count = 0;
        for (node_id const voter : voters) count += has(voter) ? 1U : 0U;
        return 2 * count > voters.size();
    };
    return majority(members.voters) && (members.outgoing.empty() || majority(members.outgoing));
}

/// True if two majorities, one of each, always have a voter in common, and nobody becomes a witness or ceases to be
/// one.
/// source   thesis sections 4.1 (one voter comes or goes) and 4.3 (more of them, by a joint configuration)
inline bool may_follow(raft::configuration const& from, raft::configuration const& to) {
    auto const turns = [&](node_id voter) {
        return from.is_voter(voter) && to.is_voter(voter) && from.is_witness(voter) != to.is_witness(voter);
    };
    if (std::ranges::any_of(to.voters, turns)) return false;
    if (from.is_joint()) return !to.is_joint() && to.voters == from.voters;
    if (to.is_joint()) return to.outgoing == from.voters;
    std::vector<node_id> different;
    std::ranges::set_symmetric_difference(from.voters, to.voters, std::back_inserter(different));
    return different.size() <= 1;
}

}  // namespace chronik::testing::model
