// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/context.hpp>
#include <metadata/image.hpp>

#include <cstdint>
#include <vector>

/// Nodes as clients see them.
namespace broker::handlers {

/// Nobody is -1.
inline std::int32_t number(chronik::node_id node) {
    return node == chronik::no_node ? -1 : static_cast<std::int32_t>(node.value);
}

inline std::vector<std::int32_t> numbers(std::vector<chronik::node_id> const& nodes) {
    std::vector<std::int32_t> out;
    out.reserve(nodes.size());
    for (auto const node : nodes) out.push_back(number(node));
    return out;
}

/// Whether clients should try to connect to it.
inline bool reachable(metadata::image const& image, chronik::node_id node) {
    auto const* const broker = image.find_broker(node);
    return broker != nullptr &&
           (broker->status == metadata::broker_state::alive || broker->status == metadata::broker_state::draining);
}

/// The replicas that clients should not expect to answer.
inline std::vector<std::int32_t> offline(metadata::image const& image, metadata::partition const& of) {
    std::vector<std::int32_t> out;
    for (auto const node : of.replicas)
        if (!reachable(image, node)) out.push_back(number(node));
    return out;
}

/// Who clients are told leads a partition, or -1: a leader that is not there is none, so that they ask again instead of
/// dialling a dead broker; nor is this node one where it knows better, also while it hears of nobody else.
inline std::int32_t reachable_leader(context const& in, metadata::image const& image, metadata::partition const& of) {
    if (!reachable(image, of.leader)) return -1;
    if (of.leader == in.settings.node_id) {
        auto const* const local = in.partitions.find(of.group);
        if (local == nullptr || !local->serves()) return -1;
    }
    return number(of.leader);
}

}  // namespace broker::handlers
