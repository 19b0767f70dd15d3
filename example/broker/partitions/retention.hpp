// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/wal/group_log.hpp>

#include <chrono>
#include <cstdint>

namespace broker::partitions {

/// How long and how much of a partition is kept; -1 is for ever, or everything.
struct retention_limits {
    std::int64_t ms = std::chrono::milliseconds{std::chrono::hours{24 * 7}}.count();
    std::int64_t bytes = -1;
};

/// The first entry of a log that its retention keeps: whole settled runs go, oldest first, never the journal's.
///
/// A run is too old when its newest record is; a log is too large when it would still have `bytes` without its oldest
/// run. A run without any time is not old.
/// now_ms   since 1970, as the records' own times
inline chronik::log_index first_retained(chronik::wal::group_log const& log, retention_limits const& limits,
                                         std::int64_t now_ms) {
    std::uint64_t total = 0;
    for (auto const& run : log.settled()) total += run->data_bytes();
    auto first = log.first_index();
    for (auto const& run : log.settled()) {
        bool const timed = run->newest_ms() != chronik::wal::no_timestamp && run->newest_ms() >= 0;
        bool const too_old = limits.ms >= 0 && timed && now_ms - run->newest_ms() > limits.ms;
        bool const too_much =
            limits.bytes >= 0 && total - run->data_bytes() >= static_cast<std::uint64_t>(limits.bytes);
        if (!too_old && !too_much) break;
        total -= run->data_bytes();
        first = run->last_index() + 1;
    }
    return first;
}

}  // namespace broker::partitions
