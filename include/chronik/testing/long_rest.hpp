// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/base/time.hpp>
#include <chronik/raft/options.hpp>
#include <chronik/raft/rest.hpp>
#include <chronik/testing/fault.hpp>
#include <chronik/testing/findings.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <system_error>

namespace chronik::testing {

/// A healed cluster is left alone until its groups rest, for longer than anybody waits for a leader. Then each group is
/// asked for something: whoever led it leads on, and answers within a few ways there and back.
///
/// An election breaks no promise of Raft's, so no other check looks whether one was needed.
/// World   testing::cluster, after expect_recovery()
template <class World>
class long_rest {
public:
    using command_maker = std::function<shared_bytes()>;

    /// settles_max   for every group to have a leader that all its members follow
    long_rest(World& world, duration settles_max) : world_(&world), settles_max_(settles_max) {}

    /// Twice: once each group is given a command, once it is read. Breaches are in the world's violations().
    void expect_answers(command_maker const& command) {
        // What comes late from the time before would hurt this one.
        world_->links().lose_what_is_under_way();
        if (!settle()) return world_->watch().report("not every member follows a leader, and nobody hurts the cluster");
        for (group_id group : world_->groups()) led_[group] = leadership_of(world_->leader_of(group), group);
        ask("a command", [&](group_id group, auto done) {
            return world_->propose(group, command(), 1, [done](auto const& told) { done(told.error); }).has_value();
        });
        ask("a read", [&](group_id group, auto done) {
            return world_->read_at(led_[group].node, group, done).has_value();
        });
    }

    /// Groups that rested when they were asked, each counted once for each question.
    std::uint64_t rested() const { return rested_; }

    /// A write may wait for another one's sync on each of two disks, one after the other where there are witnesses; and
    /// a read for a round of heartbeats that is under way.
    duration answer_max() const {
        auto const& options = world_->options();
        return (options.network.delay_max + options.sync_time_max) * 8;
    }

private:
    struct leadership {
        node_id node;
        log_term term;

        bool operator==(leadership const&) const = default;
    };
    using asked_groups = std::set<group_id>;

    raft::options const& limits() const { return world_->options().host.raft; }

    leadership leadership_of(node_id node, group_id group) {
        auto const* const open = node == no_node ? nullptr : world_->group_on(node, group);
        if (open == nullptr || !open->is_leader()) return {};
        return {node, open->core.term()};
    }

    /// Calls `look(core)` for each member that runs, the leader too, until one of them does not please it. A node that
    /// is lost or down has no say.
    template <class Look>
    bool all_members(group_id group, node_id leader, Look look) {
        auto const& members = world_->group_on(leader, group)->core.members();
        return std::ranges::all_of(world_->nodes(), [&](node_id node) {
            auto const* const open = members.contains(node) ? world_->group_on(node, group) : nullptr;
            return open == nullptr || look(open->core);
        });
    }

    bool is_followed(group_id group) {
        auto const led = leadership_of(world_->leader_of(group), group);
        if (led == leadership{} || !world_->group_on(led.node, group)->core.can_serve()) return false;
        return all_members(group, led.node, [&](auto const& core) {
            return core.leader() == led.node && core.term() == led.term;
        });
    }
    /// Nobody is in a newer term either: an election that was lost has disturbed as well.
    bool leads_on(group_id group) {
        leadership const before = led_[group];
        if (leadership_of(before.node, group) != before) return false;
        return all_members(group, before.node, [&](auto const& core) { return core.term() == before.term; });
    }
    bool all_lead_on() {
        return std::ranges::all_of(world_->groups(), [this](group_id group) { return leads_on(group); });
    }

    /// Until every group has been followed for longer than anybody waits for a leader. A fault from before may be told
    /// only now, and takes its node down.
    bool settle() {
        time_point const end = world_->now() + settles_max_;
        duration const calm = limits().election_timeout_max * 2;
        for (time_point since = world_->now(); world_->now() - since < calm;) {
            if (world_->now() >= end) return false;
            world_->run_for(limits().heartbeat_interval);
            for (node_id each : world_->nodes()) world_->restart(each);
            auto const followed = [this](group_id group) { return is_followed(group); };
            if (!std::ranges::all_of(world_->groups(), followed)) since = world_->now();
        }
        return true;
    }

    /// begin   (group, done) -> whether it was taken up; done(error) when it is over
    template <class Begin>
    void ask(char const* what, Begin begin) {
        if (!world_->violations().empty()) return;
        world_->run_for(limits().election_timeout_max * 4);
        expect_leaders("while nobody asked for anything");
        for (group_id group : world_->groups()) {
            auto const* const open = world_->group_on(led_[group].node, group);
            rested_ += open != nullptr && open->core.resting() != raft::resting{} ? 1U : 0U;
        }
        if (!world_->violations().empty()) return;

        auto const waiting = std::make_shared<asked_groups>();
        for (group_id group : world_->groups()) {
            waiting->insert(group);
            auto const done = [waiting, group](std::error_code error) {
                if (!error) waiting->erase(group);
            };
            if (!begin(group, done)) report(group, std::string{"refuses "} + what + " after a rest");
        }
        world_->run_until([&] { return waiting->empty() || !all_lead_on(); }, answer_max());
        expect_leaders(std::string{"when it was asked for "} + what + " after a rest");
        for (group_id group : *waiting) {
            report(group, std::string{"has not answered "} + what + " after a rest within " + to_string(answer_max()));
        }
        world_->run_for(limits().election_timeout_max * 2);
        expect_leaders(std::string{"since it was asked for "} + what + " after a rest");
    }

    void expect_leaders(std::string const& when) {
        for (group_id group : world_->groups()) {
            if (leads_on(group)) continue;
            report(group, "another election was held " + when + ", and nobody hurt the cluster");
        }
    }
    void report(group_id group, std::string const& what) { world_->watch().report(findings::about(group, what)); }

    World* world_;
    duration settles_max_;
    std::map<group_id, leadership> led_;
    std::uint64_t rested_ = 0;
};

}  // namespace chronik::testing
