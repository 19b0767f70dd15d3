// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/concepts.hpp>
#include <chronik/base/overloaded.hpp>
#include <chronik/cluster/coordinator.hpp>
#include <chronik/cluster/movement.hpp>
#include <chronik/testing/cluster.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace chronik::simulation {

/// What a rebalance took.
///
/// partitions   that have other replicas, or another preferred leader, than before
/// replicas     that were made where there was none
/// bytes        that came over the network meanwhile: what was copied, and all that was said about it
/// time         virtual
struct rebalance_cost {
    std::size_t partitions = 0;
    std::size_t replicas = 0;
    std::uint64_t bytes = 0;
    duration time{};
};

/// A cluster of simulated nodes that carries out what a strategy decides: the coordinator plans, and the leader of each
/// partition moves it, as the broker does with its metadata. Hosts, cores and journals are those that run; the metadata
/// are a list here.
///
/// Strategy   assign::rebalancing
template <assign::rebalancing Strategy>
class rebalanced_cluster {
public:
    static constexpr std::uint32_t nodes = 6;
    static constexpr std::uint32_t replicas = 3;
    static constexpr std::uint32_t records = 4;
    static constexpr std::size_t record_bytes = 1024;
    static constexpr std::size_t moves_max = 10;  ///< partitions that move at the same time
    static constexpr duration look_interval = std::chrono::milliseconds{20};
    static constexpr duration patience = std::chrono::minutes{10};

    /// Whether the journals of the nodes have room for so many groups.
    static bool fits(std::uint32_t partitions) { return options(partitions).journal.consistent(); }

    /// The first nodes hold the partitions, each with some records, and their preferred leaders lead.
    ///
    /// holders   how many nodes: all, or all but the last
    rebalanced_cluster(std::uint32_t partitions, std::uint32_t holders)
        : world_(1, options(partitions), [](node_id, group_id) { return counting{}; }) {
        for (std::uint32_t node = 1; node <= holders; ++node) brokers_.push_back({node_id{node}, alive, false});
        auto const placed = Strategy{}.place(members_of(staying()), {}, partitions, replicas);
        if (!placed) {
            fail("cannot be placed: " + placed.error().message());
            return;
        }
        for (auto const& list : placed->partitions) {
            group_id const group{partitions_.size() + 1};
            partitions_.push_back({group, list, {}, list.front()});
            world_.open(group, list.front(), members(list));
        }
        wait([this] { return world_.converged(); }, "the partitions have no leaders");
        for (std::uint32_t each = 0; each < records; ++each) write(std::to_string(each));
        wait([this] { return world_.converged(); }, "the records are not replicated");
    }

    /// The last node joins, and gets its share.
    rebalance_cost join() {
        brokers_.push_back({node_id{nodes}, alive, false});
        return rebalance();
    }
    /// It leaves, and others get what it has.
    rebalance_cost leave() {
        brokers_.back().leaving = true;
        return rebalance();
    }

    std::size_t held_by(node_id node) const {
        return static_cast<std::size_t>(std::ranges::count_if(partitions_, [node](cluster::partition_view const& each) {
            return std::ranges::count(each.replicas, node) != 0;
        }));
    }
    /// Between whoever has most and whoever has least, of those that stay: replicas, or preferred leaders.
    std::size_t replicas_apart() const { return apart([this](node_id node) { return held_by(node); }); }
    std::size_t leaders_apart() const {
        return apart([this](node_id node) {
            return static_cast<std::size_t>(
                std::ranges::count_if(partitions_, [node](auto const& each) { return each.replicas.front() == node; }));
        });
    }

    /// Sentences; empty is good.
    std::vector<std::string> problems() const {
        auto all = problems_;
        all.insert(all.end(), world_.violations().begin(), world_.violations().end());
        return all;
    }

private:
    struct counting {
        using result_type = std::uint64_t;
        std::uint64_t commands = 0;
        result_type apply(entry const&) { return ++commands; }
    };
    using lists = std::vector<std::vector<node_id>>;
    static constexpr auto alive = cluster::broker_state::alive;

    static testing::cluster_options options(std::uint32_t partitions) {
        testing::cluster_options made;
        made.nodes = nodes;
        made.host.raft = {};
        made.host.raft.catch_up_bytes_per_second = std::uint64_t{1} << 20;
        made.journal = {.segment_bytes = std::size_t{1} << 20,
                        .staged_bytes_max = std::size_t{1} << 19,
                        .spare_segments = 1,
                        .idle_segments_max = 1,
                        .segments_max = 256,
                        .groups_max = partitions + 1};
        made.frames_per_node_max = 1'000'000;
        return made;
    }

    static raft::configuration members(std::vector<node_id> const& voters, std::vector<node_id> const& learners = {}) {
        raft::configuration made;
        made.voters = voters;
        made.learners = learners;
        return raft::normalized(std::move(made));
    }
    static std::vector<assign::member> members_of(std::span<node_id const> of) {
        std::vector<assign::member> made;
        for (node_id const node : of) made.push_back({node});
        return made;
    }
    /// A strategy of the library as the coordinator asks for it.
    static auto strategy() {
        return [](std::span<node_id const> of, std::span<cluster::partition_view const> partitions) -> result<lists> {
            std::vector<assign::holding> held;
            for (auto const& each : partitions) held.push_back({each.replicas, replicas});
            auto placed = Strategy{}.rebalance(members_of(of), {}, held);
            if (!placed) return std::unexpected(placed.error());
            return std::move(placed->partitions);
        };
    }

    std::vector<node_id> staying() const {
        std::vector<node_id> made;
        for (auto const& each : brokers_)
            if (!each.leaving) made.push_back(each.node);
        return made;
    }
    template <class CountOf>
    std::size_t apart(CountOf count_of) const {
        std::vector<std::size_t> counts;
        for (node_id const node : staying()) counts.push_back(count_of(node));
        auto const [least, most] = std::ranges::minmax_element(counts);
        return *most - *least;
    }

    void write(std::string const& text) {
        for (auto const& each : partitions_) {
            auto record = std::to_string(each.group.value) + "/" + text;
            record.resize(record_bytes, '.');
            auto const taken = world_.propose(each.group, shared_bytes::copy_of(record), 1);
            if (!taken) fail("a record is refused: " + taken.error().message());
        }
        world_.run_for(look_interval);
    }

    template <class Condition>
    bool wait(Condition holds, char const* otherwise) {
        for (time_point const end = world_.now() + patience; world_.now() < end; world_.run_for(look_interval))
            if (holds()) return true;
        fail(otherwise);
        return false;
    }
    void fail(std::string what) { problems_.push_back(std::move(what)); }

    rebalance_cost rebalance() {
        if (!problems().empty()) return {};
        auto const before = partitions_;
        auto const bytes = world_.links().bytes_delivered();
        time_point const begin = world_.now();
        wait([this] { return look() || !problems_.empty(); }, "it does not come to rest");
        rebalance_cost made{.bytes = world_.links().bytes_delivered() - bytes, .time = world_.now() - begin};
        for (std::size_t at = 0; at < before.size(); ++at) {
            made.partitions += partitions_[at].replicas != before[at].replicas ? 1U : 0U;
            for (node_id const node : partitions_[at].replicas)
                made.replicas += std::ranges::count(before[at].replicas, node) == 0 ? 1U : 0U;
        }
        wait([this] { return std::ranges::all_of(partitions_, [this](auto const& each) { return is_there(each); }); },
             "members are not those that were planned");
        return made;
    }

    /// Plans what has room, and takes the next step of each move.
    ///
    /// returns   whether nothing is left to do
    bool look() {
        for (cluster::partition_view& each : partitions_)
            if (!each.target.empty()) step(each);
        auto const moving = std::ranges::count_if(partitions_, [](auto const& each) { return !each.target.empty(); });
        if (static_cast<std::size_t>(moving) >= moves_max) return false;
        cluster::coordinator const decide{strategy()};
        auto const plan = decide.rebalance(brokers_, partitions_, moves_max);
        if (plan.why == cluster::verdict::refused) fail("refused: " + plan.reason.message());
        for (cluster::wish const& each : plan.wishes) partitions_[each.group.value - 1].target = each.target;
        return plan.why == cluster::verdict::balanced;
    }

    void step(cluster::partition_view& of) {
        node_id const leader = world_.leader_of(of.group);
        if (leader == no_node || world_.group_on(leader, of.group)->core.transferring()) return;
        auto const& core = world_.group_on(leader, of.group)->core;
        std::vector<node_id> caught_up{leader};
        for (auto const& peer : core.peers(world_.now_on(leader)))
            if (peer.match >= core.commit_index()) caught_up.push_back(peer.node);
        cluster::group_view const view{.voters = core.members().voters,
                                       .learners = core.members().learners,
                                       .settled = core.members_settled() && core.can_serve(),
                                       .caught_up = caught_up};
        std::visit(overloaded{[](cluster::wait const&) {},
                              [&](cluster::change const& to) { change(of, leader, caught_up, to); },
                              [&](cluster::finish const&) { finish(of, leader); }},
                   cluster::next_step(of.target, replicas, view));
    }

    /// A leader that is no member any more afterwards hands over first, to somebody who stays.
    void change(cluster::partition_view const& of, node_id leader, std::vector<node_id> const& caught_up,
                cluster::change const& to) {
        auto const& now = world_.group_on(leader, of.group)->core.members();
        if (std::ranges::count(to.voters, leader) == 0) {
            for (node_id const heir : of.target) {
                bool const can_lead = now.is_voter(heir) && std::ranges::count(caught_up, heir) != 0;
                if (can_lead && hand_over(of.group, leader, heir)) return;
            }
        }
        world_.change_members(of.group, members(to.voters, to.learners));
    }
    void finish(cluster::partition_view& of, node_id leader) {
        if (leader != of.target.front() && hand_over(of.group, leader, of.target.front())) return;
        for (node_id const node : of.replicas)
            if (std::ranges::count(of.target, node) == 0) world_.host_of(node).remove_group(of.group);
        of.replicas = std::exchange(of.target, {});
        of.leader = leader;
    }
    /// Once in a term: a replica that cannot take over must not hold the move up.
    bool hand_over(group_id group, node_id leader, node_id to) {
        log_term const term = world_.group_on(leader, group)->core.term();
        if (std::exchange(asked_[group], term) == term) return false;
        world_.transfer(group, to);
        return true;
    }

    bool is_there(cluster::partition_view const& of) {
        node_id const leader = world_.leader_of(of.group);
        return leader != no_node && world_.group_on(leader, of.group)->core.members() == members(of.replicas);
    }

    testing::cluster<counting> world_;
    std::vector<cluster::broker_view> brokers_;
    std::vector<cluster::partition_view> partitions_;
    std::map<group_id, log_term> asked_;  ///< in which a handover was tried
    std::vector<std::string> problems_;
};

}  // namespace chronik::simulation
