// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/random.hpp>
#include <chronik/testing/scheduler.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace chronik::testing {

/// Blocking work in virtual time: each task takes a time by seed, the lanes run beside each other, tasks of one lane
/// in order. A model of chronik::executor.
///
/// After stop() nothing runs or completes any more, as after a crash: a write that had not begun never happens.
class executor {
public:
    executor(scheduler& events, std::uint64_t seed, duration time_min, duration time_max)
        : events_(&events), chance_(seed), time_min_(time_min), time_max_(time_max), stopped_(std::make_shared<bool>(false)) {}
    ~executor() { stop(); }
    executor(executor const&) = delete;
    executor& operator=(executor const&) = delete;

    void run(std::move_only_function<void()> work, std::move_only_function<void()> finished) {
        enqueue(urgent_free_at_, std::move(work), std::move(finished));
    }
    void run_in_background(std::move_only_function<void()> work, std::move_only_function<void()> finished) {
        enqueue(background_free_at_, std::move(work), std::move(finished));
    }
    void stop() { *stopped_ = true; }

private:
    void enqueue(time_point& free_at, std::move_only_function<void()> work, std::move_only_function<void()> finished) {
        auto const spread = static_cast<std::uint64_t>((time_max_ - time_min_).count());
        duration const takes = time_min_ + duration{static_cast<duration::rep>(chance_.below(spread + 1))};
        time_point const begins = std::max(free_at, events_->now());
        free_at = begins + takes;
        // Between the two a crash may fall: the work has been done and nobody was told.
        auto shared = std::make_shared<std::move_only_function<void()>>(std::move(work));
        events_->at(begins + takes / 2, [stopped = stopped_, shared] {
            if (!*stopped) (*shared)();
        });
        events_->at(free_at, [stopped = stopped_, finished = std::move(finished)]() mutable {
            if (!*stopped) finished();
        });
    }

    scheduler* events_;
    random chance_;
    duration time_min_;
    duration time_max_;
    std::shared_ptr<bool> stopped_;
    time_point urgent_free_at_{};
    time_point background_free_at_{};
};

}  // namespace chronik::testing
