// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/configuration.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <tuple>
#include <vector>

namespace chronik::raft {

using shared_configuration = std::shared_ptr<configuration const>;

/// The configurations of one node's groups, each in memory once: groups are many, and sets of nodes few.
class shared_configurations {
public:
    /// The one that is kept and has the same members: this one if there is none yet.
    shared_configuration equal_to(shared_configuration const& members) {
        if (known_.size() >= looked_through_at_) forget_unused();
        auto const place = std::ranges::lower_bound(known_, members, is_before);
        if (place != known_.end() && **place == *members) return *place;
        return *known_.insert(place, members);
    }
    std::size_t size() const { return known_.size(); }

private:
    static constexpr std::size_t kept_min = 64;

    static bool is_before(shared_configuration const& left, shared_configuration const& right) {
        auto const lists_of = [](configuration const& one) {
            return std::tie(one.voters, one.learners, one.outgoing, one.witnesses, one.promoting);
        };
        return lists_of(*left) < lists_of(*right);
    }

    /// Those that no group has any more. Looked for when there are twice as many as were in use the last time.
    void forget_unused() {
        std::erase_if(known_, [](shared_configuration const& each) { return each.use_count() == 1; });
        looked_through_at_ = std::max(kept_min, known_.size() * 2);
    }

    std::vector<shared_configuration> known_;  ///< by their lists
    std::size_t looked_through_at_ = kept_min;
};

}  // namespace chronik::raft
