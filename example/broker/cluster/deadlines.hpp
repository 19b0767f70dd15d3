// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/time.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace broker {

/// Everything that may take too long: long polls, produce and admin requests. One sweep serves them all, because a
/// timer of the operating system for each request costs more than the request.
///
/// Late by at most the interval of the sweep, never early.
/// threads   the loop's
class deadlines {
public:
    using expired = std::move_only_function<void()>;
    using handle = std::pair<chronik::time_point, std::uint64_t>;

    handle add(chronik::time_point when, expired act) {
        handle const key{when, next_++};
        waiting_.emplace(key, std::move(act));
        return key;
    }

    /// Nothing happens when it has expired already.
    void cancel(handle key) { waiting_.erase(key); }

    void sweep(chronik::time_point now) {
        while (!waiting_.empty() && waiting_.begin()->first.first <= now) {
            expired act = std::move(waiting_.begin()->second);
            waiting_.erase(waiting_.begin());
            act();
        }
    }

    void clear() { waiting_.clear(); }
    std::size_t size() const { return waiting_.size(); }

private:
    std::map<handle, expired> waiting_;
    std::uint64_t next_ = 0;
};

}  // namespace broker
