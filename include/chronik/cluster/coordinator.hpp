// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/cluster/broker_state.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace chronik::cluster {

/// A broker as the coordinator sees it.
///
/// leaving    an operator has asked for its decommission
/// replaced   it has been away for so long that others are to have what it holds; it may come back
struct broker_view {
    node_id node;
    broker_state state = broker_state::starting;
    bool leaving = false;
    bool replaced = false;

    /// What it holds goes elsewhere.
    bool gives_up() const { return leaving || replaced || state == broker_state::decommissioned; }
};

/// A partition as the metadata has it.
///
/// replicas   the first is the preferred leader
/// target     where its replicas are going; empty: nowhere
/// original   its replicas before it began to move; empty: it does not move, or they are `replicas`
struct partition_view {
    group_id group;
    std::vector<node_id> replicas;
    std::vector<node_id> target;
    node_id leader;
    std::vector<node_id> original{};
};

/// "These should be the replicas." To be committed; nothing has happened before that.
struct wish {
    group_id group;
    std::vector<node_id> target;

    bool operator==(wish const&) const = default;
};

/// "This one should lead": it is alive, in sync as far as the metadata knows, and preferred.
struct handover {
    group_id group;
    node_id from;
    node_id to;

    bool operator==(handover const&) const = default;
};

/// Why there is nothing to do, or what.
///
/// pending   wishes that wait for others to be carried out: only so many partitions move at once
enum class verdict : std::uint8_t { balanced, moving, unsettled, refused };
struct rebalance_plan {
    verdict why = verdict::balanced;
    std::vector<wish> wishes;
    std::size_t pending = 0;
    std::error_code reason{};  ///< of refused: the strategy's
};

/// Decides what should move, as pure functions of what is committed: equal metadata, equal plan, whoever leads.
/// Nothing is remembered, so nothing is lost with a leader, and there is no way to assign without committing.
///
/// Strategy   (brokers that may carry, partitions with who holds them) -> the list of each, or why not; moves as
///            little as it can, and is at rest when nothing has to move, or the cluster never would be
template <class Strategy>
    requires std::is_invocable_r_v<result<std::vector<std::vector<node_id>>>, Strategy const&,
                                   std::span<node_id const>, std::span<partition_view const>>
class coordinator {
public:
    explicit coordinator(Strategy strategy) : strategy_(std::move(strategy)) {}

    /// Wishes that make loads even over the brokers that stay, and empty those that leave or are replaced.
    ///
    /// A broker that is away for a while keeps what it has, and nothing is planned meanwhile: what it lacks it catches
    /// up with, and a plan made without it would move everything twice. Who decides that it has been away for too long
    /// calls it replaced. What was on its way to somebody who is not there, and gives up, is sent elsewhere.
    ///
    /// moves_max   partitions that may move at the same time
    rebalance_plan rebalance(std::span<broker_view const> brokers, std::span<partition_view const> partitions,
                             std::size_t moves_max) const {
        rebalance_plan plan;
        std::vector<node_id> staying;
        std::set<node_id> lost;
        for (broker_view const& each : brokers) {
            if (each.gives_up() && each.state != broker_state::alive) lost.insert(each.node);
            if (each.gives_up()) continue;
            if (each.state != broker_state::alive) return {verdict::unsettled, {}, 0, {}};
            staying.push_back(each.node);
        }
        std::ranges::sort(staying);
        auto const is_lost = [&](node_id node) { return lost.contains(node); };
        // Without a majority a group can neither move nor be in the way of others that can.
        auto const can_move = [&](partition_view const& of) {
            auto const& voters = of.original.empty() ? of.replicas : of.original;
            return 2 * static_cast<std::size_t>(std::ranges::count_if(voters, is_lost)) < voters.size();
        };
        // What moves already is planned as if it had arrived.
        std::vector<partition_view> arrived(partitions.begin(), partitions.end());
        std::size_t moving = 0;
        for (partition_view& each : arrived) {
            if (each.target.empty()) continue;
            if (can_move(each)) ++moving;
            each.replicas = each.target;
        }
        auto const lists = strategy_(std::span<node_id const>{staying}, std::span<partition_view const>{arrived});
        if (!lists) return {verdict::refused, {}, 0, lists.error()};
        for (std::size_t at = 0; at < arrived.size(); ++at) {
            if ((*lists)[at] == arrived[at].replicas) continue;
            bool const moves = !partitions[at].target.empty();
            // A wish is carried out before another follows it, unless it cannot be.
            bool const never_arrives = std::ranges::any_of(partitions[at].target, is_lost);
            bool const may_go = can_move(partitions[at]) && (moves ? never_arrives : moving < moves_max);
            if (!may_go) { ++plan.pending; continue; }
            if (!moves) ++moving;
            plan.wishes.push_back({arrived[at].group, (*lists)[at]});
        }
        if (moving > 0 || plan.pending > 0) plan.why = verdict::moving;
        return plan;
    }

    /// Leaders that should go back to where they are preferred; what moves is left alone.
    std::vector<handover> prefer_leaders(std::span<broker_view const> brokers,
                                         std::span<partition_view const> partitions,
                                         std::size_t handovers_max) const {
        std::set<node_id> alive;
        for (broker_view const& each : brokers)
            if (each.state == broker_state::alive) alive.insert(each.node);
        std::vector<handover> out;
        for (partition_view const& each : partitions) {
            if (out.size() == handovers_max) break;
            if (!each.target.empty() || each.leader == no_node || each.replicas.empty()) continue;
            node_id const preferred = each.replicas.front();
            if (preferred != each.leader && alive.contains(preferred))
                out.push_back({each.group, each.leader, preferred});
        }
        return out;
    }

    /// Brokers that leave and hold nothing any more: they may be called decommissioned.
    static std::vector<node_id> emptied(std::span<broker_view const> brokers,
                                        std::span<partition_view const> partitions) {
        std::set<node_id> holding;
        for (partition_view const& each : partitions) {
            holding.insert(each.replicas.begin(), each.replicas.end());
            holding.insert(each.target.begin(), each.target.end());
        }
        std::vector<node_id> out;
        for (broker_view const& each : brokers)
            if (each.leaving && each.state != broker_state::decommissioned && !holding.contains(each.node))
                out.push_back(each.node);
        return out;
    }

private:
    Strategy strategy_;
};

}  // namespace chronik::cluster
