// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <environment.hpp>
#include <metadata/machine.hpp>
#include <partitions/beginning.hpp>
#include <partitions/machine.hpp>
#include <snapshots.hpp>

#include <chronik/machine/snapshot.hpp>
#include <chronik/node/host.hpp>
#include <chronik/wal/journal.hpp>

#include <functional>
#include <variant>

/// Every choice the broker makes, on one page; what it stands on is on another, environment.hpp.
namespace broker {

/// The state of a group on its way out: of the metadata piece by piece, of a partition at once.
struct group_view {
    std::variant<metadata::image_view, chronik::machine::one_chunk> which;

    chronik::shared_bytes next_chunk() {
        return std::visit([](auto& one) { return one.next_chunk(); }, which);
    }
};

/// What a group's commands act on: the cluster's metadata, or one partition.
struct group_machine {
    using result_type = std::variant<std::monostate, metadata::applied>;

    std::variant<metadata::machine, partitions::machine> which;
    /// Told of each metadata command's result, in log order: whoever asked for it is waiting.
    std::function<void(metadata::applied const&)> told;

    result_type apply(chronik::entry const& command) {
        if (auto* const partition = std::get_if<partitions::machine>(&which)) return partition->apply(command);
        metadata::applied done = std::get<metadata::machine>(which).apply(command);
        if (told) told(done);
        return done;
    }

    /// What the metadata could not read, it must not seem to have applied.
    bool takes_snapshots() const {
        auto const* const cluster = std::get_if<metadata::machine>(&which);
        return cluster == nullptr || cluster->takes_snapshots();
    }
    /// The records of a partition are in its log.
    bool keeps_its_log() const { return std::holds_alternative<partitions::machine>(which); }
    /// What a partition's retention does not keep, it does not need.
    bool begins_anywhere() const { return keeps_its_log(); }
    group_view snapshot() const {
        if (auto const* const cluster = std::get_if<metadata::machine>(&which)) return {cluster->snapshot()};
        return {chronik::machine::one_chunk{
            partitions::encode_beginning(std::get<partitions::machine>(which), chronik::raft::log_index_max)}};
    }
    chronik::result<void> restore(chronik::shared_bytes const& bytes) {
        if (auto* const cluster = std::get_if<metadata::machine>(&which)) return cluster->restore(bytes);
        return partitions::restore_beginning(bytes, std::get<partitions::machine>(which));
    }
};

/// Told of role changes, applied indexes and single steps; the broker fills in what it wants to know.
struct group_events {
    std::function<void(chronik::group_id, chronik::raft::event const&)> on_event;
    std::function<void(chronik::group_id, chronik::log_index)> on_applied;
    std::function<void(std::error_code)> on_failed;
    std::function<void(chronik::trace_event const&)> on_traced = nullptr;  ///< empty: nobody listens
    /// Called where the journal can tell what is in memory.
    std::function<void(chronik::group_id, chronik::log_index)> on_wanted = nullptr;

    void event(chronik::group_id group, chronik::raft::event const& happened) { on_event(group, happened); }
    void applied(chronik::group_id group, chronik::log_index index) { on_applied(group, index); }
    void failed(std::error_code error) { on_failed(error); }
    void traced(chronik::trace_event const& happened) {
        if (on_traced) on_traced(happened);
    }
    void wanted(chronik::group_id group, chronik::log_index index) { on_wanted(group, index); }
};

using journal = chronik::wal::journal<environment::directory>;
static_assert(metadata::replicas_per_broker_max < chronik::wal::options{}.groups_max,
              "what the planner gives a broker, its journal can hold, and the metadata group besides");

struct broker_policies
    : chronik::policies<chronik::use<chronik::slot::storage, journal&>,  // one journal, one sync for all groups
                        chronik::use<chronik::slot::transport, environment::links&>,  // TCP between the nodes
                        chronik::use<chronik::slot::executor, environment::lanes&>,  // syncs and segment files off
                                                                                     // the loop
                        chronik::use<chronik::slot::snapshots, snapshots&>,  // the metadata's, and where shortened
                                                                             // logs begin
                        chronik::use<chronik::slot::observer, group_events&>,
                        chronik::use_type<chronik::slot::machine, group_machine>> {
    using policies::policies;
};

using host = chronik::host<broker_policies>;
using raft_core = decltype(host::group_type::core);

}  // namespace broker

// Compiled once, in instantiate.cpp.
extern template class chronik::host<broker::broker_policies>;
