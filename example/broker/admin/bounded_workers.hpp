// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <httplib.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace broker {

/// The HTTP server's threads. Unlike the library's own it has a limit: when that many connections wait, no more are
/// accepted, and the kernel's backlog holds or refuses the rest.
class bounded_workers final : public httplib::TaskQueue {
public:
    bounded_workers(std::size_t threads, std::size_t waiting_max) : waiting_max_(waiting_max) {
        for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
    }

    void enqueue(std::function<void()> job) override {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [&] { return waiting_.size() < waiting_max_; });
        waiting_.push_back(std::move(job));
        jobs_.notify_one();
    }

    void shutdown() override {
        {
            std::scoped_lock const lock(mutex_);
            ending_ = true;
        }
        jobs_.notify_all();
        for (std::thread& each : threads_) each.join();
    }

private:
    void work() {
        for (std::unique_lock lock(mutex_);;) {
            jobs_.wait(lock, [&] { return ending_ || !waiting_.empty(); });
            if (waiting_.empty()) return;
            auto const job = std::move(waiting_.front());
            waiting_.pop_front();
            room_.notify_one();
            lock.unlock();
            job();
            lock.lock();
        }
    }

    std::size_t waiting_max_;
    std::mutex mutex_;
    std::condition_variable jobs_;
    std::condition_variable room_;
    std::deque<std::function<void()>> waiting_;
    bool ending_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace broker
