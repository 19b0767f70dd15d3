// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace chronik::posix {

/// One thread for blocking calls, so that an event loop never waits for a file.
///
/// Jobs run one after the other in the order given; after each, its completion is handed to `post`, which brings it
/// to the owner's loop. The destructor finishes what was accepted and joins; completions posted by then still count on
/// whatever `post` refers to.
/// threads   submit() from any; `post` is called on this object's thread and must be safe for that
class io_thread {
public:
    using task = std::move_only_function<void()>;
    using post_function = std::move_only_function<void(task)>;

    /// jobs_max   accepted and not yet begun
    explicit io_thread(post_function post, std::size_t jobs_max = 64)
        : post_(std::move(post)), jobs_max_(jobs_max), thread_([this] { run(); }) {}

    ~io_thread() { stop(); }
    io_thread(io_thread const&) = delete;
    io_thread& operator=(io_thread const&) = delete;

    /// errors   errc::busy when too many wait; errc::closed after stop(). Then neither callable is ever called
    result<void> submit(task work, task finished) {
        {
            std::scoped_lock const held{guard_};
            if (stopping_) return failure(errc::closed);
            if (jobs_.size() >= jobs_max_) return failure(errc::busy);
            jobs_.push_back({std::move(work), std::move(finished)});
        }
        changed_.notify_one();
        return {};
    }

    /// Takes nothing more, finishes what was accepted, joins. Not from a job.
    void stop() {
        {
            std::scoped_lock const held{guard_};
            stopping_ = true;
        }
        changed_.notify_one();
        if (thread_.joinable()) thread_.join();
    }

private:
    struct job {
        task work;
        task finished;
    };

    void run() {
        std::unique_lock held{guard_};
        while (true) {
            changed_.wait(held, [this] { return stopping_ || !jobs_.empty(); });
            if (jobs_.empty()) return;
            job next = std::move(jobs_.front());
            jobs_.pop_front();
            held.unlock();
            next.work();
            // What the job captured is gone before its owner hears of the end.
            next.work = nullptr;
            post_(std::move(next.finished));
            held.lock();
        }
    }

    post_function post_;
    std::size_t jobs_max_;
    std::mutex guard_;
    std::condition_variable changed_;
    std::deque<job> jobs_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace chronik::posix
