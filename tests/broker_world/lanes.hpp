// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker_world/event_loop.hpp>

#include <chronik/base/time.hpp>
#include <chronik/node/concepts.hpp>
#include <chronik/testing/executor.hpp>
#include <chronik/testing/scheduler.hpp>

#include <cstdint>
#include <utility>

namespace broker::world {

/// Blocking work of one process: each piece takes a time by seed, whatever the process does meanwhile, and what comes
/// after it waits on the process's loop, as behind the threads of posix::io_lanes.
///
/// threads   one for each world
class lanes {
public:
    /// time_min, time_max   of one piece of work
    lanes(event_loop& loop, chronik::testing::scheduler& events, std::uint64_t seed, chronik::duration time_min,
          chronik::duration time_max)
        : loop_(&loop), work_(events, seed, time_min, time_max) {}

    void run(chronik::task work, chronik::task finished) { work_.run(std::move(work), on_loop(std::move(finished))); }
    void run_in_background(chronik::task work, chronik::task finished) {
        work_.run_in_background(std::move(work), on_loop(std::move(finished)));
    }

    /// As of chronik::testing::executor.
    void stop() { work_.stop(); }
    void interrupt() { work_.interrupt(); }
    void stall(chronik::time_point until) { work_.stall(until); }

private:
    chronik::task on_loop(chronik::task finished) {
        return [loop = loop_, finished = std::move(finished)]() mutable { loop->post(std::move(finished)); };
    }

    event_loop* loop_;
    chronik::testing::executor work_;
};

static_assert(chronik::executor<lanes&>, "what slot::executor asks for");

}  // namespace broker::world
