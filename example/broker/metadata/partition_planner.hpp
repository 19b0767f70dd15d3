// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/cluster_load.hpp>
#include <metadata/placing.hpp>
#include <metadata/planner.hpp>

#include <chronik/assign/rack_aware.hpp>

#include <cstdint>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace broker::metadata {

/// More partitions for a topic, as a client asks for them. It also travels from the asked broker to the metadata
/// leader.
///
/// count        how many the topic is to have, the old ones included
/// assignment   absent: the cluster decides; else one for each new partition
struct growth_request {
    std::string name;
    std::int32_t count = 0;
    std::optional<std::vector<new_partition>> assignment;
    bool validate_only = false;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &growth_request::name>{}, field<"count", &growth_request::count>{},
        field<"assignment", &growth_request::assignment>{},
        field<"validate_only", &growth_request::validate_only>{});
    bool operator==(growth_request const&) const = default;
};

/// items     one per request, in order: what the topic would get, or the problem
/// command   of the items without a problem, except validate_only ones. May be empty of topics
struct growth_plan {
    std::vector<std::expected<partition_growth, problem>> items;
    create_partitions command;
};

/// Turns the wish for more partitions into one command, on the metadata leader. A pure function of the image, as
/// planner is: plan the next batch when this one has applied.
template <chronik::assign::rebalancing Placement = chronik::assign::rack_aware>
class partition_planner {
public:
    explicit partition_planner(Placement strategy = {}) : strategy_(std::move(strategy)) {}

    growth_plan operator()(image const& now, request_id const& asker,
                           std::vector<growth_request> const& requests) const {
        cluster_load load{now};
        std::set<std::string> named;
        std::size_t planned = 0;
        growth_plan out;
        out.command.request = asker;
        for (growth_request const& each : requests) {
            auto item = named.insert(each.name).second
                            ? plan_topic(now, load, asker, each, planned)
                            : no(error::invalid_request, "Duplicate topic name in the request: " + each.name);
            if (item && !each.validate_only) {
                for (new_partition const& added : item->partitions) load.count(added.replicas);
                out.command.topics.push_back(*item);
            }
            if (item) planned += item->partitions.size();
            out.items.push_back(std::move(item));
        }
        return out;
    }

private:
    using outcome = std::expected<partition_growth, problem>;

    static std::unexpected<problem> no(error why, std::string message) {
        return std::unexpected(problem{why, std::move(message)});
    }

    outcome plan_topic(image const& now, cluster_load const& load, request_id const& asker,
                       growth_request const& wanted, std::size_t planned) const {
        topic const* const known = now.find_topic(wanted.name);
        if (known == nullptr) return no(error::unknown_topic, "There is no topic '" + wanted.name + "'.");
        std::size_t const held = known->groups.size();
        partition_growth out{known->id, static_cast<std::uint32_t>(held), {}};
        // A retry is planned as it stands, so that its asker sees it applied.
        if (known->grown_by == asker && static_cast<std::int64_t>(held) == wanted.count) return out;
        if (auto why = count_problem(now, held, wanted, planned)) return std::unexpected(*std::move(why));

        std::size_t const replication = now.find_partition(*known, 0)->replicas.size();
        std::size_t const added = static_cast<std::size_t>(wanted.count) - held;
        auto const policy = policy_of(known->configs);
        if (!policy) return std::unexpected(policy.error());
        auto lists = wanted.assignment ? take(load, *policy, *wanted.assignment, held, added, replication)
                                       : place_new(strategy_, *policy, load, added, replication);
        if (!lists) return std::unexpected(std::move(lists.error()));
        if (auto const full = load.overloaded(*lists); full != chronik::no_node)
            return no(error::limit_reached, "Broker " + std::to_string(full.value) + " would hold more than " +
                                                std::to_string(replicas_per_broker_max) + " replicas");
        for (auto& each : *lists) out.partitions.push_back({std::move(each)});
        return out;
    }

    static std::optional<problem> count_problem(image const& now, std::size_t held, growth_request const& wanted,
                                                std::size_t planned) {
        auto const count = static_cast<std::int64_t>(wanted.count);
        auto const has = static_cast<std::int64_t>(held);
        if (count == has)
            return problem{error::invalid_partitions, "Topic already has " + std::to_string(held) + " partition(s)."};
        if (count < has)
            return problem{error::invalid_partitions,
                           "The topic '" + wanted.name + "' currently has " + std::to_string(held) +
                               " partition(s); " + std::to_string(count) + " would not be an increase."};
        if (count > static_cast<std::int64_t>(partitions_per_topic_max))
            return problem{error::invalid_partitions,
                           "Number of partitions must be at most " + std::to_string(partitions_per_topic_max)};
        std::size_t const all = planned + static_cast<std::size_t>(count - has);
        if (all > items_per_command_max)
            return problem{error::limit_reached,
                           "One request creates at most " + std::to_string(items_per_command_max) + " partitions"};
        if (now.partition_count() + all > partitions_max)
            return problem{error::limit_reached,
                           "The cluster would hold more than " + std::to_string(partitions_max) + " partitions"};
        return std::nullopt;
    }

    static placed_lists take(cluster_load const& load, placement_policy const& policy,
                             std::vector<new_partition> const& given, std::size_t held, std::size_t added,
                             std::size_t replication) {
        if (given.size() != added)
            return no(error::invalid_replica_assignment,
                      "Increasing the number of partitions by " + std::to_string(added) + " but " +
                          std::to_string(given.size()) + " assignments provided.");
        std::vector<chronik::assign::replica_list> out;
        for (new_partition const& each : given) {
            std::size_t const index = held + out.size();
            if (auto why = load.replicas_problem(index, each.replicas); !why.empty())
                return no(error::invalid_replica_assignment, std::move(why));
            if (auto why = chosen_breach(policy, load.members(), index, each.replicas); !why.empty())
                return no(error::invalid_replica_assignment, std::move(why));
            if (each.replicas.size() != replication)
                return no(error::invalid_replica_assignment,
                          "Partition " + std::to_string(index) + " has another number of replicas than the topic's " +
                              std::to_string(replication) + ".");
            out.push_back(each.replicas);
        }
        return out;
    }

    Placement strategy_;
};

}  // namespace broker::metadata
