// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/image.hpp>

#include <chronik/raft/configuration.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace broker {

/// As many voters as are worth their messages; every further node follows as a learner.
inline constexpr std::size_t metadata_voters_max = 5;

/// Who votes in the metadata group and who follows: of all nodes, the first that stay vote.
///
/// image   who leaves; a node that nobody has heard of stays
/// returns without voters when nobody stays
inline chronik::raft::configuration metadata_members(std::vector<chronik::node_id> all, metadata::image const& image) {
    std::ranges::sort(all);
    chronik::raft::configuration members;
    for (chronik::node_id const node : all) {
        auto const* const broker = image.find_broker(node);
        bool const stays = broker == nullptr || !broker->leaving;
        bool const votes = stays && members.voters.size() < metadata_voters_max;
        (votes ? members.voters : members.learners).push_back(node);
    }
    return members;
}

/// The members that a group should change to, because others leave than those that do not vote; the present ones if
/// nothing is to be done.
inline chronik::raft::configuration metadata_members(chronik::raft::configuration const& now,
                                                     metadata::image const& image) {
    auto all = now.voters;
    all.insert(all.end(), now.learners.begin(), now.learners.end());
    auto wanted = metadata_members(std::move(all), image);
    return wanted.voters.empty() || wanted.voters == now.voters ? now : wanted;
}

}  // namespace broker
