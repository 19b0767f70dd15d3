// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/image.hpp>

#include <charconv>
#include <cstdint>
#include <limits>
#include <string_view>

namespace broker::partitions {

/// What a topic says about its old records.
///
/// dirty_ratio_min   of bytes that no cleaning has looked at, in all that can be cleaned; below it, nothing is done
/// tombstones_ms     how long a record without a value stays after it was first looked at
/// lag_ms_min        younger records are not cleaned
/// lag_ms_max        older records are cleaned whatever the ratio
/// run_bytes_max     of a cleaned run: smaller neighbours become one
struct cleanup {
    bool compacts = false;
    bool deletes = true;
    double dirty_ratio_min = 0.5;
    std::int64_t tombstones_ms = 24LL * 3600 * 1000;
    std::int64_t lag_ms_min = 0;
    std::int64_t lag_ms_max = std::numeric_limits<std::int64_t>::max();
    std::uint64_t run_bytes_max = std::uint64_t{1} << 30;

    bool operator==(cleanup const&) const = default;
};

/// The text was checked when the topic was made, so what cannot be read is not there.
inline cleanup cleanup_of(metadata::topic const& topic) {
    cleanup all;
    auto const read = [&](std::string_view name, auto& into) {
        auto const* const text = topic.config(name);
        if (text != nullptr) std::from_chars(text->data(), text->data() + text->size(), into);
    };
    if (auto const* const policy = topic.config("cleanup.policy")) {
        all.compacts = policy->find("compact") != policy->npos;
        all.deletes = policy->find("delete") != policy->npos;
    }
    read("min.cleanable.dirty.ratio", all.dirty_ratio_min);
    read("delete.retention.ms", all.tombstones_ms);
    read("min.compaction.lag.ms", all.lag_ms_min);
    read("max.compaction.lag.ms", all.lag_ms_max);
    read("segment.bytes", all.run_bytes_max);
    return all;
}

}  // namespace broker::partitions
