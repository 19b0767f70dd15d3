// SPDX-License-Identifier: Apache-2.0
#include <handlers/reassignments.hpp>

#include <handlers/nodes.hpp>
#include <metadata/cluster_load.hpp>
#include <metadata/placing.hpp>
#include <metadata/reassignment.hpp>

#include <chronik/raft/configuration.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace broker::handlers {

namespace {

using wire::error_code;
namespace altering = wire::alter_partition_reassignments;
namespace listing = wire::list_partition_reassignments;

/// No request is remembered for longer, whatever its client asks for.
constexpr std::int32_t timeout_ms_max = 600'000;

std::vector<chronik::node_id> to_nodes(std::vector<std::int32_t> const& ids) {
    std::vector<chronik::node_id> nodes;
    for (auto const id : ids) nodes.push_back(chronik::node_id{id < 0 ? 0U : static_cast<std::uint32_t>(id)});
    return nodes;
}

/// One request: what is wrong with each partition, and the command for the others.
class alteration {
public:
    explicit alteration(altering::request asked) : asked_(std::move(asked)) {
        response_.allow_replication_factor_change = asked_.allow_replication_factor_change;
        for (auto const& topic : asked_.topics) {
            auto& answers = response_.responses.emplace_back();
            answers.name = topic.name;
            answers.partitions.resize(topic.partitions.size());
            for (std::size_t at = 0; at < topic.partitions.size(); ++at)
                answers.partitions[at].partition_index = topic.partitions[at].partition_index;
        }
    }

    /// What is left to do against this image; everything else has its answer then.
    metadata::alter_reassignments plan(metadata::image const& image) {
        metadata::alter_reassignments command;
        metadata::cluster_load load{image};
        members_ = metadata::staying_members(image);
        std::set<std::pair<std::string, std::int32_t>> seen;
        for (std::size_t topic = 0; topic < asked_.topics.size(); ++topic) {
            auto const* const known = image.find_topic(asked_.topics[topic].name);
            for (std::size_t at = 0; at < asked_.topics[topic].partitions.size(); ++at) {
                auto const& wanted = asked_.topics[topic].partitions[at];
                auto& said = response_.responses[topic].partitions[at];
                auto const* const state = find(image, known, wanted.partition_index);
                if (!seen.emplace(asked_.topics[topic].name, wanted.partition_index).second)
                    refuse(said, error_code::invalid_request, "The partition is named more than once.");
                else if (state == nullptr)
                    refuse(said, error_code::unknown_topic_or_partition, "There is no such partition.");
                else if (command.partitions.size() == metadata::items_per_command_max)
                    refuse(said, error_code::policy_violation, "Too many partitions in one request.");
                else if (check(wanted, *state, image, load, said)) {
                    auto target = wanted.replicas ? to_nodes(*wanted.replicas) : std::vector<chronik::node_id>{};
                    load.count(metadata::without(target, state->replicas));
                    command.partitions.push_back({state->group, std::move(target)});
                    places_.push_back(&said);
                }
            }
        }
        return command;
    }

    void take(change_outcome const& outcome) {
        for (std::size_t item = 0; item < places_.size(); ++item) {
            if (!outcome.applied) {
                refuse(*places_[item], error_code::request_timed_out, "It is not known yet whether it was committed.");
                continue;
            }
            auto const& items = outcome.applied->items;
            auto const why = item < items.size() ? items[item] : outcome.applied->outcome;
            if (why != metadata::error::none) refuse(*places_[item], to_kafka(why), std::string{metadata::text(why)});
        }
    }
    void refuse_all(error_code why, char const* message) {
        for (auto& topic : response_.responses)
            for (auto& each : topic.partitions) refuse(each, why, message);
    }

    altering::response const& response() const { return response_; }

private:
    static metadata::partition const* find(metadata::image const& image, metadata::topic const* of,
                                           std::int32_t index) {
        return of == nullptr || index < 0 ? nullptr : image.find_partition(*of, static_cast<std::size_t>(index));
    }
    static void refuse(altering::partition_result& said, error_code why, std::string message) {
        said.error = why;
        said.error_message = std::move(message);
    }

    bool check(altering::partition const& wanted, metadata::partition const& state, metadata::image const& image,
               metadata::cluster_load const& load, altering::partition_result& said) const {
        if (!wanted.replicas) {
            if (state.is_moving()) return true;
            refuse(said, error_code::no_reassignment_in_progress, "No reassignment is in progress.");
            return false;
        }
        auto const target = to_nodes(*wanted.replicas);
        if (auto problem = target_problem(target, image); !problem.empty()) {
            refuse(said, error_code::invalid_replica_assignment, std::move(problem));
            return false;
        }
        auto const policy = metadata::policy_of(image.find_topic(state.topic_id)->configs);
        if (!policy) {
            refuse(said, to_kafka(policy.error().why), policy.error().message);
            return false;
        }
        if (auto breach = metadata::chosen_breach(*policy, members_, state.index, target); !breach.empty()) {
            refuse(said, error_code::invalid_replica_assignment, std::move(breach));
            return false;
        }
        auto const now = state.is_moving() ? state.target.size() : state.replicas.size();
        if (!asked_.allow_replication_factor_change && target.size() != now) {
            refuse(said, error_code::invalid_replication_factor,
                   "The replication factor would change from " + std::to_string(now) + " to " +
                       std::to_string(target.size()) + ".");
            return false;
        }
        std::vector<chronik::assign::replica_list> const added{metadata::without(target, state.replicas)};
        if (auto const full = load.overloaded(added); full != chronik::no_node) {
            refuse(said, error_code::invalid_replica_assignment,
                   "Broker " + std::to_string(full.value) + " has as many replicas as it can hold.");
            return false;
        }
        return true;
    }

    /// Why a partition cannot have these replicas; empty: it can.
    static std::string target_problem(std::vector<chronik::node_id> const& target, metadata::image const& image) {
        if (target.empty()) return "The list of replicas is empty.";
        if (target.size() > chronik::raft::voters_max)
            return "A partition has at most " + std::to_string(chronik::raft::voters_max) + " replicas.";
        for (auto const node : target) {
            if (std::ranges::count(target, node) > 1) return "A broker is named twice.";
            auto const* const broker = image.find_broker(node);
            if (broker == nullptr || broker->status == metadata::broker_state::decommissioned)
                return "Broker " + std::to_string(node.value) + " is not registered.";
            if (broker->leaving) return "Broker " + std::to_string(node.value) + " is leaving the cluster.";
            if (broker->replaced) return "Broker " + std::to_string(node.value) + " has been away for too long.";
        }
        return {};
    }

    altering::request asked_;
    altering::response response_;
    std::vector<chronik::assign::member> members_;  ///< the brokers that stay
    std::vector<altering::partition_result*> places_;  ///< of the command's items
};

asio::awaitable<void> run(context& in, altering::request asked, answer<altering::response> done) {
    auto const deadline = in.loop.now() + std::chrono::milliseconds{std::clamp(asked.timeout_ms, 0, timeout_ms_max)};
    auto const left = [&] { return std::max<chronik::duration>(deadline - in.loop.now(), {}); };
    alteration wanted{std::move(asked)};
    // Before this node counts as alive its image may be old.
    std::function<bool(metadata::image const&)> joined = [&in](metadata::image const&) { return in.cluster.ready(); };
    if (!co_await in.cluster.until(std::move(joined), left())) {
        wanted.refuse_all(error_code::request_timed_out, "This broker has not joined its cluster yet.");
        done(wanted.response());
        co_return;
    }
    auto command = wanted.plan(*in.cluster.image());
    if (!command.partitions.empty()) {
        auto const outcome = co_await in.cluster.commands().submit(std::move(command), left());
        wanted.take(outcome);
    }
    done(wanted.response());
}

bool is_asked(listing::request const& asked, std::string const& topic, std::int32_t partition) {
    if (!asked.topics) return true;
    return std::ranges::any_of(*asked.topics, [&](listing::topic const& each) {
        auto const& indexes = each.partition_indexes;
        return each.name == topic && std::ranges::find(indexes, partition) != indexes.end();
    });
}

}  // namespace

void handle(context& in, request_info const&, altering::request&& asked, answer<altering::response> done) {
    in.loop.start(run(in, std::move(asked), std::move(done)));
}

void handle(context& in, request_info const&, listing::request&& asked, answer<listing::response> done) {
    auto const image = in.cluster.image();
    std::map<std::string, std::vector<listing::partition_move>> found;
    for (auto const group : image->moving()) {
        auto const& state = *image->find_partition(group);
        auto const& name = image->find_topic(state.topic_id)->name;
        auto const index = static_cast<std::int32_t>(state.index);
        if (!is_asked(asked, name, index)) continue;
        found[name].push_back(
            {index, numbers(state.replicas), numbers(metadata::adding(state)), numbers(metadata::removing(state))});
    }
    listing::response response;
    for (auto& [name, partitions] : found) response.topics.push_back({name, std::move(partitions)});
    done(response);
}

}  // namespace broker::handlers
