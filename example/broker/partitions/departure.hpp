// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/image.hpp>

#include <chronik/raft/progress.hpp>

#include <map>
#include <set>
#include <span>

namespace broker::partitions {

/// Chooses whom a stopping node hands its groups over to.
///
/// Not to a node that is stopping too: it would hand back at once, and so on for as long as both live. The metadata say
/// who stops; but their own group may be what goes back and forth, and then nothing commits that would say so. Hence
/// nobody is given a group again that has come back from it.
class departure {
public:
    /// term    this leader's
    /// peers   of the group, as its core tells
    /// returns the follower that has most of the log, or no_node: nobody is there for it
    chronik::node_id choose(chronik::group_id group, chronik::log_term term,
                            std::span<chronik::raft::peer_status const> peers, metadata::image const& image) {
        given& past = given_[group];
        // Led again, in a later term: whoever it went to has not kept it.
        if (past.term != term && past.to != chronik::no_node) past.returned.insert(past.to);
        chronik::raft::peer_status const* best = nullptr;
        for (auto const& peer : peers) {
            auto const* const broker = image.find_broker(peer.node);
            bool const stays = broker != nullptr && broker->status == metadata::broker_state::alive &&
                               !past.returned.contains(peer.node);
            if (!peer.voter || !peer.recently_active || !stays) continue;
            if (best == nullptr || best->match < peer.match) best = &peer;
        }
        past.term = term;
        past.to = best == nullptr ? chronik::no_node : best->node;
        return past.to;
    }

private:
    struct given {
        chronik::log_term term;
        chronik::node_id to = chronik::no_node;
        std::set<chronik::node_id> returned{};
    };
    std::map<chronik::group_id, given> given_;
};

}  // namespace broker::partitions
