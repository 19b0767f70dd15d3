// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/image.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

/// A partition on its way to other replicas: what it was, what it is to be, and what clients are told meanwhile.
///
/// source   KIP-455; unlike Kafka's, a move that is cancelled or sent elsewhere is over only when the partition's group
///          has the members to show for it: until then it may depend on any of those that it was to have
namespace broker::metadata {

inline bool holds(std::span<node_id const> nodes, node_id node) {
    return std::ranges::find(nodes, node) != nodes.end();
}

/// Those of `some` that are not in `others`, in their order.
inline std::vector<node_id> without(std::span<node_id const> some, std::span<node_id const> others) {
    std::vector<node_id> left;
    std::ranges::copy_if(some, std::back_inserter(left), [&](node_id node) { return !holds(others, node); });
    return left;
}

/// Who gets a copy by the move.
inline std::vector<node_id> adding(partition const& of) { return without(of.target, of.original); }

/// Who gives its copy up once the move is over.
inline std::vector<node_id> removing(partition const& of) {
    return of.is_moving() ? without(of.replicas, of.target) : std::vector<node_id>{};
}

/// How many copies it has as long as all is well: before or after the move, whichever is less.
inline std::size_t copies(partition const& of) {
    return of.is_moving() ? std::min(of.original.size(), of.target.size()) : of.replicas.size();
}

/// Sends a partition to `target`, from wherever it is; the same replicas in another order need no move.
inline partition sent_to(partition known, std::vector<node_id> target, log_index since) {
    bool const same = target.size() == known.replicas.size() && without(target, known.replicas).empty();
    if (!known.is_moving()) {
        if (same) {
            known.replicas = std::move(target);
            return known;
        }
        known.original = known.replicas;
    }
    auto leaving = without(known.replicas, target);
    known.replicas = target;
    known.replicas.insert(known.replicas.end(), leaving.begin(), leaving.end());
    known.target = std::move(target);
    known.since = since;
    return known;
}

/// The target has been reached, by the entry `members_at` of the group's log.
inline partition arrived(partition known, log_index members_at) {
    known.replicas = std::exchange(known.target, {});
    known.original.clear();
    known.since = {};
    known.members_at = members_at;
    return known;
}

}  // namespace broker::metadata
