// SPDX-License-Identifier: Apache-2.0
#include <cluster/lots.hpp>

#include <metadata/placing.hpp>

#include <chronik/base/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace broker {

namespace {

using chronik::node_id;
using chronik::assign::member;
using chronik::assign::replica_list;
using chronik::cluster::partition_view;
using metadata::placement_policy;

/// allowed   how many brokers may hold one of its replicas
struct lot {
    placement_policy policy{};
    std::vector<std::size_t> places{};  ///< of its partitions in the list of all
    std::uint32_t replicas = 0;         ///< of the partition with most
    std::size_t allowed = 0;
};

/// By the text of the policy; of most topics it is empty.
std::map<std::string_view, lot> lots_of(metadata::image const& image, std::span<partition_view const> partitions) {
    std::unordered_map<std::uint64_t, std::string_view> policies;
    image.for_each_topic([&](metadata::topic const& each) {
        auto const text = metadata::policy_text(each.configs);
        if (text.empty()) return;
        for (auto const group : each.groups) policies.emplace(group.value, text);
    });
    std::map<std::string_view, lot> out;
    for (std::size_t at = 0; at < partitions.size(); ++at) {
        auto const found = policies.find(partitions[at].group.value);
        lot& joined = out[found == policies.end() ? std::string_view{} : found->second];
        joined.places.push_back(at);
        joined.replicas = std::max(joined.replicas, static_cast<std::uint32_t>(partitions[at].replicas.size()));
    }
    return out;
}

rebalance_refusal refusal(std::error_code why) { return {why, why.message()}; }

/// Named by a topic whose partition has most replicas: with fewer it might be honoured.
rebalance_refusal refusal(metadata::image const& image, std::span<partition_view const> partitions, lot const& one,
                          std::error_code code, std::string const& why) {
    auto const place = *std::ranges::find(one.places, one.replicas, [&](std::size_t at) {
        return static_cast<std::uint32_t>(partitions[at].replicas.size());
    });
    auto const& topic = image.find_topic(image.find_partition(partitions[place].group)->topic_id)->name;
    return {code, topic + ", " + std::string{placement_policy::config_name} + ": " + why};
}

/// Reads the policy and counts whom it allows. errors   why it cannot be honoured
std::expected<void, rebalance_refusal> prepare(metadata::image const& image,
                                               std::span<partition_view const> partitions, std::string_view text,
                                               std::vector<member> allowed, lot& one) {
    if (one.replicas > allowed.size()) return std::unexpected(refusal(chronik::assign::errc::too_few_members));
    auto policy = placement_policy::read(text);
    if (!policy)
        return std::unexpected(refusal(image, partitions, one, chronik::errc::malformed, policy.error()));
    one.policy = *std::move(policy);
    if (auto const why = one.policy.refusal(allowed, one.replicas); !why.empty()) {
        auto const code = one.policy.apply(allowed, one.replicas) ? chronik::assign::errc::too_few_allowed
                                                                  : chronik::assign::errc::too_few_values;
        return std::unexpected(refusal(image, partitions, one, code, why));
    }
    static_cast<void>(one.policy.apply(allowed, one.replicas));  // as refusal() has just done
    one.allowed = allowed.size();
    return {};
}

}  // namespace

std::expected<std::vector<replica_list>, rebalance_refusal>
rebalance_lots(metadata::image const& image, chosen_placement const& strategy, std::span<node_id const> staying,
               std::span<partition_view const> partitions) {
    std::size_t replicas = 0;
    for (partition_view const& each : partitions) replicas += each.replicas.size();
    if (replicas > chronik::assign::replicas_max) return std::unexpected(refusal(chronik::assign::errc::too_large));
    std::vector<member> members;
    for (node_id const node : staying) members.push_back(metadata::member_of(*image.find_broker(node)));

    auto lots = lots_of(image, partitions);
    std::vector<std::pair<std::string_view, lot const*>> order;
    for (auto& [text, each] : lots) {
        if (auto const done = prepare(image, partitions, text, members, each); !done)
            return std::unexpected(done.error());
        order.emplace_back(text, &each);
    }
    std::ranges::sort(order, {}, [](auto const& each) { return std::tuple{each.second->allowed, each.first}; });

    std::vector<replica_list> out(partitions.size());
    std::map<node_id, chronik::assign::load> carried;
    for (auto const& [text, each] : order) {
        std::vector<chronik::assign::holding> current;
        for (std::size_t const at : each->places)
            current.push_back({partitions[at].replicas, static_cast<std::uint32_t>(partitions[at].replicas.size())});
        std::vector<chronik::assign::load> existing;
        for (auto const& [node, load] : carried) existing.push_back(load);
        auto placed = metadata::with_policy(strategy, each->policy, [&](auto const& under) {
            return under.rebalance(members, existing, current);
        });
        if (!placed) return std::unexpected(refusal(placed.error()));
        for (std::size_t place = 0; place < each->places.size(); ++place) {
            replica_list& list = placed->partitions[place];
            for (node_id const node : list) {
                carried[node].node = node;
                ++carried[node].replicas;
            }
            ++carried[list.front()].leaders;
            out[each->places[place]] = std::move(list);
        }
    }
    return out;
}

}  // namespace broker
