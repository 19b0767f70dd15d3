// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "metadata_world.hpp"

#include <cluster/rebalancer.hpp>
#include <metadata/placing.hpp>
#include <metadata/reassignment.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace broker::tests {

using namespace std::chrono_literals;
using namespace metadata;
using metadata::tests::asked_by;
using metadata::tests::id_of;
using metadata::tests::world;

inline constexpr chronik::time_point start{100s};

inline bool nobody(node_id) { return false; }

/// Brokers, a topic "t", and somebody who carries out what a rebalancer says.
struct cluster_world : world {
    settings config;
    std::map<group_id, std::size_t> sent;  ///< how often each partition was given other replicas

    explicit cluster_world(std::uint32_t brokers, std::uint32_t partitions = 0, std::uint32_t replicas = 1)
        : world(with_brokers(brokers, std::max(brokers, 1U))) {
        settle();
        if (partitions == 0) return;
        new_topic wanted{"t", id_of(1), {}, {}};
        for (std::uint32_t at = 0; at < partitions; ++at) {
            new_partition made;
            for (std::uint32_t copy = 0; copy < replicas; ++copy)
                made.replicas.push_back(node_id{(at + copy) % brokers + 1});
            wanted.partitions.push_back(std::move(made));
        }
        run(create_topics{asked_by(1), {wanted}});
        for (auto const& each : partitions_now()) lead(each, each.replicas.front());
    }

    std::vector<partition> partitions_now() const {
        std::vector<partition> out;
        now().for_each_partition([&](partition const& each) { out.push_back(each); });
        std::ranges::sort(out, {}, &partition::group);
        return out;
    }
    void lead(partition const& of, node_id leader, std::optional<std::vector<node_id>> isr = std::nullopt) {
        log_term const epoch{of.leader_epoch.value + 1};
        EXPECT_EQ(run(update_partitions{asked_by(1), {{of.group, leader, epoch, isr.value_or(of.replicas)}}}).outcome,
                  error::none);
    }
    /// In a rack of its own, as all the others are.
    void join(std::uint32_t node) { add_broker(node, "rack-" + std::to_string(node)); }
    void status(std::uint32_t node, broker_state becomes) {
        EXPECT_EQ(run(change_broker_status{asked_by(1), node_id{node}, 1, becomes}).outcome, error::none);
    }
    void commit(rebalance_step const& step) {
        for (auto const& each : step.moves) {
            ++sent[each.group];
            EXPECT_EQ(breach(*now().find_partition(each.group), each.target), "");
        }
        if (!step.moves.empty()) {
            EXPECT_EQ(run(plan_moves{asked_by(1), step.moves}).outcome, error::none);
        }
        for (node_id const node : step.emptied) {
            change_broker_status const gone{asked_by(1), node, 1, broker_state::decommissioned};
            EXPECT_EQ(run(gone).outcome, error::none);
        }
        if (step.over) {
            EXPECT_EQ(run(finish_rebalance{asked_by(1), *step.over}).outcome, error::none);
        }
    }
    /// So many moves arrive, or all of them.
    void arrive(std::size_t count = std::size_t(-1)) {
        for (auto const& each : partitions_now()) {
            if (!each.is_moving()) continue;
            if (count-- == 0) return;
            partition_update const state{each.group, each.target.front(), log_term{each.leader_epoch.value + 1},
                                         each.target};
            EXPECT_EQ(run(finish_reassignment{asked_by(1), {{each.since, log_index{1}, state}}}).outcome, error::none);
        }
    }
    /// Until a rebalance that is due is over; each look by a node that has just begun to lead.
    int settle() {
        for (int looks = 1; looks < 500; ++looks) {
            if (!now().balance.is_due()) return looks;
            rebalancer newly{config};
            newly.reset(start);
            commit(newly.look(now(), nobody, start));
            arrive();
        }
        ADD_FAILURE() << "it never comes to rest";
        return 0;
    }
    /// Why a partition cannot be there by its topic's policy.
    std::string breach(partition const& of, std::vector<node_id> const& replicas) const {
        return policy_of(now().find_topic(of.topic_id)->configs)->breach(staying_members(now()), replicas);
    }
    void expect_honoured() const {
        for (auto const& each : partitions_now()) EXPECT_EQ(breach(each, each.replicas), "");
    }
    void give(std::string policy) {
        auto const base = now().find_topic("t")->configs_at;
        change_configs const change{asked_by(1), {{id_of(1), base, {{"chronik.placement", std::move(policy)}}}}};
        EXPECT_EQ(run(change).outcome, error::none);
    }
    /// A topic of its own, dealt round these brokers.
    void add_topic(std::uint32_t id, std::string policy, std::uint32_t partitions, std::vector<node_id> const& among,
                   std::size_t replicas) {
        new_topic wanted{"t" + std::to_string(id), id_of(id), {}, {{"chronik.placement", std::move(policy)}}};
        for (std::uint32_t at = 0; at < partitions; ++at) {
            new_partition made;
            for (std::size_t copy = 0; copy < replicas; ++copy)
                made.replicas.push_back(among[(at + copy) % among.size()]);
            wanted.partitions.push_back(std::move(made));
        }
        EXPECT_EQ(run(create_topics{asked_by(1), {wanted}}).outcome, error::none);
    }
    std::map<node_id, std::size_t> held() const {
        std::map<node_id, std::size_t> out;
        for (auto const& [node, broker] : now().brokers()) out[node];
        for (auto const& each : partitions_now())
            for (node_id const node : each.replicas) ++out[node];
        return out;
    }
    std::size_t most_less_least() const {
        auto const counts = held();
        auto const [least, most] =
            std::ranges::minmax_element(counts, {}, [](auto const& each) { return each.second; });
        return most->second - least->second;
    }
};

}  // namespace broker::tests
