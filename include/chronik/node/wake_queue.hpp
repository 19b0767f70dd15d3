// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace chronik {

/// When to look at which group next.
///
/// A deadline that moves later (every heartbeat moves a follower's) costs nothing: the old entry fires, the group
/// says that it is not yet time, and is queued once more. Only a deadline that moves earlier adds an entry.
/// Groups that rest have no entry: when most do, the memory for theirs goes back.
class wake_queue {
public:
    time_point next() const { return heap_.empty() ? never : heap_.front().first; }

    void push(time_point when, group_id group) {
        if (when == never) return;
        heap_.emplace_back(when, group);
        std::ranges::push_heap(heap_, std::greater{});
    }

    /// The group whose entry is due, or group_id{0}.
    group_id pop_due(time_point now) {
        if (heap_.empty() || heap_.front().first > now) return {};
        std::ranges::pop_heap(heap_, std::greater{});
        group_id const group = heap_.back().second;
        heap_.pop_back();
        if (heap_.capacity() > kept_min && heap_.size() < heap_.capacity() / 8) shrink();
        return group;
    }

    std::size_t capacity() const { return heap_.capacity(); }

private:
    using entry = std::pair<time_point, group_id>;
    static constexpr std::size_t kept_min = 1024;

    void shrink() {
        std::vector<entry> smaller;
        smaller.reserve(heap_.capacity() / 4);
        smaller.assign(heap_.begin(), heap_.end());
        heap_.swap(smaller);
    }

    std::vector<entry> heap_;  ///< the soonest first
};

}  // namespace chronik
