// SPDX-License-Identifier: Apache-2.0
#pragma once

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
           (broker->status == metadata::broker_status::alive || broker->status == metadata::broker_status::draining);
}

/// The replicas that clients should not expect to answer.
inline std::vector<std::int32_t> offline(metadata::image const& image, metadata::partition const& of) {
    std::vector<std::int32_t> out;
    for (auto const node : of.replicas)
        if (!reachable(image, node)) out.push_back(number(node));
    return out;
}

/// A leader that is not there is none: the client asks again instead of dialling a dead broker.
inline std::int32_t reachable_leader(metadata::image const& image, metadata::partition const& of) {
    return reachable(image, of.leader) ? number(of.leader) : -1;
}

}  // namespace broker::handlers
