// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>
#include <chronik/raft/replication.hpp>
#include <chronik/testing/disk.hpp>
#include <chronik/testing/findings.hpp>
#include <chronik/testing/network.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

namespace chronik::testing {

/// What a simulated cluster must do once nobody hurts it any more: the part of testing::cluster that looks at the
/// whole of it.
///
/// World   the cluster, which inherits from this
template <class World>
class peace {
public:
    /// Ends partitions, losses, faults of disks, and crashes. Delays stay.
    void heal() {
        world().links().heal();
        network_faults const& calm = world().options().network;
        world().links().set_faults({.delay_min = calm.delay_min, .delay_max = calm.delay_max});
        for (node_id each : world().nodes()) heal_node(each);
    }

    /// The node runs, and its disk works.
    void heal_node(node_id which) {
        disk& medium = world().disk_of(which);
        medium.cancel_power_off();
        medium.heal();
        medium.limit_bytes(std::numeric_limits<std::uint64_t>::max());
        if (!medium.has_power() || world().is_stuck(which)) world().crash(which);
        world().restart(which);
    }

    /// The node that leads in the newest term, or no_node.
    node_id leader_of(group_id group) {
        node_id leader = no_node;
        log_term newest;
        for (node_id each : world().nodes()) {
            auto const* open = world().group_on(each, group);
            if (open == nullptr || !open->is_leader() || open->core.term() < newest) continue;
            leader = each;
            newest = open->core.term();
        }
        return leader;
    }

    /// No change of members is under way, nobody is in doubt, and every member that is not lost runs and has applied
    /// all there is in every log.
    bool converged() {
        for (group_id group : world().groups()) {
            node_id const leader = leader_of(group);
            if (leader == no_node || !world().group_on(leader, group)->core.can_serve()) return false;
            auto const& members = world().group_on(leader, group)->core.members();
            if (!world().group_on(leader, group)->core.members_settled() || !members.promoting.empty()) return false;
            if (!members.is_voter(leader)) return false;
            log_index const last = world().group_on(leader, group)->core.last_index();
            for (node_id each : world().nodes()) {
                if (world().is_lost(each) || !members.contains(each)) continue;
                auto const* open = world().group_on(each, group);
                if (open == nullptr || open->applied != last || open->core.durable_index() != last) return false;
                if (open->core.doubt() != no_doubt) return false;
            }
        }
        return true;
    }

    /// Heals, and expects every node to reach the end of every log within `limit`, with equal logs and all that was
    /// acknowledged. Breaches are in violations().
    void expect_recovery(duration limit) {
        heal();
        auto const peaceful = [this] {
            // A fault from before may be told only now, and takes its node down.
            for (node_id each : world().nodes()) world().restart(each);
            return converged() || !world().violations().empty();
        };
        if (!world().run_until(peaceful, limit)) {
            world().watch().report("not every node has caught up after everything was healed");
        }
        for (group_id group : world().groups()) {
            node_id const leader = leader_of(group);
            for (node_id each : world().nodes()) {
                if (leader != no_node && world().group_on(each, group) != nullptr) expect_equal(group, leader, each);
            }
        }
    }

private:
    World& world() { return static_cast<World&>(*this); }

    void expect_equal(group_id group, node_id leader, node_id each) {
        auto const& one = *world().group_on(leader, group);
        auto const& other = *world().group_on(each, group);
        if (!one.core.members().contains(each)) return;
        bool const witness = one.core.members().is_witness(each);
        if (!witness) world().watch().expect_all_acknowledged(each, group);
        std::string const nodes = "of nodes " + std::to_string(leader.value) + " and " + std::to_string(each.value);
        using machine_type = std::remove_cvref_t<decltype(one.machine.own())>;
        if constexpr (std::equality_comparable<machine_type>) {
            bool const same = one.applied != other.applied || one.machine.own() == other.machine.own();
            if (!witness && !same) world().watch().report(findings::about(group, "the machines " + nodes + " differ"));
        }
        log_index const begin = std::max(one.core.base_index(), other.core.base_index()) + 1;
        for (log_index at = begin; at <= std::min(one.core.last_index(), other.core.last_index()); ++at) {
            auto const left = one.core.entry_at(at);
            auto const right = other.core.entry_at(at);
            if (left && right && (witness ? raft::without_payload(*left) : *left) == *right) continue;
            return world().watch().report(
                findings::about(group, "the logs " + nodes + " differ at index " + std::to_string(at.value)));
        }
    }
};

}  // namespace chronik::testing
