// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/node/read_queue.hpp>
#include <chronik/raft/configuration.hpp>
#include <chronik/testing/client_history.hpp>
#include <chronik/testing/findings.hpp>

#include <cstdint>
#include <system_error>
#include <utility>

namespace chronik::testing {

/// What else can be asked of a simulated cluster than to propose: the part of testing::cluster that writes no command.
///
/// World   the cluster, which inherits from this
template <class World>
class calls {
public:
    /// Hands the leadership of a group to another node, if somebody leads it.
    void transfer(group_id group, node_id target) {
        node_id const leader = world().leader_of(group);
        if (leader == no_node) return;
        static_cast<void>(world().host_of(leader).transfer(group, target, world().now_on(leader)));
        world().request_turn(leader);
    }

    /// Changes the members of a group, if somebody leads it and may do so now.
    void change_members(group_id group, raft::configuration target) {
        node_id const leader = world().leader_of(group);
        if (leader == no_node) return;
        auto const begun = world().host_of(leader).change_members(group, std::move(target), world().now_on(leader));
        changes_ += begun ? 1U : 0U;
        world().request_turn(leader);
    }

    /// Reads at a node that runs, which may be any; what it has seen goes to the checkers, and that it has to `done` if
    /// there is one.
    ///
    /// errors   as of host::read: then nothing was read, and `done` is not called
    result<void> read_at(node_id at, group_id group, read_done done = {}) {
        auto const which = world().observed().clients.asked(group);
        log_index const floor = world().observed().allowed.last_committed(group);
        auto heard = [this, at, group, which, floor, done = std::move(done)](std::error_code error) mutable {
            if (!error) has_read(at, group, which, floor);
            if (done) done(error);
        };
        auto const begun = world().host_of(at).read(group, world().now_on(at), std::move(heard));
        world().request_turn(at);
        return begun;
    }

    /// Changes that a leader has begun.
    std::uint64_t changes() const { return changes_; }
    /// Reads that were answered.
    std::uint64_t reads() const { return reads_; }

private:
    World& world() { return static_cast<World&>(*this); }

    void has_read(node_id at, group_id group, client_history::operation which, log_index floor) {
        ++reads_;
        log_index const applied = world().group_on(at, group)->applied;
        world().observed().clients.seen(which, applied);
        world().observed().allowed.has_read(at, group, floor, applied);
        if (world().is_witness(at)) world().watch().report(findings::about(group, "a witness has answered a read"));
    }

    std::uint64_t changes_ = 0;
    std::uint64_t reads_ = 0;
};

}  // namespace chronik::testing
