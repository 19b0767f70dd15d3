// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/time.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace chronik::raft {

/// Spreads what is sent over time: what one leader sends to those who catch up takes no more than its share of a link.
/// Pieces of snapshots keep to it exactly; entries for learners run ahead of it by `burst`, so that who keeps up waits
/// for no timer.
class catch_up_throttle {
public:
    static constexpr duration burst = std::chrono::milliseconds{10};

    /// When the next piece may leave.
    time_point ready_at() const { return ready_at_; }
    bool ready(time_point now) const { return now >= ready_at_; }
    /// The same for entries.
    time_point entries_ready_at() const { return ready_at_ - burst; }
    bool entries_ready(time_point now) const { return now >= entries_ready_at(); }

    /// bytes_per_second   0: no limit
    void sent(std::size_t bytes, std::uint64_t bytes_per_second, time_point now) {
        if (bytes_per_second == 0) return;
        auto const cost = static_cast<double>(bytes) * 1e9 / static_cast<double>(bytes_per_second);
        ready_at_ = std::max(ready_at_, now) + duration{static_cast<duration::rep>(std::min(cost, 1e15))};
    }

private:
    time_point ready_at_{};
};

}  // namespace chronik::raft
