// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <utility>

namespace broker::partitions {

/// Those who wait for the next change of something. Each is told once and then forgotten.
///
/// threads   one
class signal {
public:
    using listener = std::move_only_function<void()>;

    std::uint64_t add(listener told) {
        waiting_.emplace(next_, std::move(told));
        return next_++;
    }
    /// For a listener that is no longer interested; nothing happens if it was told already.
    void remove(std::uint64_t handle) { waiting_.erase(handle); }

    void fire() {
        auto told = std::exchange(waiting_, {});
        for (auto& [handle, tell] : told) tell();
    }

    std::size_t size() const { return waiting_.size(); }

private:
    std::unordered_map<std::uint64_t, listener> waiting_;
    std::uint64_t next_ = 1;
};

}  // namespace broker::partitions
