// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/time.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace chronik::testing {

/// Virtual time: a queue of things that will happen, in an order that only depends on what was scheduled.
///
/// Two events of the same moment happen in the order they were scheduled, so a run is a function of its seed.
/// threads   one
class scheduler {
public:
    using event = std::move_only_function<void()>;

    time_point now() const { return now_; }
    bool idle() const { return events_.empty(); }

    void at(time_point when, event happens) {
        CHRONIK_ASSERT(when >= now_);
        events_.emplace(key{when, next_++}, std::move(happens));
    }
    void after(duration delay, event happens) { at(now_ + delay, std::move(happens)); }

    /// Moves time to the next event and lets it happen. False when nothing is left to happen.
    bool step() {
        if (events_.empty()) return false;
        auto const first = events_.begin();
        now_ = first->first.first;
        event happens = std::move(first->second);
        events_.erase(first);
        happens();
        return true;
    }

    /// Runs everything up to `limit`, then sets the clock there.
    void run_until(time_point limit) {
        while (!events_.empty() && events_.begin()->first.first <= limit) step();
        now_ = limit;
    }

    /// Runs until `reached()` holds. False when `limit` came first; the caller then prints its seed.
    template <class Condition>
    bool run_until(Condition reached, time_point limit) {
        while (!reached()) {
            if (events_.empty() || events_.begin()->first.first > limit) return false;
            step();
        }
        return true;
    }

private:
    using key = std::pair<time_point, std::uint64_t>;
    std::map<key, event> events_;
    time_point now_{};
    std::uint64_t next_ = 0;
};

}  // namespace chronik::testing
