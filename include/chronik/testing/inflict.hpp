// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/configuration.hpp>
#include <chronik/testing/disk.hpp>
#include <chronik/testing/fault.hpp>
#include <chronik/testing/network.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <system_error>
#include <utility>

namespace chronik::testing {

/// Does to a cluster what faults say, and undoes it when their time is over.
///
/// A node that went down for any reason is started again when no fault keeps it down.
template <class World>
class inflict {
public:
    inflict(World& world, duration look_again) : world_(&world), look_again_(look_again) { look_after_nodes(); }

    void begin(fault const& what) {
        if (over_) return;
        ++counts_[static_cast<std::size_t>(what.what)];
        world_->observed().told.tell(world_->now(), "fault " + to_string(what));
        switch (what.what) {
            case fault_kind::power_cut: return each_of(what.on, [&](node_id node) { cut_power(node, what.lasts); });
            case fault_kind::partition:
                cut(what.on, what.other);
                cut(what.other, what.on);
                return later(what.lasts, [this, what] {
                    mend(what.on, what.other);
                    mend(what.other, what.on);
                });
            case fault_kind::one_way_cut:
                cut(what.on, what.other);
                return later(what.lasts, [this, what] { mend(what.on, what.other); });
            case fault_kind::lossy_links:
                links(what, [&](link_faults& link) { link.loss_percent = static_cast<unsigned>(what.amount); });
                return later(what.lasts, [this, what] {
                    links(what, [](link_faults& link) { link.loss_percent = 0; });
                });
            case fault_kind::slow_links:
                links(what, [&](link_faults& link) { link.slow = duration{static_cast<duration::rep>(what.amount)}; });
                return later(what.lasts, [this, what] { links(what, [](link_faults& link) { link.slow = {}; }); });
            case fault_kind::clogged_links:
                return links(what, [&](link_faults& link) {
                    link.clogged_until = std::max(link.clogged_until, world_->now() + what.lasts);
                });
            case fault_kind::clock_skew:
                return each_of(what.on, [&](node_id node) {
                    world_->skew(node, static_cast<std::int64_t>(what.amount));
                });
            case fault_kind::transfer:
                return each_of(what.on, [&](node_id node) { world_->transfer(group_id{what.amount}, node); });
            case fault_kind::change_members: return world_->change_members(group_id{what.amount}, members_of(what));
            case fault_kind::freeze: return each_of(what.on, [&](node_id node) { world_->freeze(node, what.lasts); });
            case fault_kind::wiped_disk:
                return each_of(what.on, [&](node_id node) {
                    if (world_->wipe(node)) cut_power(node, what.lasts);
                });
            default: return each_of(what.on, [&](node_id node) { hurt_disk(node, what); });
        }
    }

    /// No fault begins any more, and none ends any more.
    void end() { over_ = true; }

    std::array<std::uint64_t, fault_kinds> const& counts() const { return counts_; }

private:
    template <class Do>
    void each_of(node_set set, Do action) {
        for (node_id node : world_->nodes()) {
            if (is_in(node, set)) action(node);
        }
    }
    template <class Do>
    void each_link(node_set from, node_set to, Do action) {
        each_of(from, [&](node_id source) {
            each_of(to, [&](node_id target) {
                if (source != target) action(source, target);
            });
        });
    }
    raft::configuration members_of(fault const& what) {
        raft::configuration made;
        each_of(what.on, [&](node_id node) {
            made.voters.push_back(node);
            if (world_->is_witness(node)) made.witnesses.push_back(node);
        });
        each_of(what.other & ~what.on, [&](node_id node) {
            if (!world_->is_witness(node)) made.learners.push_back(node);
        });
        return made;
    }
    void cut(node_set from, node_set to) {
        each_link(from, to, [this](node_id source, node_id target) { world_->links().cut(source, target); });
    }
    void mend(node_set from, node_set to) {
        each_link(from, to, [this](node_id source, node_id target) { world_->links().mend(source, target); });
    }
    template <class Do>
    void links(fault const& what, Do action) {
        each_link(what.on, what.other,
                  [&](node_id source, node_id target) { action(world_->links().link(source, target)); });
    }

    template <class Do>
    void later(duration time, Do action) {
        world_->events().after(time, [this, action = std::move(action)]() mutable {
            if (!over_) action();
        });
    }

    void cut_power(node_id node, duration time) {
        time_point& until = down_until_[node];
        until = std::max(until, world_->now() + time);
        world_->crash(node);
        later(time, [this, node] { start(node); });
    }
    void start(node_id node) {
        if (world_->now() >= down_until_[node]) world_->restart(node);
    }

    void hurt_disk(node_id node, fault const& what) {
        disk& medium = world_->disk_of(node);
        auto const heal = [this, node] { world_->disk_of(node).heal(); };
        switch (what.what) {
            case fault_kind::disk_stall: return world_->stall_disk(node, what.lasts);
            case fault_kind::disk_full:
                medium.limit_bytes(medium.bytes_used() + what.amount);
                return later(what.lasts, [this, node] {
                    world_->disk_of(node).limit_bytes(std::numeric_limits<std::uint64_t>::max());
                });
            case fault_kind::failing_write:
                medium.fail(disk_operation::write, what.amount + 1, std::errc::io_error);
                return later(what.lasts, heal);
            case fault_kind::failing_sync:
                medium.fail(disk_operation::sync, what.amount + 1, std::errc::io_error);
                return later(what.lasts, heal);
            case fault_kind::rot: return static_cast<void>(medium.rot());
            case fault_kind::misdirected_write: return medium.misdirect();
            default: return;
        }
    }

    void look_after_nodes() {
        later(look_again_, [this] {
            for (node_id node : world_->nodes()) start(node);
            look_after_nodes();
        });
    }

    World* world_;
    duration look_again_;
    bool over_ = false;
    std::map<node_id, time_point> down_until_;
    std::array<std::uint64_t, fault_kinds> counts_{};
};

}  // namespace chronik::testing
