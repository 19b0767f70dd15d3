// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cluster/placement.hpp>
#include <metadata/image.hpp>

#include <chronik/cluster/coordinator.hpp>

#include <expected>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace broker {

/// Why a rebalance has no plan.
///
/// text   names the topic, where it is a topic's policy that cannot be honoured
struct rebalance_refusal {
    std::error_code why;
    std::string text;

    explicit operator bool() const { return static_cast<bool>(why); }
};

/// Who should hold what, by the strategy, the capacities of the brokers, and the policies of the topics.
///
/// Partitions with the same policy are one lot and decided together; lots that fewer brokers may hold come first, and
/// the others make up for what those carry. Each lot is at rest when it is even by itself, so all of them are: nothing
/// moves forth and back. All is refused where one lot's policy cannot be honoured: docs/decisions/0026.
///
/// staying      brokers that may carry
/// partitions   a list for each, in their order; the first leads
/// errors       those of assign, errc::malformed for a policy that this build cannot read
std::expected<std::vector<chronik::assign::replica_list>, rebalance_refusal>
rebalance_lots(metadata::image const& image, chosen_placement const& strategy,
               std::span<chronik::node_id const> staying,
               std::span<chronik::cluster::partition_view const> partitions);

}  // namespace broker
