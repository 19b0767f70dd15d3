// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/image.hpp>

#include <chronik/raft/configuration.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

/// Who takes part in the metadata group: whoever is of the cluster follows it, and up to five vote.
namespace broker {

/// As many voters as are worth their messages; every further node follows as a learner.
inline constexpr std::size_t metadata_voters_max = 5;

/// The members that a new cluster's group begins with.
///
/// all   the nodes of the cluster, at least one
inline chronik::raft::configuration founding_members(std::vector<chronik::node_id> all) {
    std::ranges::sort(all);
    auto const seats = std::min(all.size(), metadata_voters_max);
    auto const first_learner = all.begin() + static_cast<std::ptrdiff_t>(seats);
    chronik::raft::configuration members;
    members.voters.assign(all.begin(), first_learner);
    members.learners.assign(first_learner, all.end());
    return members;
}

/// What the leader of the metadata group sees of a node.
///
/// caught_up   it was heard lately, and has on its disk what was committed at the look before
/// connected   there is a link to it
struct metadata_sight {
    std::function<bool(chronik::node_id)> caught_up;
    std::function<bool(chronik::node_id)> connected;
};

/// The next step of the group, for its leader; none: the members are the present ones, and nobody is the heir.
///
/// heir   who is to lead before that, because this leader gives up its vote
struct metadata_step {
    chronik::raft::configuration members;
    chronik::node_id heir = chronik::no_node;
};

namespace detail {

using node_list = std::vector<chronik::node_id>;

inline bool is_among(node_list const& nodes, chronik::node_id node) {
    return std::ranges::find(nodes, node) != nodes.end();
}

inline bool leaves(metadata::image const& image, chronik::node_id node) {
    auto const* const broker = image.find_broker(node);
    return broker != nullptr && broker->leaving;
}

/// A node of the first members that has not come yet stays as much as any other.
inline bool stays(metadata::image const& image, chronik::node_id node) {
    auto const* const broker = image.find_broker(node);
    return broker == nullptr || (!broker->leaving && !broker->replaced);
}

/// Who votes keeps its vote as long as it stays; a seat that is free is for a broker that others need not wait for.
///
/// Of an even number no more can be missed than of one less: where nobody takes the seat of who is replaced, it keeps
/// it rather than leave so many, since it may come back.
inline node_list wanted_voters(chronik::raft::configuration const& now, metadata::image const& image,
                               metadata_sight const& seen) {
    node_list voters;
    for (auto const node : now.voters)
        if (stays(image, node)) voters.push_back(node);
    for (auto const& [node, broker] : image.brokers()) {
        if (voters.size() >= metadata_voters_max) break;
        bool const is_fit = broker.status == metadata::broker_state::alive && !broker.leaving;
        if (is_fit && !is_among(voters, node) && seen.caught_up(node)) voters.push_back(node);
    }
    bool const nobody_leaves = std::ranges::none_of(now.voters, [&](auto node) { return leaves(image, node); });
    for (auto const node : now.voters)
        if (nobody_leaves && voters.size() % 2 == 0 && !is_among(voters, node)) voters.push_back(node);
    std::ranges::sort(voters);
    return voters;
}

/// All of the new voters are here. With one of them away, the others could agree on less than before; and a voter that
/// does not know yet where another is could not help to elect it, nor hear it.
inline bool can_go_on(node_list const& next, metadata_sight const& seen) {
    return !next.empty() && std::ranges::all_of(next, seen.caught_up);
}

/// Whether the group's leader sends to a node that does not vote. Who is decommissioned is to hear that, and what
/// becomes of it, as long as it runs.
inline bool follows(metadata::image const& image, chronik::node_id node, metadata_sight const& seen) {
    auto const* const broker = image.find_broker(node);
    if (broker != nullptr)
        return broker->status != metadata::broker_state::decommissioned || seen.connected(node);
    auto const* const admitted = image.find_admission(node);
    return admitted == nullptr || !admitted->revoked;
}

}  // namespace detail

/// now    the present members, with no change under way
/// self   the leader, which votes
inline metadata_step next_metadata_step(chronik::raft::configuration const& now, metadata::image const& image,
                                        chronik::node_id self, metadata_sight const& seen) {
    auto voters = detail::wanted_voters(now, image, seen);
    if (!detail::can_go_on(voters, seen)) voters = now.voters;
    if (!detail::is_among(voters, self)) {
        auto const heir = std::ranges::find_if(voters, [&](auto node) { return now.is_voter(node); });
        if (heir != voters.end()) return {now, *heir};
        // None of those that stay votes yet: they get their votes first, and then one of them leads.
        voters.push_back(self);
    }
    auto all = chronik::raft::everyone(now);
    for (auto const& [node, broker] : image.brokers()) all.push_back(node);
    for (auto const& [node, admitted] : image.admissions()) all.push_back(node);
    metadata_step next;
    for (auto const node : all)
        if (!detail::is_among(voters, node) && detail::follows(image, node, seen))
            next.members.learners.push_back(node);
    next.members.voters = std::move(voters);
    next.members = chronik::raft::normalized(std::move(next.members));
    return next;
}

}  // namespace broker
