// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/planner.hpp>
#include <settings/settings.hpp>

#include <string_view>

namespace broker::groups {

inline constexpr std::string_view offsets_topic = "__consumer_offsets";

/// Topics that are the broker's own: clients read them, and do not write to them.
inline bool is_internal(std::string_view topic) { return topic == offsets_topic; }

/// The offsets topic as it is made on first use.
inline metadata::create_request offsets_topic_request(settings const& config) {
    metadata::create_request wanted;
    wanted.name = offsets_topic;
    wanted.partitions = config.offsets_topic_partitions;
    // What a group has committed long ago still counts, but only the last of it. Small runs are cleaned soon, and what
    // is not clean is what a start has to read.
    wanted.configs = {{"cleanup.policy", "compact"}, {"segment.bytes", "16777216"}};
    return wanted;
}

}  // namespace broker::groups
