// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>
#include <chronik/raft/configuration.hpp>
#include <chronik/raft/election.hpp>
#include <chronik/raft/progress.hpp>
#include <chronik/raft/rest.hpp>

#include <cstddef>
#include <vector>

namespace chronik {

/// What one node can say of one group, at one moment: a copy, for people, metrics and tests.
///
/// role, term, vote    vote: for whom in this term; no_node: nobody yet
/// leader              no_node: none is known
/// first               of the entries that are still in the log; last + 1 if there are none
/// last                of the log, durable or not
/// durable             of the entries that survive a crash of this node
/// committed, applied  applied: what the machine stands for
/// members             in force, committed or not; `settled`: committed, and no change under way
/// doubt               this node's storage of the group was damaged, and it counts for nothing until that is mended
/// rests               an idle group, for which no heartbeats are sent
/// uncommitted_bytes   proposed by this leader and not committed, with raft::entry_overhead_bytes for each entry; 0 if
///                     it does not lead
/// peers               the others in the eyes of this leader, sorted by node; empty if it does not lead
struct group_status {
    group_id group;
    raft::role role = raft::role::follower;
    log_term term;
    node_id vote;
    node_id leader;
    log_index first;
    log_index last;
    log_index durable;
    log_index committed;
    log_index applied;
    raft::configuration members;
    bool settled = false;
    doubt_token doubt;
    bool rests = false;
    std::size_t uncommitted_bytes = 0;
    std::vector<raft::peer_status> peers;
};

/// Of a group of a host, on the host's thread. It takes as long as copying the members and the peers.
template <class Group>
group_status status_of(Group const& open, time_point now) {
    auto const& core = open.core;
    group_status made;
    made.group = open.id;
    made.role = core.current_role();
    made.term = core.term();
    made.vote = core.vote();
    made.leader = core.leader();
    made.first = core.base_index() + 1;
    made.last = core.last_index();
    made.durable = core.durable_index();
    made.committed = core.commit_index();
    made.applied = open.applied;
    made.members = core.members();
    made.settled = core.members_settled();
    made.doubt = core.doubt();
    made.rests = core.resting() != raft::resting{};
    made.uncommitted_bytes = core.uncommitted_bytes();
    made.peers = core.peers(now);
    return made;
}

}  // namespace chronik
