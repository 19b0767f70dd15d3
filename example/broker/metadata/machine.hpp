// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/broker_registry.hpp>
#include <metadata/error.hpp>
#include <metadata/image.hpp>
#include <metadata/image_snapshot.hpp>
#include <metadata/placement_policy.hpp>
#include <metadata/reassignment.hpp>
#include <metadata/topic_rules.hpp>

#include <chronik/base/entry.hpp>
#include <chronik/machine/snapshot.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <utility>
#include <variant>
#include <vector>

namespace broker::metadata {

/// What became of one committed command.
///
/// outcome            none, or the first error among the items
/// items              one per topic or partition of the command, in its order; empty for commands without
/// created, removed   partition groups that came into being and went
/// reconfigured       topics that have other configurations now
/// moved              partitions that have other replicas, or another target, now
/// first_producer_id  of the block that allocate_producer_ids was given
struct applied {
    request_id request;
    log_index index;
    error outcome = error::none;
    std::vector<error> items;
    std::vector<group_id> created;
    std::vector<group_id> removed;
    std::vector<uuid> reconfigured;
    std::vector<group_id> moved;
    std::uint64_t first_producer_id = 0;
};

/// The cluster's metadata as a replicated state machine.
///
/// Every check of the planner that all builds must agree on is made again here: a proposer may be older, newer, or
/// have looked at an older image. Topic configurations are checked for size only: which names exist depends on the
/// build.
class machine {
public:
    using result_type = applied;

    machine() = default;
    machine(machine&&) = default;
    machine& operator=(machine&&) = default;

    result_type apply(chronik::entry const& committed) {
        applied out;
        out.index = committed.index;
        if (!unreadable_) {
            if (auto const command = command_set::decode(committed.payload); command) {
                work_.version = committed.index;
                published_.reset();
                std::visit([&](auto const& what) { out.request = what.request; run(what, out); }, *command);
                for (error const each : out.items)
                    if (out.outcome == error::none) out.outcome = each;
                return out;
            }
            unreadable_ = true;
        }
        out.outcome = error::unreadable;
        return out;
    }

    /// True for ever once a command could not be read: applying the next would make this node differ from the others.
    bool unreadable() const { return unreadable_; }

    /// The state after the last apply(). Made when first asked for, so a batch of commands costs one.
    std::shared_ptr<image const> const& current() const {
        if (!published_) published_ = work_.publish();
        return published_;
    }

    image_view snapshot() const { return image_view{current()}; }
    /// errors   errc::unsupported_version, errc::malformed; then nothing has changed
    chronik::result<void> restore(chronik::shared_bytes const& bytes) {
        auto read = read_image(bytes);
        if (!read) return std::unexpected(read.error());
        work_ = std::move(*read);
        published_.reset();
        unreadable_ = false;
        return {};
    }
    /// What was not applied must not look applied.
    bool takes_snapshots() const { return !unreadable_; }

private:
    void run(set_cluster_id const& what, applied& out) {
        if (what.cluster.empty() || what.cluster.size() > cluster_id_bytes_max) {
            out.outcome = error::invalid_request;
        } else if (work_.cluster_id.empty()) {
            work_.cluster_id = what.cluster;
        } else if (work_.cluster_id != what.cluster) {
            out.outcome = error::other_cluster;
        }
    }

    void run(register_broker const& what, applied& out) { out.outcome = enrol(work_, what, out.index); }
    void run(change_broker_status const& what, applied& out) { out.outcome = change_status(work_, what, out.index); }
    void run(change_membership const& what, applied& out) { out.outcome = let_leave(work_, what, out.index); }
    void run(admit_broker const& what, applied& out) { out.outcome = admit(work_, what); }
    void run(replace_broker const& what, applied& out) { out.outcome = replace(work_, what, out.index); }
    void run(request_rebalance const&, applied& out) { detail::request_rebalance(work_, out.index); }

    void run(create_topics const& what, applied& out) {
        if (what.topics.size() > items_per_command_max) { out.outcome = error::limit_reached; return; }
        for (new_topic const& each : what.topics) out.items.push_back(create(each, out));
    }

    error create(new_topic const& wanted, applied& out) {
        if (auto const* const known = work_.find_topic(wanted.name))
            return known->id == wanted.topic_id ? error::none : error::topic_exists;
        if (error const problem = check(wanted); problem != error::none) return problem;

        topic added{wanted.name, wanted.topic_id, {}, wanted.configs, out.index, {}};
        add_partitions(added, wanted.partitions, out);
        work_.set(std::move(added));
        return error::none;
    }

    void add_partitions(topic& to, std::span<new_partition const> wanted, applied& out) {
        to.groups.reserve(to.groups.size() + wanted.size());
        for (auto const& each : wanted) {
            group_id const group = work_.next_group_id;
            ++work_.next_group_id.value;
            auto const index = static_cast<std::uint32_t>(to.groups.size());
            work_.set(partition{group, to.id, index, each.replicas, chronik::no_node, log_term{}, each.replicas});
            to.groups.push_back(group);
            out.created.push_back(group);
        }
    }

    error check(new_topic const& wanted) const {
        if (!name_problem(wanted.name).empty() || work_.find_collision(wanted.name)) return error::invalid_topic_name;
        if (wanted.topic_id.is_zero() || work_.find_topic(wanted.topic_id)) return error::invalid_request;
        if (wanted.partitions.empty() || wanted.partitions.size() > partitions_per_topic_max)
            return error::invalid_partitions;
        if (work_.topic_count() >= topics_max || work_.partition_count() + wanted.partitions.size() > partitions_max)
            return error::limit_reached;
        if (!configs_fit(wanted.configs)) return error::invalid_config;
        for (new_partition const& each : wanted.partitions)
            if (error const problem = check_replicas(each.replicas); problem != error::none) return problem;
        return error::none;
    }

    error check_replicas(std::span<node_id const> replicas) const {
        if (replicas.empty() || replicas.size() > replicas_per_partition_max) return error::invalid_replication_factor;
        if (!all_different(replicas)) return error::invalid_replica_assignment;
        auto const known = [&](node_id node) {
            broker_info const* const info = work_.find_broker(node);
            return info && info->status != broker_state::decommissioned;
        };
        return std::ranges::all_of(replicas, known) ? error::none : error::invalid_replica_assignment;
    }

    void run(delete_topics const& what, applied& out) {
        if (what.topics.size() > items_per_command_max) { out.outcome = error::limit_reached; return; }
        for (uuid const& id : what.topics) {
            auto const* const known = work_.find_topic(id);
            out.items.push_back(known ? error::none : error::unknown_topic);
            if (!known) continue;
            out.removed.insert(out.removed.end(), known->groups.begin(), known->groups.end());
            work_.erase(uuid{id});
        }
    }

    void run(change_configs const& what, applied& out) {
        if (what.topics.size() > items_per_command_max) { out.outcome = error::limit_reached; return; }
        for (config_change const& each : what.topics) out.items.push_back(configure(each, out));
    }

    error configure(config_change const& wanted, applied& out) {
        topic const* const known = work_.find_topic(wanted.topic_id);
        if (!known) return error::unknown_topic;
        if (known->configs_at != wanted.base) return error::superseded;
        if (!configs_fit(wanted.configs)) return error::invalid_config;
        topic changed = *known;
        changed.configs = wanted.configs;
        changed.configs_at = out.index;
        // What is against the new policy has to move; who reads a policy how is the planner's business.
        if (policy_text(known->configs) != policy_text(wanted.configs)) work_.balance.since = out.index;
        work_.set(std::move(changed));
        out.reconfigured.push_back(wanted.topic_id);
        return error::none;
    }

    void run(create_partitions const& what, applied& out) {
        if (what.topics.size() > items_per_command_max) { out.outcome = error::limit_reached; return; }
        for (partition_growth const& each : what.topics) out.items.push_back(grow(each, out));
    }

    error grow(partition_growth const& wanted, applied& out) {
        topic const* const known = work_.find_topic(wanted.topic_id);
        if (!known) return error::unknown_topic;
        if (known->grown_by == out.request && wanted.partitions.empty()) return error::none;
        if (known->groups.size() != wanted.first) return error::superseded;
        std::size_t const added = wanted.partitions.size();
        if (added == 0 || added > partitions_per_topic_max || known->groups.size() + added > partitions_per_topic_max)
            return error::invalid_partitions;
        if (work_.partition_count() + added > partitions_max) return error::limit_reached;
        for (new_partition const& each : wanted.partitions)
            if (error const problem = check_replicas(each.replicas); problem != error::none) return problem;
        topic grown = *known;
        grown.grown_by = out.request;
        add_partitions(grown, wanted.partitions, out);
        work_.set(std::move(grown));
        return error::none;
    }

    void run(update_partitions const& what, applied& out) {
        if (what.partitions.size() > items_per_command_max) { out.outcome = error::limit_reached; return; }
        for (partition_update const& each : what.partitions) out.items.push_back(update(each));
    }

    error update(partition_update const& news) {
        partition const* const known = work_.find_partition(news.group);
        if (!known) return error::unknown_partition;
        if (error const problem = check(news, *known, known->replicas); problem != error::none) return problem;
        partition changed = with(*known, news);
        if (changed != *known) work_.set(std::move(changed));
        return error::none;
    }

    static error check(partition_update const& news, partition const& known, std::span<node_id const> among) {
        bool const led = news.leader != chronik::no_node;
        if (news.isr.size() > among.size() || !all_different(news.isr)) return error::invalid_request;
        for (node_id const node : news.isr)
            if (!holds(among, node)) return error::invalid_request;
        if (led && !holds(news.isr, news.leader)) return error::invalid_request;

        if (news.leader_epoch < known.leader_epoch) return error::stale_epoch;
        // A Raft term has at most one leader, so a second one in the same epoch is news from a confused node.
        bool const same_epoch = news.leader_epoch == known.leader_epoch;
        bool const other_leader = led && known.leader != chronik::no_node && news.leader != known.leader;
        return same_epoch && other_leader ? error::stale_epoch : error::none;
    }

    static partition with(partition changed, partition_update const& news) {
        changed.leader = news.leader;
        changed.leader_epoch = news.leader_epoch;
        changed.isr = news.isr;
        return changed;
    }

    void run(alter_reassignments const& what, applied& out) {
        if (what.partitions.size() > items_per_command_max) { out.outcome = error::limit_reached; return; }
        for (reassignment const& each : what.partitions) out.items.push_back(send(each, out));
    }

    error send(reassignment const& wanted, applied& out) {
        partition const* const known = work_.find_partition(wanted.group);
        if (!known) return error::unknown_partition;
        bool const back = wanted.target.empty();
        if (back && !known->is_moving()) return error::no_reassignment;
        auto const& target = back ? known->original : wanted.target;
        if (!back && check_replicas(target) != error::none) return error::invalid_replica_assignment;
        // Asked for twice.
        if (known->target == target) return error::none;
        work_.set(sent_to(*known, target, out.index));
        out.moved.push_back(wanted.group);
        return error::none;
    }

    void run(finish_reassignment const& what, applied& out) {
        if (what.partitions.size() > items_per_command_max) { out.outcome = error::limit_reached; return; }
        for (finished_move const& each : what.partitions) out.items.push_back(finish(each, out));
    }

    error finish(finished_move const& done, applied& out) {
        partition const* const known = work_.find_partition(done.state.group);
        if (!known) return error::unknown_partition;
        if (!known->is_moving() || known->since != done.since) return error::superseded;
        // Who says so leads the group, which has the target's members.
        if (done.state.leader == chronik::no_node) return error::invalid_request;
        if (error const problem = check(done.state, *known, known->target); problem != error::none) return problem;
        work_.set(arrived(with(*known, done.state), done.members_at));
        ++work_.balance.moved;
        out.moved.push_back(done.state.group);
        return error::none;
    }

    void run(plan_moves const& what, applied& out) {
        if (what.partitions.size() > items_per_command_max) { out.outcome = error::limit_reached; return; }
        for (planned_move const& each : what.partitions) {
            partition const* const known = work_.find_partition(each.group);
            auto const is_as_seen = [&] { return each.from == (known->is_moving() ? known->target : known->replicas); };
            bool const as_seen = known && !each.target.empty() && is_as_seen();
            out.items.push_back(as_seen ? send({each.group, each.target}, out) : error::superseded);
        }
    }

    void run(finish_rebalance const& what, applied& out) {
        if (!work_.balance.is_due() || what.since != work_.balance.since) { out.outcome = error::superseded; return; }
        work_.balance.since = {};
        work_.balance.asked = false;
        ++work_.balance.ended;
    }

    void run(allocate_producer_ids const& what, applied& out) {
        broker_info const* const known = work_.find_broker(what.request.node);
        if (!known) { out.outcome = error::unknown_broker; return; }
        if (known->incarnation != what.request.incarnation) { out.outcome = error::stale_incarnation; return; }
        if (what.count == 0 || what.count > producer_ids_per_command_max) {
            out.outcome = error::invalid_request;
            return;
        }
        out.first_producer_id = work_.next_producer_id;
        work_.next_producer_id += what.count;
    }

    static bool all_different(std::span<node_id const> nodes) {
        return std::set<node_id>(nodes.begin(), nodes.end()).size() == nodes.size();
    }

    mutable image work_;
    mutable std::shared_ptr<image const> published_;
    bool unreadable_ = false;
};

static_assert(chronik::machine::snapshottable<machine>, "the metadata machine models snapshottable");

}  // namespace broker::metadata
