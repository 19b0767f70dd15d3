// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker/load/client.hpp>

#include <atomic>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace load {

/// Threads that may fail; the first failure is thrown by join().
class crew {
public:
    crew() = default;
    crew(crew const&) = delete;
    crew& operator=(crew const&) = delete;
    ~crew() { wait(); }

    template <class Work>
    void add(Work work) {
        threads_.emplace_back([this, work] {
            try {
                work();
            } catch (std::exception const& error) {
                std::lock_guard const lock{mutex_};
                if (failed_.empty()) failed_ = error.what();
            }
            --running_;
        });
        ++running_;
    }
    bool running() const { return running_ > 0; }
    void join() {
        wait();
        if (!failed_.empty()) throw failure{failed_};
    }

private:
    void wait() {
        for (auto& each : threads_) each.join();
        threads_.clear();
    }

    std::mutex mutex_;
    std::string failed_;
    std::atomic<int> running_ = 0;
    std::vector<std::thread> threads_;
};

}  // namespace load
