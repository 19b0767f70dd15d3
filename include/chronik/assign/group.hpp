// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/detail/anew.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

/// Consumers of a group are members as nodes are, and each partition has one of them: the strategies are the same.
namespace chronik::assign {

struct topic_partition {
    std::string topic;
    std::uint32_t partition = 0;

    auto operator<=>(topic_partition const&) const = default;
};

/// topics   what it has subscribed to; what is not in the list of topics is ignored
/// owned    what it holds now
struct consumer {
    std::string id;
    std::vector<std::string> topics;
    std::vector<topic_partition> owned{};
    std::uint32_t weight = 1;
};

struct topic_size {
    std::string name;
    std::uint32_t partitions = 0;
};

/// By consumer; each has a line, and its partitions in order.
using group_assignment = std::map<std::string, std::vector<topic_partition>>;

namespace detail {

/// A consumer's number, from 1, in order of ids.
inline node_id number_of(std::size_t at) { return node_id{static_cast<std::uint32_t>(at + 1)}; }

template <class Strategy>
concept by_topic = requires { requires Strategy::by_topic; };

}  // namespace detail

/// Gives the partitions of the topics to the consumers that have subscribed to them, one each. Topics with the same
/// subscribers are decided together, those with the fewest first: the others make up for it.
///
/// returns   with cooperative_sticky, partitions that somebody has to let go first are nobody's: ask again then
/// errors    errc::duplicate_member, errc::weightless_member, errc::too_large
template <rebalancing Strategy>
result<group_assignment> assign_group(Strategy const& strategy, std::vector<consumer> consumers,
                                      std::vector<topic_size> topics) {
    std::ranges::sort(consumers, {}, &consumer::id);
    std::ranges::sort(topics, {}, &topic_size::name);
    auto const twice = [](auto const& list, auto what) {
        return std::ranges::adjacent_find(list, {}, what) != list.end();
    };
    if (twice(consumers, &consumer::id) || twice(topics, &topic_size::name))
        return std::unexpected(make_error_code(errc::duplicate_member));

    std::map<std::string, std::set<std::size_t>> subscribers;
    std::map<topic_partition, replica_list> owners;
    group_assignment out;
    for (std::size_t at = 0; at < consumers.size(); ++at) {
        out[consumers[at].id];
        for (std::string const& topic : consumers[at].topics) subscribers[topic].insert(at);
        for (topic_partition const& each : consumers[at].owned) owners[each].push_back(detail::number_of(at));
    }

    // Decided together: the topics with the same subscribers; by topic, each alone.
    struct lot {
        std::set<std::size_t> members;
        std::vector<topic_size const*> topics;
    };
    std::map<std::tuple<std::size_t, std::set<std::size_t>, std::string>, lot> lots;
    for (topic_size const& each : topics) {
        auto const found = subscribers.find(each.name);
        if (found == subscribers.end() || each.partitions == 0) continue;
        std::string const alone = detail::by_topic<Strategy> ? each.name : std::string{};
        lot& joined = lots[{found->second.size(), found->second, alone}];
        joined.members = found->second;
        joined.topics.push_back(&each);
    }

    std::map<node_id, load> carried;
    for (auto const& [order, decided] : lots) {
        std::vector<member> members;
        for (std::size_t const at : decided.members)
            members.push_back({detail::number_of(at), {}, consumers[at].weight});
        std::uint64_t size = 0;
        for (auto const* const topic : decided.topics) size += topic->partitions;
        if (size > replicas_max) return std::unexpected(make_error_code(errc::too_large));
        std::vector<topic_partition> partitions;
        std::vector<holding> current;
        for (auto const* const topic : decided.topics)
            for (std::uint32_t index = 0; index < topic->partitions; ++index) {
                auto const owned = owners.find({topic->name, index});
                partitions.push_back({topic->name, index});
                current.push_back({owned == owners.end() ? replica_list{} : owned->second, 1});
            }
        auto const existing = detail::by_topic<Strategy> ? std::vector<load>{} : detail::as_list(carried);
        auto const given = strategy.rebalance(members, existing, current);
        if (!given) return std::unexpected(given.error());
        for (std::size_t at = 0; at < partitions.size(); ++at) {
            detail::count(carried, given->partitions[at]);
            for (node_id const owner : given->partitions[at])
                out[consumers[owner.value - 1].id].push_back(partitions[at]);
        }
    }
    for (auto& [id, partitions] : out) std::ranges::sort(partitions);
    return out;
}

}  // namespace chronik::assign
