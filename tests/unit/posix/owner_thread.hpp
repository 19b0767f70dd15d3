// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/posix/io_thread.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

namespace chronik::posix {

/// What a loop would be: completions are queued by the threads and run on the thread that owns it.
class owner_thread {
public:
    using task = io_thread::task;

    void post(task done) {
        {
            std::scoped_lock const held{guard_};
            posted_.push_back(std::move(done));
        }
        changed_.notify_one();
    }
    void run_one() {
        std::unique_lock held{guard_};
        changed_.wait(held, [this] { return !posted_.empty(); });
        auto next = std::move(posted_.front());
        posted_.pop_front();
        held.unlock();
        next();
    }

private:
    std::mutex guard_;
    std::condition_variable changed_;
    std::deque<task> posted_;
};

}  // namespace chronik::posix
