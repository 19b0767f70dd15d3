// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../wal/rooflines.hpp"
#include "child_process.hpp"
#include "disk_node.hpp"

#include <chronik/posix/descriptor.hpp>

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace chronik::bench {

/// Both ends of a line between two processes, for a few bytes.
class line {
public:
    line() {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) std::abort();
        parent_ = posix::descriptor{ends[0]};
        child_ = posix::descriptor{ends[1]};
    }
    posix::descriptor const& parent() const { return parent_; }
    posix::descriptor const& child() const { return child_; }
    /// The child has its own: when it dies, nothing is waited for.
    void keep_parent() { child_ = posix::descriptor{}; }

    template <class Value>
    static void tell(posix::descriptor const& end, Value const& value) {
        if (::write(end.number(), &value, sizeof value) != static_cast<ssize_t>(sizeof value)) std::abort();
    }
    /// Whole: so few bytes are never parted.
    template <class Value>
    static Value hear(posix::descriptor const& end) {
        Value value{};
        if (::read(end.number(), &value, sizeof value) != static_cast<ssize_t>(sizeof value)) std::abort();
        return value;
    }

private:
    posix::descriptor parent_;
    posix::descriptor child_;
};

/// A node that follows, in a process of its own.
template <class Lanes>
class follower_process {
public:
    follower_process(node_id self, std::string const& path, wal::options const& limits, std::uint64_t groups)
        : process_([&] {
              disk_node<Lanes> own{self, path, limits};
              line::tell(line_.child(), own.port());
              own.join(line::hear<node_ports>(line_.child()), groups);
              own.loop().run();
          }) {
        line_.keep_parent();
    }

    std::uint16_t port() { return line::hear<std::uint16_t>(line_.parent()); }
    void join(node_ports const& ports) { line::tell(line_.parent(), ports); }

private:
    line line_;
    child_process process_;
};

/// Three nodes on loopback, all with their journals on the disk that TMPDIR names; the first one, which leads, is this
/// process. Made while the process has one thread.
template <class Lanes>
class three_processes {
public:
    explicit three_processes(std::uint64_t groups, wal::options limits = {})
        : second_(node_id{2}, place_.path + "/2", with_spares(limits), groups),
          third_(node_id{3}, place_.path + "/3", with_spares(limits), groups) {
        leader_.emplace(node_id{1}, place_.path + "/1", with_spares(limits));
        node_ports const ports{leader_->port(), second_.port(), third_.port()};
        second_.join(ports);
        third_.join(ports);
        leader_->join(ports, groups);
        leader_->lead_all();
    }

    disk_node<Lanes>& leader() { return *leader_; }
    posix::directory& where() { return place_.where; }

private:
    static wal::options with_spares(wal::options limits) {
        limits.spare_segments = 4;
        return limits;
    }

    scratch place_;
    follower_process<Lanes> second_;
    follower_process<Lanes> third_;
    std::optional<disk_node<Lanes>> leader_;
};

/// As many clients as are wanted, spread over the first groups of a leader: each proposes again as soon as its entry
/// is committed.
template <class Lanes>
class clients {
public:
    clients(disk_node<Lanes>& leader, shared_bytes payload) : leader_(leader), payload_(std::move(payload)) {}

    void start(std::size_t count, std::uint64_t groups) {
        running_ = true;
        for (std::size_t nth = 0; nth < count; ++nth) propose({nth % groups + 1});
        leader_.request_turn();
    }
    /// Those that are under way are waited for, and no others begin.
    void finish() {
        running_ = false;
        while (under_way_ > 0) leader_.loop().run_one();
    }

    std::uint64_t answered() const { return answered_; }
    bool all_committed() const { return !failed_; }

private:
    void propose(group_id group) {
        auto const told = [this, group](auto const& outcome) {
            --under_way_;
            if (outcome.error) failed_ = true; else ++answered_;
            if (running_ && !failed_) propose(group);
        };
        auto const accepted = leader_.host().propose(group, payload_, 1, acknowledge::committed, 0, net::steady_now(),
                                                     told);
        if (accepted) ++under_way_; else failed_ = true;
    }

    disk_node<Lanes>& leader_;
    shared_bytes payload_;
    std::uint64_t answered_ = 0;
    std::size_t under_way_ = 0;
    bool running_ = false;
    bool failed_ = false;
};

}  // namespace chronik::bench
