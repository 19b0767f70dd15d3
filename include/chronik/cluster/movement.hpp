// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/ids.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <variant>
#include <vector>

/// How a group gets other members: the next step follows from the wish and from what its leader sees, so whoever leads
/// next goes on where the last one stopped, and nothing has to be remembered.
namespace chronik::cluster {

/// Who takes part in a group, in the newest configuration that its leader has.
///
/// settled     that configuration is committed and is no joint one; before that nothing can be changed
/// caught_up   the voters and learners that hold all that was committed a moment ago, the leader included
struct group_view {
    std::vector<node_id> voters;
    std::vector<node_id> learners;
    bool settled = false;
    std::vector<node_id> caught_up;
};

/// Nothing can be done before more has come to the members.
struct wait {
    enum class reason { change_under_way, catching_up, too_few_copies };
    reason why;

    bool operator==(wait const&) const = default;
};

/// Give the group these members. Whoever is a voter in either, old or new, counts until that is committed.
struct change {
    std::vector<node_id> voters;
    std::vector<node_id> learners;

    bool operator==(change const&) const = default;
};

/// The group is as it should be: tell the cluster, so that those that left can drop what they have.
struct finish {
    bool operator==(finish const&) const = default;
};

using movement_step = std::variant<wait, change, finish>;

/// The next step towards `target`. Who comes receives the log first, without a vote; when all who come have it, they
/// and those who leave change places at once, by joint consensus. At no time do fewer nodes hold what is committed than
/// a majority of the target.
///
/// target       distinct, not empty; the order does not matter here
/// copies_min   hold back the exchange while fewer of the target have everything; capped by the target's size
/// source       Raft paper (extended) section 6; thesis sections 4.2.1 and 4.3
inline movement_step next_step(std::vector<node_id> target, std::size_t copies_min, group_view const& now) {
    CHRONIK_ASSERT(!target.empty());
    std::ranges::sort(target);
    auto const sorted = [](std::vector<node_id> list) {
        std::ranges::sort(list);
        return list;
    };
    auto const voters = sorted(now.voters);
    auto const learners = sorted(now.learners);
    auto const caught_up = sorted(now.caught_up);

    if (!now.settled) return wait{wait::reason::change_under_way};
    if (voters == target && learners.empty()) return finish{};
    std::vector<node_id> coming;
    std::ranges::set_difference(target, voters, std::back_inserter(coming));
    if (learners != coming) return change{voters, std::move(coming)};
    if (!std::ranges::includes(caught_up, coming)) return wait{wait::reason::catching_up};
    std::vector<node_id> safe;
    std::ranges::set_intersection(target, caught_up, std::back_inserter(safe));
    std::size_t const needed = std::max(target.size() / 2 + 1, std::min(copies_min, target.size()));
    if (safe.size() < needed) return wait{wait::reason::too_few_copies};
    return change{std::move(target), {}};
}

}  // namespace chronik::cluster
