// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/time.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

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
    /// Events that happened so far.
    std::uint64_t happened() const { return happened_; }

    void at(time_point when, event happens) {
        CHRONIK_ASSERT(when >= now_);
        events_.push_back({when, next_++, std::move(happens)});
        std::ranges::push_heap(events_, later);
    }
    void after(duration delay, event happens) { at(now_ + delay, std::move(happens)); }

    /// Moves time to the next event and lets it happen. False when nothing is left to happen.
    bool step() {
        if (events_.empty()) return false;
        std::ranges::pop_heap(events_, later);
        planned first = std::move(events_.back());
        events_.pop_back();
        now_ = first.when;
        ++happened_;
        first.happens();
        return true;
    }

    /// Runs everything up to `limit`, then sets the clock there.
    void run_until(time_point limit) {
        while (!events_.empty() && events_.front().when <= limit) step();
        now_ = limit;
    }

    /// Runs until `reached()` holds. False when `limit` came first; the caller then prints its seed.
    template <class Condition>
    bool run_until(Condition reached, time_point limit) {
        while (!reached()) {
            if (events_.empty() || events_.front().when > limit) return false;
            step();
        }
        return true;
    }

private:
    struct planned {
        time_point when;
        std::uint64_t number;
        event happens;
    };
    static bool later(planned const& left, planned const& right) {
        return left.when != right.when ? left.when > right.when : left.number > right.number;
    }

    std::vector<planned> events_;  ///< a heap, the next event in front
    time_point now_{};
    std::uint64_t next_ = 0;
    std::uint64_t happened_ = 0;
};

}  // namespace chronik::testing
