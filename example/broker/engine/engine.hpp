// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cleaning/cleaner.hpp>
#include <cluster/cluster.hpp>
#include <cluster/deadlines.hpp>
#include <cluster/node_addresses.hpp>
#include <cluster/producer_ids.hpp>
#include <composition.hpp>
#include <environment.hpp>
#include <groups/service.hpp>
#include <handlers/context.hpp>
#include <handlers/dispatch.hpp>
#include <handlers/reply.hpp>
#include <log/log.hpp>
#include <log/rising_count.hpp>
#include <partitions/cold_reads.hpp>
#include <partitions/directory.hpp>
#include <partitions/follower_reads.hpp>
#include <partitions/state_keeper.hpp>
#include <settings/exit.hpp>
#include <settings/settings.hpp>
#include <snapshots.hpp>

#include <chronik/base/ids.hpp>
#include <chronik/base/random.hpp>
#include <chronik/node/concepts.hpp>
#include <chronik/node/host_options.hpp>
#include <chronik/raft/configuration.hpp>
#include <chronik/wal/settled_reader.hpp>

#include <asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace broker {

/// The limits and times of the replicated logs that the settings stand for.
chronik::host_options host_options_of(settings const& config);

/// Everything of a broker that decides: the replicated logs, the partitions, the cluster, the groups, the handlers, and
/// what ties them together. It touches nothing of the operating system but through what it is given.
///
/// The process puts it between sockets, threads and signals (server/broker.hpp); the deterministic world runs several
/// in virtual time (tests/broker_world).
/// threads   the loop's
class engine {
public:
    /// founders      the members that the metadata group began with; blank on a node that joins
    /// known         what this node's disk says of the others
    /// incarnation   larger than that of any earlier start
    /// states        opens the folder of the partitions' states
    /// memory        what it has of settled records
    struct parts {
        settings const& config;
        log_writer& lines;
        event_loop& loop;
        journal& stored;
        metadata_snapshots& snapshots_of_metadata;
        environment::links& links;
        environment::lanes& lanes;
        chronik::host_options limits;
        chronik::raft::configuration founders;
        stored_nodes known;
        std::uint64_t incarnation;
        partitions::state_keeper::opener states;
        partitions::file_memory memory;
        std::function<void()> request_turn;
        /// Slow work that nobody waits for, and what to do on the loop when it is done.
        std::function<void(chronik::task, chronik::task)> keep_house;
        /// Brings into memory what clients and followers wait for, on a lane that is free; see partitions::cold_reads.
        std::function<void(std::size_t, chronik::task, chronik::task)> read;
        /// The cluster has its id, now or since long.
        std::function<void(std::string const&)> know_cluster;
        /// This node cannot go on.
        std::function<void(exit_code, std::string const&)> fail;
        std::function<void(chronik::trace_event const&)> trace;  ///< empty: nobody listens
    };
    struct seeds {
        std::uint64_t host, cluster, ids, groups;
    };
    struct counters {
        std::uint64_t elections = 0;
        std::uint64_t leader_changes = 0;
    };

    engine(parts use, seeds chance);
    ~engine();
    engine(engine const&) = delete;
    engine& operator=(engine const&) = delete;

    /// Takes up what the last life has left, opens the metadata and begins to join. errors   the storage's
    chronik::result<void> start();

    /// A frame of another node.
    void on_frame(chronik::node_id from, std::uint8_t channel, chronik::shared_bytes body);
    /// A client's request, whole and without its length.
    void serve(caller const& from, chronik::shared_bytes const& body, reply to) {
        handlers::dispatch(context_, from, body, std::move(to), dispatched_);
    }
    /// What is looked at again and again. Call every few milliseconds: deadlines are noticed so late.
    void sweep(chronik::time_point now);

    /// Says that this broker stops, hands over what it leads, and sends those that wait to others.
    asio::awaitable<void> leave(chronik::time_point deadline);
    /// Nothing new is begun.
    void stop() { cluster_.stop(); }
    /// Here and now, with the loop over: what the partitions have built up, for the next start.
    void write_states() { states_.write_last(); }
    /// Whoever still waits is dropped, and with that its connection closed.
    void drop_waiting();

    host& logs() { return logs_; }
    host const& logs() const { return logs_; }
    partitions::directory& replicas() { return partitions_; }
    cluster& members() { return cluster_; }
    cluster const& members() const { return cluster_; }
    groups::service& consumers() { return groups_; }
    partitions::cold_reads const& cold() const { return cold_; }
    handlers::traffic const& moved() const { return context_.moved; }
    handlers::dispatch_metrics const& dispatched() const { return dispatched_; }
    counters const& counted() const { return counted_; }

private:
    void on_event(chronik::group_id group, chronik::raft::event const& happened);
    void on_applied(chronik::group_id group);
    /// What of a group's log is settled, from the run with this entry on.
    std::span<chronik::wal::settled_run_ptr const> settled_from(chronik::group_id group, chronik::log_index at) const;
    asio::awaitable<bool> hand_over(chronik::time_point deadline);
    /// In the log, if the journal waits for something that the machine is short of.
    void tell_shortage(chronik::time_point now);

    parts use_;
    logger log_;
    chronik::random chance_;
    group_events events_;
    deadlines timeouts_;
    deadlines polls_;
    snapshots snapshots_;
    host logs_;
    partitions::directory partitions_;
    cleaning::cleaner cleaner_;
    partitions::state_keeper states_;
    partitions::cold_reads cold_;
    partitions::follower_reads followers_;
    cluster cluster_;
    producer_ids producer_ids_;
    groups::service groups_;
    handlers::context context_;
    handlers::dispatch_metrics dispatched_;
    counters counted_;

    rising_count no_space_;
    rising_count no_descriptors_;
    chronik::time_point next_look_{};
    chronik::time_point next_retention_{};
    bool look_due_ = false;
};

}  // namespace broker
