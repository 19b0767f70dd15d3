// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sink {

/// What a partition was sent; all that is kept of it.
struct tally {
    std::uint64_t records = 0;  ///< and so the offset of the next one
    std::uint64_t batches = 0;
    std::uint64_t bytes = 0;  ///< of whole batches, headers included
};

struct topic {
    broker::wire::topic_id id;
    std::vector<tally> partitions;
};

/// The topics that were created, and what came for them.
///
/// threads   the loop's
struct ledger {
    static constexpr std::size_t topics_max = 10'000;
    static constexpr std::int32_t partitions_max = 100'000;  ///< of all topics

    std::map<std::string, topic, std::less<>> topics;
    std::int32_t partitions = 0;
    std::int64_t producers = 0;  ///< ids that were given out: 0, 1, ...
    std::uint64_t requests = 0;
    std::uint64_t produce_requests = 0;
    std::uint64_t received_bytes = 0;  ///< of whole requests, with their lengths
    std::uint64_t connections = 0;

    /// Null when there is no such partition.
    tally* find(std::string_view name, std::int32_t partition) {
        auto const found = topics.find(name);
        if (found == topics.end() || partition < 0) return nullptr;
        auto const place = static_cast<std::size_t>(partition);
        return place < found->second.partitions.size() ? &found->second.partitions[place] : nullptr;
    }
};

}  // namespace sink
