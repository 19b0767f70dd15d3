// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/random.hpp>
#include <chronik/testing/scheduler.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
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
    using task = std::move_only_function<void()>;

    executor(scheduler& events, std::uint64_t seed, duration time_min, duration time_max)
        : events_(&events),
          chance_(seed),
          time_min_(time_min),
          time_max_(time_max),
          stopped_(std::make_shared<bool>(false)) {}
    ~executor() { stop(); }
    executor(executor const&) = delete;
    executor& operator=(executor const&) = delete;

    void run(task work, task finished) { enqueue(urgent_, std::move(work), std::move(finished)); }
    void run_in_background(task work, task finished) { enqueue(background_, std::move(work), std::move(finished)); }
    void stop() { *stopped_ = true; }
    /// The device hangs: no piece of work that is handed in from now on begins before `until`.
    void stall(time_point until) {
        for (lane* each : {&urgent_, &background_}) each->free_at = std::max(each->free_at, until);
    }

    /// As stop(), but work that is under way meets what its device now does to it, a power cut for example.
    void interrupt() {
        stop();
        for (lane* each : {&urgent_, &background_}) {
            for (auto const& one : each->waiting) {
                if (one->begins <= events_->now()) one->run();
            }
        }
    }

private:
    struct job {
        time_point begins;
        task work;
        void run() {
            if (auto once = std::exchange(work, nullptr)) once();
        }
    };
    struct lane {
        time_point free_at{};
        std::deque<std::shared_ptr<job>> waiting;
    };

    void enqueue(lane& on, task work, task finished) {
        auto const spread = static_cast<std::uint64_t>((time_max_ - time_min_).count());
        duration const takes = time_min_ + duration{static_cast<duration::rep>(chance_.below(spread + 1))};
        auto one = std::make_shared<job>(std::max(on.free_at, events_->now()), std::move(work));
        on.free_at = one->begins + takes;
        on.waiting.push_back(one);
        // Between the two a crash may fall: the work has been done and nobody was told.
        events_->at(one->begins + takes / 2, [stopped = stopped_, one] {
            if (!*stopped) one->run();
        });
        events_->at(on.free_at, [stopped = stopped_, &on, finished = std::move(finished)]() mutable {
            if (*stopped) return;
            on.waiting.pop_front();
            finished();
        });
    }

    scheduler* events_;
    random chance_;
    duration time_min_;
    duration time_max_;
    std::shared_ptr<bool> stopped_;
    lane urgent_;
    lane background_;
};

}  // namespace chronik::testing
