// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>
#include <chronik/raft/election.hpp>

#include <algorithm>
#include <cstdint>
#include <map>

namespace chronik::testing {

/// What can be done to a simulated node, short of a power cut: the part of testing::cluster that hurts.
///
/// World   the cluster, which inherits from this
template <class World>
class harm {
public:
    void isolate(node_id which) { world().links().isolate(which, world().nodes()); }

    /// The device hangs: nothing that is handed to it from now on begins before `time` has passed.
    void stall_disk(node_id which, duration time) {
        if (!world().is_running(which)) return;
        auto& of = world().life_of(which);
        of.stalled_until = world().now() + time;
        of.work.stall(of.stalled_until);
    }

    /// The process is stopped and goes on after `time`, as one that swaps, or whose machine is moved: frames wait in
    /// its buffers, and its timers are late. What its disk was doing ends meanwhile.
    void freeze(node_id which, duration time) {
        if (!world().is_running(which)) return;
        time_point& until = world().life_of(which).frozen_until;
        until = std::max(until, world().now() + time);
    }

    /// The clock of a node runs too fast by this many millionths from now on, until the node starts again.
    void skew(node_id which, std::int64_t ppm) {
        if (!world().is_running(which)) return;
        world().life_of(which).shows.run_at(ppm, world().now());
        world().arm(which, world().life_of(which));
    }

    /// The node goes down and has an empty disk; it comes back as one that was never there, and what it said before may
    /// come late. Only where no group counts on what it had: it was no member yet, or has left. Give it a vote again
    /// only when it has learnt the log (raft::promotion::when_caught_up): before that it abstains, and a group that
    /// needs its vote would wait for ever.
    ///
    /// returns   false, and nothing was done, if somebody may still count on it, or it is a witness: those do not learn
    ///           before they vote
    bool wipe(node_id which) {
        if (world().is_witness(which)) return false;
        std::map<group_id, raft::log_position> behind;
        for (group_id group : world().groups()) {
            auto const left = world().observed().allowed.left_at(which, group);
            if (!left || is_counted_on(which, group, left->index)) return false;
            behind.emplace(group, *left);
        }
        world().crash(which);
        world().replace_disk(which, behind);
        ++wiped_;
        return true;
    }
    std::uint64_t wiped_count() const { return wiped_; }

    /// The disk or the process of a node that runs does nothing now.
    bool is_stuck(node_id which) {
        if (!world().is_running(which)) return false;
        auto const& of = world().life_of(which);
        return std::max(of.stalled_until, of.frozen_until) > world().now();
    }

private:
    World& world() { return static_cast<World&>(*this); }

    /// A node that runs has members of after that index, and it is one of them.
    bool is_counted_on(node_id which, group_id group, log_index since) {
        return std::ranges::any_of(world().nodes(), [&](node_id node) {
            auto const* const open = world().group_on(node, group);
            return open != nullptr && open->core.members_index() > since && open->core.members().contains(which);
        });
    }

    std::uint64_t wiped_ = 0;
};

}  // namespace chronik::testing
