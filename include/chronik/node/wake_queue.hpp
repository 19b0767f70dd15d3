// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>

#include <queue>
#include <utility>
#include <vector>

namespace chronik {

/// When to look at which group next.
///
/// A deadline that moves later (every heartbeat moves a follower's) costs nothing: the old entry fires, the group
/// says that it is not yet time, and is queued once more. Only a deadline that moves earlier adds an entry.
class wake_queue {
public:
    time_point next() const { return queue_.empty() ? never : queue_.top().first; }

    void push(time_point when, group_id group) {
        if (when != never) queue_.emplace(when, group);
    }

    /// The group whose entry is due, or group_id{0}.
    group_id pop_due(time_point now) {
        if (queue_.empty() || queue_.top().first > now) return {};
        group_id const group = queue_.top().second;
        queue_.pop();
        return group;
    }

private:
    using entry = std::pair<time_point, group_id>;
    std::priority_queue<entry, std::vector<entry>, std::greater<>> queue_;
};

}  // namespace chronik
