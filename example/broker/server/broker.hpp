// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <admin/command_gate.hpp>
#include <admin/http.hpp>
#include <admin/snapshot.hpp>
#include <composition.hpp>
#include <engine/engine.hpp>
#include <environment.hpp>
#include <log/log.hpp>
#include <log/raft_trace.hpp>
#include <log/rising_count.hpp>
#include <partitions/cold_reads.hpp>
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
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace broker {

/// The page cache.
partitions::file_memory memory_of_system();

/// One broker process: the engine, and the files, sockets, threads and signals around it, in the order in which they
/// depend on each other.
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
        std::uint64_t journal, transport;
        engine::seeds inside;
    };

    /// What the disk of this node has, and says of others.
    struct recovered {
        data_directory data;
        std::unique_ptr<chronik::posix::directory> where;
        std::unique_ptr<journal> stored;
        metadata_snapshots states;
        stored_nodes known;
    };

    broker_node(settings config, log_writer& lines, std::unique_ptr<raft_trace> trace, recovered disk, seeds chance,
                std::unique_ptr<partitions::file_memory> pages);

    startup<void> listen();
    startup<void> open_http();
    /// What an operator asks for, on the loop.
    asio::awaitable<void> administer(admin::command what, admin::command_gate::answered done);
    /// Who is told of each step of the replicated logs; empty: nobody.
    std::function<void(chronik::trace_event const&)> tracer();
    /// Slow work that nobody waits for, on a thread of its own.
    void keep_house(chronik::task work, chronik::task finished);
    /// Brings into memory what a client or a follower waits for, on one of the readers.
    void read(std::size_t lane, chronik::task work, chronik::task finished);
    void fail(exit_code code, std::string const& why);
    void know_cluster(std::string const& text);
    /// The cluster's id, and that there are records that were synced once there are, in the data directory.
    void remember();
    asio::awaitable<void> sweep();
    asio::awaitable<void> wait_for_signal();
    asio::awaitable<void> drain();
    void close_journal();
    node_snapshot snapshot();
    cluster_rows rows(metadata::image const& image) const;

    settings config_;
    log_writer& lines_;
    logger log_;
    std::unique_ptr<raft_trace> trace_;  ///< if there is to be one
    data_directory data_;
    std::unique_ptr<partitions::file_memory> pages_;    ///< outlives the journal, which asks it
    std::unique_ptr<chronik::posix::directory> where_;  ///< outlives what points to it: the next two
    std::unique_ptr<journal> journal_;
    metadata_snapshots snapshots_;
    budget memory_;
    connection_metrics connections_;
    published<node_snapshot> status_;

    event_loop loop_;
    environment::lanes lanes_;
    environment::links links_;
    chronik::net::host_driver<host> driver_;
    chronik::posix::io_thread housekeeping_;
    std::deque<chronik::posix::io_thread> readers_;
    engine engine_;
    listener clients_;
    asio::signal_set signals_;
    admin::command_gate commands_;
    std::optional<http_server> http_;

    std::string cluster_;  ///< as far as it is known; the data directory may have to wait for it
    rising_count accepts_failed_;
    node_phase phase_ = node_phase::starting;
    chronik::time_point started_;
    exit_code exit_ = exit_code::clean;
    bool stopping_ = false;
};

}  // namespace broker
