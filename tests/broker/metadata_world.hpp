// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/machine.hpp>
#include <metadata/planner.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

/// A metadata machine and a log in front of it, as short as tests need it.
namespace broker::metadata::tests {

inline uuid id_of(std::uint32_t number) {
    uuid out;
    chronik::store<std::uint32_t, std::endian::big>(out.bytes.data(), number);
    return out;
}

inline request_id asked_by(std::uint32_t node, std::uint64_t serial = 1) { return {node_id{node}, 1, serial}; }

struct world {
    metadata::machine machine;
    std::vector<chronik::entry> log;

    template <class Command>
    applied run(Command const& command) {
        return append(command_set::encode(command).value());
    }
    applied append(chronik::shared_bytes payload) {
        chronik::entry next;
        next.term = log_term{1};
        next.index = log_index{log.size() + 1};
        next.kind = chronik::entry_kind::command;
        next.payload = std::move(payload);
        log.push_back(next);
        return machine.apply(next);
    }

    void add_broker(std::uint32_t node, std::string rack = "", std::uint64_t incarnation = 1,
                    std::uint32_t capacity = 1, std::vector<std::string> tags = {}) {
        register_broker const what{asked_by(node), node_id{node}, incarnation, "host", 9092, 10092, std::move(rack), 1,
                                   12092, capacity, std::move(tags)};
        EXPECT_EQ(run(what).outcome, error::none);
        EXPECT_EQ(run(change_broker_status{asked_by(node), node_id{node}, incarnation, broker_state::alive}).outcome,
            error::none);
    }
    /// Broker 1 has the first of these capacities, and each stands in a rack of its own.
    static world with_capacities(std::vector<std::uint32_t> const& capacities) {
        world out;
        for (std::uint32_t at = 0; at < capacities.size(); ++at)
            out.add_broker(at + 1, "rack-" + std::to_string(at + 1), 1, capacities[at]);
        return out;
    }
    static world with_brokers(std::uint32_t count, std::uint32_t racks = 1) {
        world out;
        for (std::uint32_t node = 1; node <= count; ++node)
            out.add_broker(node, "rack-" + std::to_string(node % racks));
        return out;
    }

    image const& now() const { return *machine.current(); }

    /// What each broker holds, or is to hold, is its share of all by capacity, within one replica.
    void expect_shares_within_one(std::string const& where) const {
        std::map<node_id, std::uint64_t> held;
        std::uint64_t all = 0;
        now().for_each_partition([&](partition const& each) {
            for (node_id const node : each.is_moving() ? each.target : each.replicas) ++held[node];
            all += each.is_moving() ? each.target.size() : each.replicas.size();
        });
        std::uint64_t capacities = 0;
        for (auto const& [node, broker] : now().brokers()) capacities += broker.capacity;
        for (auto const& [node, broker] : now().brokers()) {
            EXPECT_LE(held[node] * capacities, (all * broker.capacity) + capacities) << node.value << ", " << where;
            EXPECT_GE((held[node] + 1) * capacities, all * broker.capacity) << node.value << ", " << where;
        }
    }
};

inline new_topic a_topic(std::string name, std::uint32_t id, std::vector<new_partition> partitions = {{{node_id{1}}}}) {
    return {std::move(name), id_of(id), std::move(partitions), {}};
}

}  // namespace broker::metadata::tests
