// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/cluster_load.hpp>
#include <metadata/config_changes.hpp>
#include <metadata/error.hpp>
#include <metadata/image.hpp>
#include <metadata/placing.hpp>
#include <metadata/topic_rules.hpp>

#include <chronik/assign/rack_aware.hpp>

#include <algorithm>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace broker::metadata {

/// Replicas that the client chose itself; the first is the preferred leader.
struct manual_partition {
    std::int32_t partition = 0;
    std::vector<node_id> replicas;

    static constexpr auto schema = boost::hana::make_tuple(field<"partition", &manual_partition::partition>{},
                                                           field<"replicas", &manual_partition::replicas>{});
    bool operator==(manual_partition const&) const = default;
};

/// A topic as a client asks for it. It also travels from the asked broker to the metadata leader.
///
/// partitions, replication   -1: the cluster's default, or the manual assignment's
struct create_request {
    std::string name;
    uuid topic_id;
    std::int32_t partitions = -1;
    std::int16_t replication = -1;
    std::vector<manual_partition> assignment;
    std::vector<config_entry> configs;
    bool validate_only = false;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &create_request::name>{}, field<"topic_id", &create_request::topic_id>{},
        field<"partitions", &create_request::partitions>{}, field<"replication", &create_request::replication>{},
        field<"assignment", &create_request::assignment>{}, field<"configs", &create_request::configs>{},
        field<"validate_only", &create_request::validate_only>{});
    bool operator==(create_request const&) const = default;
};

struct topic_defaults {
    std::int32_t partitions = 1;
    std::int16_t replication = 1;
};

/// items     one per request, in order: the topic as it would be created, or the problem
/// command   the topics to create: those without a problem, except validate_only ones. May be empty of topics
struct plan {
    std::vector<std::expected<new_topic, problem>> items;
    create_topics command;
};

/// Turns what clients ask for into one command, on the metadata leader. A pure function of the image: the load of
/// creations that are proposed but not yet applied is not seen, so plan the next batch when this one has applied.
template <chronik::assign::rebalancing Placement = chronik::assign::rack_aware>
class planner {
public:
    explicit planner(topic_defaults defaults, Placement strategy = {})
        : defaults_(defaults), strategy_(std::move(strategy)) {}

    plan operator()(image const& now, request_id const& asker, std::vector<create_request> const& requests) const {
        batch work{now, cluster_load{now}, {}, policies_in(now), 0};
        std::map<std::string, int> named;
        for (create_request const& each : requests) ++named[each.name];

        plan out;
        out.command.request = asker;
        for (create_request const& each : requests) {
            bool const twice = named[each.name] > 1;
            auto item = twice ? refuse(error::invalid_request, "Duplicate topic name in the request: " + each.name)
                              : plan_topic(work, each);
            if (item && !each.validate_only) out.command.topics.push_back(*item);
            out.items.push_back(std::move(item));
        }
        return out;
    }

private:
    using outcome = std::expected<new_topic, problem>;

    struct batch {
        image const& now;
        cluster_load load;
        std::map<std::string, std::string> planned;  // by the name that metrics would show
        std::set<std::string> policies;
        std::size_t partitions = 0;                  // of all that is planned, validated ones too
    };

    static outcome refuse(error why, std::string message) { return std::unexpected(problem{why, std::move(message)}); }

    outcome plan_topic(batch& work, create_request const& wanted) const {
        if (auto why = name_problem(wanted.name); !why.empty())
            return refuse(error::invalid_topic_name, std::move(why));
        if (wanted.topic_id.is_zero()) return refuse(error::invalid_request, "The topic id must not be zero");
        if (auto const* const known = work.now.find_topic(wanted.name)) return existing_topic(work, wanted, *known);
        if (auto const* const other = work.now.find_collision(wanted.name)) return collision(wanted.name, other->name);
        std::string shown = wanted.name;
        std::ranges::replace(shown, '.', '_');
        if (auto const found = work.planned.find(shown); found != work.planned.end())
            return collision(wanted.name, found->second);
        if (work.now.topic_count() + work.planned.size() >= topics_max)
            return refuse(error::limit_reached,
                "The cluster holds its limit of " + std::to_string(topics_max) + " topics");
        if (auto why = configs_problem(wanted.configs); !why.empty())
            return refuse(error::invalid_config, std::move(why));
        auto const policy = policy_of(wanted.configs);
        if (!policy) return std::unexpected(policy.error());
        std::string const asked{policy_text(wanted.configs)};
        bool const is_known = policy->asks_nothing() || work.policies.contains(asked);
        if (!is_known && work.policies.size() >= placement_policies_max)
            return refuse(error::limit_reached, "The cluster has its limit of " +
                                                    std::to_string(placement_policies_max) +
                                                    " different placement policies");

        auto lists = wanted.assignment.empty() ? place(work, wanted, *policy) : take(work, wanted, *policy);
        if (!lists) return std::unexpected(std::move(lists.error()));
        if (auto const full = work.load.overloaded(*lists); full != chronik::no_node)
            return refuse(error::limit_reached, "Broker " + std::to_string(full.value) + " would hold more than " +
                                                    std::to_string(replicas_per_broker_max) + " replicas");
        work.partitions += lists->size();
        new_topic out{wanted.name, wanted.topic_id, {}, wanted.configs};
        for (auto& each : *lists) out.partitions.push_back({std::move(each)});
        if (wanted.validate_only) return out;
        if (!is_known) work.policies.insert(asked);
        for (new_partition const& each : out.partitions) work.load.count(each.replicas);
        work.planned.emplace(std::move(shown), wanted.name);
        return out;
    }

    /// A retry names the id that the first try gave; it is planned as it stands, so that its asker sees it applied.
    static outcome existing_topic(batch const& work, create_request const& wanted, topic const& known) {
        if (known.id != wanted.topic_id) return refuse(error::topic_exists,
            "Topic '" + wanted.name + "' already exists.");
        new_topic out{known.name, known.id, {}, known.configs};
        for (group_id const group : known.groups) out.partitions.push_back({work.now.find_partition(group)->replicas});
        return out;
    }

    static outcome collision(std::string const& name, std::string const& other) {
        return refuse(error::invalid_topic_name, "Topic '" + name + "' collides with existing topic: " + other);
    }

    static std::unexpected<problem> no(error why, std::string message) {
        return std::unexpected(problem{why, std::move(message)});
    }

    placed_lists place(batch const& work, create_request const& wanted, placement_policy const& policy) const {
        std::int32_t const partitions = wanted.partitions == -1 ? defaults_.partitions : wanted.partitions;
        std::int32_t const replication = wanted.replication == -1 ? defaults_.replication : wanted.replication;
        if (auto why = partitions_problem(work, partitions)) return std::unexpected(*std::move(why));
        if (replication < 1)
            return no(error::invalid_replication_factor,
                "Replication factor must be larger than 0, or -1 to use the default value.");
        if (static_cast<std::size_t>(replication) > replicas_per_partition_max)
            return no(error::invalid_replication_factor,
                      "Replication factor must be at most " + std::to_string(replicas_per_partition_max));
        return place_new(strategy_, policy, work.load, static_cast<std::size_t>(partitions),
                         static_cast<std::size_t>(replication));
    }

    static std::optional<problem> partitions_problem(batch const& work, std::int64_t partitions) {
        if (partitions < 1)
            return problem{error::invalid_partitions,
                "Number of partitions must be larger than 0, or -1 to use the default value."};
        if (partitions > static_cast<std::int64_t>(partitions_per_topic_max))
            return problem{error::invalid_partitions,
                           "Number of partitions must be at most " + std::to_string(partitions_per_topic_max)};
        if (work.partitions + static_cast<std::size_t>(partitions) > items_per_command_max)
            return problem{error::limit_reached,
                "One request creates at most " + std::to_string(items_per_command_max) + " partitions"};
        if (work.now.partition_count() + work.partitions + static_cast<std::size_t>(partitions) > partitions_max)
            return problem{error::limit_reached,
                "The cluster would hold more than " + std::to_string(partitions_max) + " partitions"};
        return std::nullopt;
    }

    static placed_lists take(batch const& work, create_request const& wanted, placement_policy const& policy) {
        if (wanted.partitions != -1 || wanted.replication != -1)
            return no(error::invalid_request,
                "With a manual assignment, partitions and replication factor must both be -1.");
        std::size_t const count = wanted.assignment.size();
        if (auto why = partitions_problem(work, static_cast<std::int64_t>(count)))
            return std::unexpected(*std::move(why));

        std::vector<chronik::assign::replica_list> out(count);
        for (manual_partition const& each : wanted.assignment) {
            auto const partition = static_cast<std::size_t>(each.partition);
            if (each.partition < 0 || partition >= count || !out[partition].empty())
                return no(error::invalid_replica_assignment,
                    "Partitions must be consecutive, from 0, each given once.");
            if (auto why = work.load.replicas_problem(partition, each.replicas); !why.empty())
                return no(error::invalid_replica_assignment, std::move(why));
            if (auto why = chosen_breach(policy, work.load.members(), partition, each.replicas); !why.empty())
                return no(error::invalid_replica_assignment, std::move(why));
            out[partition] = each.replicas;
            if (each.replicas.size() != wanted.assignment.front().replicas.size())
                return no(error::invalid_replica_assignment, "All partitions must have the same number of replicas.");
        }
        return out;
    }

    topic_defaults defaults_;
    Placement strategy_;
};

}  // namespace broker::metadata
