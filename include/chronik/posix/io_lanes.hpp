// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/posix/io_thread.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace chronik::posix {

/// Two threads for a host's blocking work: one for the syncs that acknowledgements wait for, one for making segments.
/// A model of chronik::executor.
///
/// threads   run() and run_in_background() from the loop; completions go through `post`
class io_lanes {
public:
    using task = io_thread::task;

    /// post   brings a completion to the loop; called on both threads
    explicit io_lanes(std::function<void(task)> post)
        : urgent_([post](task done) { post(std::move(done)); }),
          background_([post](task done) { post(std::move(done)); }) {}

    void run(task work, task finished) { submit(urgent_, std::move(work), std::move(finished)); }
    void run_in_background(task work, task finished) { submit(background_, std::move(work), std::move(finished)); }

    /// Finishes what was accepted and joins; later work is dropped, because nobody is there to hear of it.
    void stop() {
        urgent_.stop();
        background_.stop();
    }

private:
    static void submit(io_thread& lane, task work, task finished) {
        auto const accepted = lane.submit(std::move(work), std::move(finished));
        // A host has one flush and one preparation under way at most.
        CHRONIK_ASSERT(accepted || accepted.error() == errc::closed);
    }

    io_thread urgent_;
    io_thread background_;
};

}  // namespace chronik::posix
