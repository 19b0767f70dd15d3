// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace chronik {

/// When to look at which group next.
///
/// A deadline that moves later (every heartbeat moves a follower's) costs nothing: the old entry fires, the group
/// says that it is not yet time, and is queued once more. Only a deadline that moves earlier adds an entry; the old one
/// is nobody's any more then, and whoever is given it knows that by its moment.
/// Groups that rest have no entry: when most do, the memory for theirs goes back.
class wake_queue {
public:
    struct wake {
        time_point when;
        group_id group;
        auto operator<=>(wake const&) const = default;
    };

    time_point next() const { return heap_.empty() ? never : heap_.front().when; }

    void push(time_point when, group_id group) {
        if (when == never) return;
        heap_.push_back({when, group});
        std::ranges::push_heap(heap_, std::greater{});
    }

    /// The soonest entry, if it is due.
    std::optional<wake> pop_due(time_point now) {
        if (heap_.empty() || heap_.front().when > now) return std::nullopt;
        std::ranges::pop_heap(heap_, std::greater{});
        wake const soonest = heap_.back();
        heap_.pop_back();
        if (heap_.capacity() > kept_min && heap_.size() < heap_.capacity() / 8) shrink();
        return soonest;
    }

    std::size_t capacity() const { return heap_.capacity(); }

private:
    static constexpr std::size_t kept_min = 1024;

    void shrink() {
        std::vector<wake> smaller;
        smaller.reserve(heap_.capacity() / 4);
        smaller.assign(heap_.begin(), heap_.end());
        heap_.swap(smaller);
    }

    std::vector<wake> heap_;  ///< the soonest first
};

}  // namespace chronik
