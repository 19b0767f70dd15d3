// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "counting.hpp"

#include <chronik/net/host_driver.hpp>
#include <chronik/net/tcp_transport.hpp>
#include <chronik/net/timer.hpp>
#include <chronik/node/host.hpp>
#include <chronik/posix/directory.hpp>
#include <chronik/raft/configuration.hpp>
#include <chronik/wal/journal.hpp>

#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

namespace chronik::bench {

inline constexpr std::uint32_t nodes = 3;
/// Where each of them listens.
using node_ports = std::array<std::uint16_t, nodes>;

/// One of three nodes as a program puts it together: a journal on the disk, TCP, and a loop that its thread runs.
///
/// Lanes   where it syncs: posix::io_lanes or posix::loop_lane
template <class Lanes>
class disk_node {
public:
    using journal_type = wal::journal<posix::directory>;
    using bag_type = policies<use<slot::storage, journal_type&>, use<slot::transport, net::tcp_transport&>,
                              use_type<slot::machine, counting>, use<slot::executor, Lanes&>>;
    using host_type = chronik::host<bag_type>;

    disk_node(node_id self, std::string const& path, wal::options const& limits)
        : files_(*posix::directory::open_exclusive(path)), journal_(*journal_type::open(files_, limits, self.value)),
          lanes_([this](Lanes::task done) { asio::post(loop_, std::move(done)); }), driver_(loop_),
          tcp_(loop_, self, {}, {driver_.receiver(), driver_.peer_watch(), {}}, self.value),
          host_(self, bag_type{{journal_}, {tcp_}, {}, {lanes_}}, {}, self.value, [this] { driver_.request_turn(); }),
          self_(self), housekeeping_(loop_) {
        if (!tcp_.listen("127.0.0.1", 0)) std::abort();
    }

    asio::io_context& loop() { return loop_; }
    host_type& host() { return host_; }
    std::uint16_t port() const { return tcp_.port(); }
    /// Call it after proposals.
    void request_turn() { driver_.request_turn(); }

    /// Opens `groups` groups of all three; node 1 is to lead them.
    void join(node_ports const& ports, std::uint64_t groups) {
        raft::configuration const all{.voters = {node_id{1}, node_id{2}, node_id{3}}, .learners = {}};
        for (std::uint32_t number = 1; number <= nodes; ++number) {
            if (node_id{number} != self_) tcp_.add_peer({node_id{number}, "127.0.0.1", ports[number - 1]});
        }
        for (std::uint64_t group = 1; group <= groups; ++group) {
            auto const opened =
                host_.open_group({group}, all, counting{}, self_ == node_id{1}, net::steady_now());
            if (!opened) std::abort();
        }
        groups_ = groups;
        driver_.drive(host_);
        keep_house();
    }

    /// Runs the loop until this node leads all of them, and the others are there.
    void lead_all() {
        while (!tcp_.connected(node_id{2}) || !tcp_.connected(node_id{3})) loop_.run_one();
        for (std::uint64_t group = 1; group <= groups_; ++group) {
            while (!host_.find({group})->core.can_serve()) loop_.run_one();
        }
    }

private:
    static constexpr std::size_t segments_kept_max = 3;
    static constexpr int groups_at_once = 64;

    /// Nobody takes snapshots here, so old entries are forgotten as soon as all members have them; some groups at a
    /// time, and only when the journal has grown.
    void keep_house() {
        housekeeping_.after(std::chrono::milliseconds{10}, [this] {
            if (journal_.metrics().segments_kept > segments_kept_max) forget_some();
            keep_house();
        });
    }
    void forget_some() {
        for (int nth = 0; nth < groups_at_once; ++nth) {
            next_ = next_ % groups_ + 1;
            if (!journal_.compact({next_}, on_all_nodes(*host_.find({next_})))) std::abort();
        }
        driver_.request_turn();
    }
    static log_index on_all_nodes(typename host_type::group_type const& of) {
        log_index last = std::min(of.applied, of.core.durable_index());
        for (auto const& peer : of.core.peers(net::steady_now())) last = std::min(last, peer.match);
        return last;
    }

    asio::io_context loop_;
    posix::directory files_;
    journal_type journal_;
    Lanes lanes_;
    net::host_driver<host_type> driver_;
    net::tcp_transport tcp_;
    host_type host_;
    node_id self_;
    std::uint64_t groups_ = 0;
    std::uint64_t next_ = 0;  ///< the group that was looked after last
    net::timer housekeeping_;
};

}  // namespace chronik::bench
