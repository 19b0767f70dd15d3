// SPDX-License-Identifier: Apache-2.0
#include <cluster/rebalancer.hpp>

#include <metadata/reassignment.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

namespace broker {

using chronik::node_id;
using chronik::cluster::broker_view;
using chronik::cluster::partition_view;

namespace {

using lists = std::vector<std::vector<node_id>>;

std::vector<broker_view> brokers_of(metadata::image const& image) {
    std::vector<broker_view> out;
    for (auto const& [node, broker] : image.brokers())
        out.push_back({node, broker.status, broker.leaving, broker.replaced});
    return out;
}

/// Whether a plan may have something to say: so many fewer are on their way than may be, or one that cannot arrive.
bool has_room(metadata::image const& image, std::size_t moves_max, std::size_t wanted) {
    if (image.moving().size() + wanted <= moves_max) return true;
    auto const is_lost = [&](node_id node) {
        auto const* const broker = image.find_broker(node);
        return broker != nullptr && !broker->stays() && broker->status != metadata::broker_state::alive;
    };
    std::size_t under_way = 0;
    for (auto const group : image.moving()) {
        auto const& each = *image.find_partition(group);
        if (std::ranges::any_of(each.target, is_lost)) return true;
        auto const gone = static_cast<std::size_t>(std::ranges::count_if(each.original, is_lost));
        if (2 * gone < each.original.size()) ++under_way;
    }
    return under_way + wanted <= moves_max;
}

/// Whether something that moves has a replica on who is to give it up.
bool is_still_held(metadata::image const& image) {
    auto const gives_up = [&](node_id node) {
        auto const* const broker = image.find_broker(node);
        return broker != nullptr && !broker->stays();
    };
    return std::ranges::any_of(image.moving(), [&](chronik::group_id group) {
        return std::ranges::any_of(image.find_partition(group)->replicas, gives_up);
    });
}

/// By group, so that the first of them are the same on whichever node leads.
template <class Wanted>
std::vector<partition_view> partitions_of(metadata::image const& image, Wanted wanted) {
    std::vector<partition_view> out;
    image.for_each_partition([&](metadata::partition const& each) {
        if (wanted(each)) out.push_back({each.group, each.replicas, each.target, each.leader, each.original});
    });
    std::ranges::sort(out, {}, &partition_view::group);
    return out;
}

/// What the coordinator asks: who should hold what, on these brokers. Why not, it cannot hand on in words.
///
/// said   what it was refused with last
auto over(metadata::image const& image, chosen_placement const& strategy, rebalance_refusal& said) {
    return [&](std::span<node_id const> staying,
               std::span<partition_view const> partitions) -> chronik::result<lists> {
        auto placed = rebalance_lots(image, strategy, staying, partitions);
        if (placed) return *std::move(placed);
        said = std::move(placed.error());
        return std::unexpected(said.why);
    };
}

}  // namespace

rebalance_step rebalancer::look(metadata::image const& image, voter_check const& votes, chronik::time_point now) {
    rebalance_step step;
    bool const is_due = image.balance.is_due() && (moves_ || image.balance.asked);
    if (!is_due) {
        waiting_ = 0;
        refused_ = {};
    }
    if (is_due && has_reason(image, now)) {
        next_plan_ = now + plan_interval;
        plan(image, votes, step);
    }
    if (leaders_ && now >= leaders_due_) {
        leaders_due_ = now + leader_interval_;
        step.handovers = displaced_leaders(image);
    }
    return step;
}

/// The strategy looks at every replica there is: not before it can say something.
bool rebalancer::has_reason(metadata::image const& image, chronik::time_point now) const {
    if (image.version == planned_at_) return false;
    bool const goes_on = waiting_ > 0 && planned_for_ == image.balance.since && now < next_plan_;
    return has_room(image, moves_max_, goes_on ? std::max<std::size_t>(1, moves_max_ / 4) : 1);
}

void rebalancer::plan(metadata::image const& image, voter_check const& votes, rebalance_step& step) {
    using chronik::cluster::verdict;
    planned_at_ = image.version;
    planned_for_ = image.balance.since;
    auto const partitions = partitions_of(image, [](auto const&) { return true; });
    rebalance_refusal said;
    chronik::cluster::coordinator const decide{over(image, strategy_, said)};
    auto const brokers = brokers_of(image);
    auto const planned = decide.rebalance(brokers, partitions, moves_max_);
    waiting_ = planned.pending;
    refused_ = {};
    switch (planned.why) {
        case verdict::unsettled: return;
        case verdict::refused: step.refused = refused_ = std::move(said); return;
        case verdict::balanced:
            if (let_go(decide.emptied(brokers, partitions), votes, step)) return;
            // What has no majority does not count as moving, and will be when it has one again.
            if (is_still_held(image)) return;
            step.over = image.balance.since;
            // Leaders that only changed places in their lists have not heard of it.
            if (leaders_) step.handovers = displaced_leaders(image);
            return;
        case verdict::moving:
            for (auto const& wish : planned.wishes) {
                auto const& now = *image.find_partition(wish.group);
                step.moves.push_back({wish.group, now.is_moving() ? now.target : now.replicas, wish.target});
            }
            // What waits may wait for long, and not for those that are empty.
            if (step.moves.empty()) let_go(decide.emptied(brokers, partitions), votes, step);
            return;
    }
}

bool rebalancer::let_go(std::vector<node_id> emptied, voter_check const& votes, rebalance_step& step) {
    step.emptied = std::move(emptied);
    if (step.emptied.empty()) return false;
    // Who votes is no part of the image: it is looked at again whether that changes or not.
    if (std::erase_if(step.emptied, votes) > 0) forget_plan();
    return true;
}

std::vector<chronik::cluster::handover> rebalancer::displaced_leaders(metadata::image const& image) const {
    auto const in_sync = partitions_of(image, [](metadata::partition const& each) {
        return !each.replicas.empty() && metadata::holds(each.isr, each.replicas.front());
    });
    rebalance_refusal said;
    chronik::cluster::coordinator const decide{over(image, strategy_, said)};
    return decide.prefer_leaders(brokers_of(image), in_sync, handovers_max);
}

}  // namespace broker
