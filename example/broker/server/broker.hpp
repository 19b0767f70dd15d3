// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <admin/command_gate.hpp>
#include <admin/http.hpp>
#include <admin/snapshot.hpp>
#include <cleaning/cleaner.hpp>
#include <cluster/cluster.hpp>
#include <cluster/deadlines.hpp>
#include <cluster/producer_ids.hpp>
#include <composition.hpp>
#include <environment.hpp>
#include <groups/service.hpp>
#include <handlers/context.hpp>
#include <handlers/dispatch.hpp>
#include <log/log.hpp>
#include <log/raft_trace.hpp>
#include <partitions/beginning.hpp>
#include <partitions/cold_reads.hpp>
#include <partitions/directory.hpp>
#include <partitions/state_keeper.hpp>
#include <server/identity.hpp>
#include <server/listener.hpp>
#include <settings/exit.hpp>
#include <settings/settings.hpp>

#include <chronik/net/host_driver.hpp>
#include <chronik/node/concepts.hpp>
#include <chronik/posix/directory.hpp>
#include <chronik/posix/io_thread.hpp>

#include <asio/awaitable.hpp>
#include <asio/signal_set.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace broker {

/// The page cache.
partitions::file_memory memory_of_system();

/// One broker process: everything it is made of, in the order in which it depends on each other.
///
/// One thread runs the event loop: connections, Raft, metadata, handlers. Two threads do the journal's blocking work,
/// others read what is not in memory, and HTTP is answered by threads of its own from snapshots.
class broker_node {
public:
    /// Recovers the journal and opens all listeners. errors   one line that says what to change
    static startup<std::unique_ptr<broker_node>> open(settings config, log_writer& lines,
                                                      partitions::file_memory memory = memory_of_system());
    ~broker_node();

    /// Runs until a signal asks it to stop, or until storage fails.
    exit_code run();

private:
    struct seeds {
        std::uint64_t journal, transport, host, cluster, ids, groups;
    };

    broker_node(settings config, log_writer& lines, std::unique_ptr<raft_trace> trace, data_directory data,
                std::unique_ptr<chronik::posix::directory> where, std::unique_ptr<journal> stored,
                stored_nodes known, seeds chance, partitions::file_memory memory);

    startup<void> listen();
    startup<void> open_http();
    /// What an operator asks for, on the loop.
    asio::awaitable<void> administer(admin::command what, admin::command_gate::answered done);
    void on_frame(chronik::node_id from, std::uint8_t channel, chronik::shared_bytes body);
    void on_event(chronik::group_id group, chronik::raft::event const& happened);
    void on_applied(chronik::group_id group);
    /// Slow work that nobody waits for, on a thread of its own.
    void keep_house(chronik::task work, chronik::task finished);
    /// Brings into memory what a client waits for, on one of the readers.
    void read(std::size_t lane, chronik::task work, chronik::task finished);
    void fail(exit_code code, std::string const& why);
    void know_cluster(std::string const& text);
    /// Its id, and that there are records that were synced once there are, in the data directory.
    void remember(std::string const& cluster);
    asio::awaitable<void> sweep();
    asio::awaitable<void> wait_for_signal();
    asio::awaitable<void> drain();
    asio::awaitable<bool> hand_over(chronik::time_point deadline);
    void close_journal();
    node_snapshot snapshot();
    cluster_rows rows(metadata::image const& image) const;

    settings config_;
    log_writer& lines_;
    logger log_;
    std::unique_ptr<raft_trace> trace_;  ///< if there is to be one
    data_directory data_;
    std::unique_ptr<chronik::posix::directory> where_;  ///< outlives the journal, which points to it
    std::unique_ptr<journal> journal_;
    chronik::random chance_;
    budget memory_;
    connection_metrics connections_;
    published<node_snapshot> status_;

    event_loop loop_;
    chronik::posix::io_lanes lanes_;
    group_events events_;
    chronik::net::tcp_transport links_;
    deadlines timeouts_;
    deadlines polls_;
    chronik::net::host_driver<host> driver_;
    partitions::beginnings beginnings_;
    host logs_;
    partitions::directory partitions_;
    chronik::posix::io_thread housekeeping_;
    cleaning::cleaner cleaner_;
    partitions::state_keeper states_;
    std::deque<chronik::posix::io_thread> readers_;
    partitions::cold_reads cold_;
    cluster cluster_;
    producer_ids producer_ids_;
    groups::service groups_;
    handlers::context context_;
    handlers::dispatch_metrics dispatched_;
    listener clients_;
    asio::signal_set signals_;
    admin::command_gate commands_;
    std::optional<http_server> http_;

    node_phase phase_ = node_phase::starting;
    chronik::time_point started_;
    exit_code exit_ = exit_code::clean;
    std::uint64_t elections_ = 0;
    std::uint64_t leader_changes_ = 0;
    bool look_due_ = false;
    bool stopping_ = false;
};

}  // namespace broker
