// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/machine.hpp>
#include <metadata/planner.hpp>

#include <gtest/gtest.h>

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

    void add_broker(std::uint32_t node, std::string rack = "", std::uint64_t incarnation = 1) {
        register_broker const what{asked_by(node), node_id{node}, incarnation, "host", 9092, 10092, std::move(rack), 1};
        EXPECT_EQ(run(what).outcome, error::none);
        EXPECT_EQ(run(change_broker_status{asked_by(node), node_id{node}, incarnation, broker_state::alive}).outcome,
            error::none);
    }
    static world with_brokers(std::uint32_t count, std::uint32_t racks = 1) {
        world out;
        for (std::uint32_t node = 1; node <= count; ++node)
            out.add_broker(node, "rack-" + std::to_string(node % racks));
        return out;
    }

    image const& now() const { return *machine.current(); }
};

inline new_topic a_topic(std::string name, std::uint32_t id, std::vector<new_partition> partitions = {{{node_id{1}}}}) {
    return {std::move(name), id_of(id), std::move(partitions), {}};
}

}  // namespace broker::metadata::tests
