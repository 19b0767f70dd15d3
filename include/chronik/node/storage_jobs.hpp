// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/duration_histogram.hpp>
#include <chronik/base/time.hpp>
#include <chronik/node/concepts.hpp>

#include <functional>
#include <memory>
#include <system_error>
#include <type_traits>
#include <utility>

namespace chronik {

/// Runs a storage's blocking work on an executor: at most one flush and one preparation at a time.
///
/// What is staged while a flush runs is covered by the next: batching without a timer.
/// threads   the host's; completions come back on it, and do nothing once the owner is gone
template <group_storage Storage, executor Executor>
class storage_jobs {
public:
    struct handlers {
        std::move_only_function<void()> flushed;   ///< what was staged before start_flush() is durable
        std::move_only_function<void()> prepared;  ///< there may be room again
        std::move_only_function<void(std::error_code)> failed;
    };

    storage_jobs(Storage& storage, Executor& lanes, duration prepare_retry_interval, handlers told)
        : storage_(storage), lanes_(lanes), retry_(prepare_retry_interval), told_(std::move(told)) {}
    ~storage_jobs() { *alive_ = false; }
    storage_jobs(storage_jobs const&) = delete;
    storage_jobs& operator=(storage_jobs const&) = delete;

    bool flushing() const { return flushing_; }
    bool idle() const { return !flushing_ && !preparing_; }
    /// From the turn that started a flush to the turn that learned of its end.
    duration_histogram const& flush_times() const { return flush_times_; }

    /// False when nothing is staged or a flush is under way. `begun` is called before the work is handed over.
    template <class Begun>
    bool start_flush(time_point now, Begun&& begun) {
        if (flushing_) return false;
        if (std::exchange(flushed_, false)) flush_times_.add(now - flush_began_at_);
        if constexpr (requires { storage_.now(now); }) storage_.now(now);
        auto job = storage_.begin_flush();
        if (!job) return false;
        flushing_ = true;
        flush_began_at_ = now;
        begun();
        auto shared = std::make_shared<std::remove_reference_t<decltype(*job)>>(std::move(*job));
        auto finished = [this, shared, alive = alive_] {
            if (*alive) finish_flush(std::move(*shared));
        };
        lanes_.run([shared] { shared->run(); }, std::move(finished));
        return true;
    }

    void start_prepare(time_point now) {
        now_ = now;
        if (preparing_ || now < prepare_again_at_) return;
        auto job = storage_.begin_prepare();
        if (!job) return;
        preparing_ = true;
        auto shared = std::make_shared<std::remove_reference_t<decltype(*job)>>(std::move(*job));
        auto finished = [this, shared, alive = alive_] {
            if (*alive) finish_prepare(std::move(*shared));
        };
        lanes_.run_in_background([shared] { shared->run(); }, std::move(finished));
    }

private:
    template <class Job>
    void finish_flush(Job&& job) {
        flushing_ = false;
        flushed_ = true;
        auto const done = storage_.finish_flush(std::forward<Job>(job));
        if (done) told_.flushed(); else told_.failed(done.error());
    }

    template <class Job>
    void finish_prepare(Job&& job) {
        preparing_ = false;
        auto const done = storage_.finish_prepare(std::forward<Job>(job));
        // A shortage is no failure: writing waits, reading goes on, and it is tried again.
        if (!done && !is_shortage(done.error())) return told_.failed(done.error());
        prepare_again_at_ = done ? time_point{} : now_ + retry_;
        told_.prepared();
    }

    Storage& storage_;
    Executor& lanes_;
    duration retry_;
    handlers told_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    time_point now_{};
    time_point prepare_again_at_{};
    time_point flush_began_at_{};
    duration_histogram flush_times_;
    bool flushing_ = false;
    bool flushed_ = false;  ///< and its time is not counted yet: a completion does not know what time it is
    bool preparing_ = false;
};

}  // namespace chronik
