// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/cluster_load.hpp>
#include <metadata/error.hpp>
#include <metadata/limits.hpp>
#include <metadata/placement_policy.hpp>

#include <chronik/assign/constrained.hpp>
#include <chronik/assign/sticky.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// Placing by a strategy and under a topic's policy: what is in doubt is decided in docs/decisions/0026.
namespace broker::metadata {

/// Calls `act` with the strategy that places under this policy. To keep replicas apart by a tag takes one that looks at
/// racks, whichever was chosen.
template <chronik::assign::rebalancing Strategy, class Act>
auto with_policy(Strategy const& chosen, placement_policy const& policy, Act&& act) {
    using namespace chronik::assign;
    return policy.spreads() ? act(constrained{sticky<>{}, policy}) : act(constrained{chosen, policy});
}

inline problem violation(std::string why) {
    return {error::policy_violation, std::string{placement_policy::config_name} + " cannot be honoured: " +
                                         std::move(why) + "."};
}

/// The policy of a topic. What another build has let in is not guessed at.
inline std::expected<placement_policy, problem> policy_of(std::span<config_entry const> configs) {
    auto policy = placement_policy::read(policy_text(configs));
    if (!policy) return std::unexpected(violation(std::move(policy.error())));
    return *std::move(policy);
}

using placed_lists = std::expected<std::vector<chronik::assign::replica_list>, problem>;

/// Lists for so many new partitions on the brokers that can take some.
template <chronik::assign::rebalancing Strategy>
placed_lists place_new(Strategy const& chosen, placement_policy const& policy, cluster_load const& load,
                       std::size_t partitions, std::size_t replicas) {
    if (replicas > load.members().size())
        return std::unexpected(problem{error::invalid_replication_factor,
                                       "Replication factor: " + std::to_string(replicas) +
                                           " larger than available brokers: " + std::to_string(load.members().size())});
    auto const count = static_cast<std::uint32_t>(replicas);
    if (auto why = policy.refusal(load.members(), count); !why.empty())
        return std::unexpected(violation(std::move(why)));
    auto placed = with_policy(chosen, policy, [&](auto const& strategy) {
        return strategy.place(load.members(), load.existing(), static_cast<std::uint32_t>(partitions), count);
    });
    if (!placed)
        return std::unexpected(
            problem{error::invalid_replica_assignment, "No placement: " + placed.error().message()});
    return std::move(placed->partitions);
}

/// Why the replicas that a client chose for a partition are against the topic's policy; empty: they are not.
inline std::string chosen_breach(placement_policy const& policy, std::span<chronik::assign::member const> members,
                                 std::size_t partition, std::span<node_id const> replicas) {
    auto why = policy.breach(members, replicas);
    if (why.empty()) return why;
    return "Partition " + std::to_string(partition) + ": " + std::move(why) + " (" +
           std::string{placement_policy::config_name} + ").";
}

/// The policies that topics have, each once.
inline std::set<std::string> policies_in(image const& now) {
    std::set<std::string> out;
    now.for_each_topic([&](topic const& each) {
        if (auto const text = policy_text(each.configs); !text.empty()) out.emplace(text);
    });
    return out;
}

/// The most replicas that a partition of the topic has, or is to have.
inline std::uint32_t most_replicas(image const& now, topic const& of) {
    std::size_t most = 0;
    for (group_id const group : of.groups) {
        partition const& each = *now.find_partition(group);
        most = std::max(most, each.is_moving() ? each.target.size() : each.replicas.size());
    }
    return static_cast<std::uint32_t>(most);
}

/// Why a topic cannot be given these configurations on account of its policy. Brokers that are away count: what they
/// hold they keep until they are back.
inline std::optional<problem> policy_change_problem(image const& now, topic const& of,
                                                    std::span<config_entry const> configs) {
    auto const text = policy_text(configs);
    if (text == policy_text(of.configs)) return std::nullopt;
    auto const policy = policy_of(configs);
    if (!policy) return policy.error();
    auto known = policies_in(now);
    known.emplace(text);
    if (known.size() > placement_policies_max)
        return problem{error::limit_reached, "The cluster has its limit of " + std::to_string(placement_policies_max) +
                                                 " different placement policies"};
    if (auto why = policy->refusal(staying_members(now), most_replicas(now, of)); !why.empty())
        return violation(std::move(why));
    return std::nullopt;
}

/// A topic whose policy these brokers could not honour, and why; empty: there is none.
inline std::string unhonoured_policy(image const& now, std::span<chronik::assign::member const> members) {
    std::string first;
    std::string why;
    now.for_each_topic([&](topic const& each) {
        auto const text = policy_text(each.configs);
        if (text.empty() || (!first.empty() && first < each.name)) return;
        auto const policy = policy_of(each.configs);
        auto problem = policy ? policy->refusal({members.begin(), members.end()}, most_replicas(now, each))
                              : policy.error().message;
        if (problem.empty()) return;
        first = each.name;
        why = std::move(problem);
    });
    return first.empty() ? first : first + ", " + std::string{placement_policy::config_name} + ": " + why;
}

/// Why the cluster cannot do without a broker; empty: it can.
inline std::string needed(image const& now, node_id leaving) {
    auto const members = staying_members(now, leaving);
    if (members.empty()) return "no broker would stay";
    std::string why;
    now.for_each_partition([&](partition const& each) {
        auto const wanted = each.is_moving() ? each.target.size() : each.replicas.size();
        if (!why.empty() || wanted <= members.size()) return;
        why = now.find_topic(each.topic_id)->name + "-" + std::to_string(each.index) + " has " +
              std::to_string(wanted) + " replicas, and " + std::to_string(members.size()) + " brokers would stay";
    });
    return why.empty() ? unhonoured_policy(now, members) : why;
}

}  // namespace broker::metadata
