// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/posix/io_thread.hpp>

#include <atomic>
#include <optional>
#include <utility>

namespace chronik::bench {

/// One job at a time on a thread of its own, as a node has one for flushes and one for what is prepared.
///
/// Job   run() blocks; moved back to the caller when it is done
template <class Job>
class lane {
public:
    bool busy() const { return job_.has_value(); }
    bool finished() const { return busy() && done_.load(std::memory_order_acquire); }

    void start(Job&& job) {
        CHRONIK_ASSERT(!busy());
        job_.emplace(std::move(job));
        done_.store(false, std::memory_order_relaxed);
        auto const accepted = thread_.submit([this] { job_->run(); }, [this] {
            done_.store(true, std::memory_order_release);
            done_.notify_one();
        });
        CHRONIK_ASSERT(accepted.has_value());
    }
    /// The job; waits for its end.
    Job take() {
        CHRONIK_ASSERT(busy());
        done_.wait(false, std::memory_order_acquire);
        Job taken = std::move(*job_);
        job_.reset();
        return taken;
    }

private:
    std::optional<Job> job_;
    std::atomic<bool> done_{false};
    posix::io_thread thread_{[](posix::io_thread::task finished) { finished(); }};
};

}  // namespace chronik::bench
