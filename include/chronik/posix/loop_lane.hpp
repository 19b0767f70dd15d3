// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/posix/io_thread.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace chronik::posix {

/// The loop's own thread for a host's syncs, and another for making segments. A model of chronik::executor.
///
/// An entry that comes alone is durable sooner by the two times that a thread is woken; what comes meanwhile waits for
/// the sync, and so do timers. For a loop that has little else to do, and a disk that never stalls for an election
/// timeout; else io_lanes.
/// threads   run() and run_in_background() from the loop; `post` is called on both threads
class loop_lane {
public:
    using task = io_thread::task;

    /// post   brings a task to the loop, behind what it has to do already
    explicit loop_lane(std::function<void(task)> post)
        : post_(std::move(post)), background_([this](task done) { post_(std::move(done)); }) {}

    ~loop_lane() { stop(); }
    loop_lane(loop_lane const&) = delete;
    loop_lane& operator=(loop_lane const&) = delete;

    /// What has come before is heard first: a sync covers all of it.
    void run(task work, task finished) {
        post_([open = open_, work = std::move(work), finished = std::move(finished)]() mutable {
            if (!*open) return;
            work();
            // What the job captured is gone before its owner hears of the end.
            work = nullptr;
            finished();
        });
    }
    void run_in_background(task work, task finished) {
        auto const accepted = background_.submit(std::move(work), std::move(finished));
        // A host has one preparation under way at most.
        CHRONIK_ASSERT(accepted || accepted.error() == errc::closed);
    }

    /// Drops what the loop has not begun, and finishes and joins the rest. On the loop's thread.
    void stop() {
        *open_ = false;
        background_.stop();
    }

private:
    std::function<void(task)> post_;
    std::shared_ptr<bool> open_ = std::make_shared<bool>(true);
    io_thread background_;
};

}  // namespace chronik::posix
