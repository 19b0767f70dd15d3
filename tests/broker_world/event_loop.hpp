// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/time.hpp>
#include <chronik/testing/clock.hpp>
#include <chronik/testing/scheduler.hpp>

#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace broker {

/// The loop of one process in virtual time, under the name that the broker knows. Asio's context is its queue and
/// nothing else: it never waits, has no socket and makes no system call.
///
/// What is posted runs in one turn, at the moment at which it was posted, behind everything of that moment that is
/// scheduled already; so what comes in together is worked on together, as by a real loop.
/// threads   one for each world
class event_loop {
public:
    /// shows       this process's clock, for what is waited for
    /// wall_base   what its other clock shows when the world begins: milliseconds since 1970
    event_loop(chronik::testing::scheduler& events, chronik::testing::clock shows, std::int64_t wall_base)
        : events_(&events), shows_(shows), wall_base_(wall_base), alive_(std::make_shared<bool>(true)) {}
    ~event_loop() {
        *alive_ = false;
        // Coroutines unwind through the context, which is destroyed next.
        auto const dropped = std::exchange(sleeping_, {});
    }
    event_loop(event_loop const&) = delete;
    event_loop& operator=(event_loop const&) = delete;

    void start(asio::awaitable<void> what) {
        asio::co_spawn(context_, std::move(what), [](std::exception_ptr thrown) {
            if (thrown) std::rethrow_exception(thrown);
        });
        request_turn();
    }
    template <class Task>
    void post(Task&& what) {
        asio::post(context_, std::forward<Task>(what));
        request_turn();
    }

    chronik::time_point now() const { return shows_.at(events_->now()); }
    std::int64_t wall_ms() const {
        auto const since = events_->now().time_since_epoch();
        return wall_base_ + std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
    }

    // What only the world knows.

    /// From now on the clock runs too fast by this many millionths.
    void run_at(std::int64_t ppm) { shows_.run_at(ppm, events_->now()); }
    /// The process is stopped until then, and finds what came meanwhile; its clocks go on.
    void freeze(chronik::time_point until) { frozen_until_ = std::max(frozen_until_, until); }
    /// Nothing is called any more, not even what waits already.
    void stop() {
        stopped_ = true;
        context_.stop();
    }
    /// Posts it when the clock shows `own`, or at once if it is later already.
    template <class Task>
    void alarm(chronik::time_point own, Task what) {
        events_->at(when(own), [this, alive = alive_, what = std::move(what)]() mutable {
            if (*alive) post(std::move(what));
        });
    }

private:
    friend class timer;

    /// When, by the world's time, the clock shows `own`; not before now.
    chronik::time_point when(chronik::time_point own) const { return std::max(shows_.when(own), events_->now()); }

    using resumption = std::move_only_function<void()>;
    struct sleeper {
        chronik::time_point due;
        resumption resume;
    };

    std::uint64_t suspend(chronik::duration limit, resumption resume) {
        auto const number = ++last_;
        auto const due = now() + std::max(limit, chronik::duration::zero());
        sleeping_.emplace(number, sleeper{due, std::move(resume)});
        arm(number, due);
        return number;
    }
    void arm(std::uint64_t number, chronik::time_point due) {
        events_->at(when(due), [this, number, alive = alive_] {
            if (!*alive) return;
            auto const found = sleeping_.find(number);
            if (found == sleeping_.end()) return;
            // The clock may run slower now than it did.
            if (now() < found->second.due) arm(number, found->second.due);
            else wake(number);
        });
    }
    void wake(std::uint64_t number) {
        auto found = sleeping_.extract(number);
        if (!found.empty()) post(std::move(found.mapped().resume));
    }

    void request_turn() {
        if (!std::exchange(turn_due_, true)) arm_turn();
    }
    void arm_turn() {
        events_->at(std::max(frozen_until_, events_->now()), [this, alive = alive_] {
            if (!*alive || stopped_) return;
            if (frozen_until_ > events_->now()) return arm_turn();
            context_.restart();
            context_.poll();
            turn_due_ = false;
        });
    }

    chronik::testing::scheduler* events_;
    chronik::testing::clock shows_;
    std::int64_t wall_base_;
    std::shared_ptr<bool> alive_;  ///< events of the world find it false when the process is gone
    std::map<std::uint64_t, sleeper> sleeping_;
    std::uint64_t last_ = 0;
    bool turn_due_ = false;
    bool stopped_ = false;
    chronik::time_point frozen_until_{};
    asio::io_context context_{1};
};

/// One pause of one coroutine, which somebody else may end.
class timer {
public:
    explicit timer(event_loop& loop) : loop_(&loop), alive_(loop.alive_) {}
    ~timer() { cancel(); }
    timer(timer const&) = delete;
    timer& operator=(timer const&) = delete;

    /// Until the limit is over, or cancel() is called.
    asio::awaitable<void> pause(chronik::duration limit) {
        auto begin = [this, limit](auto resume) { number_ = loop_->suspend(limit, std::move(resume)); };
        co_await asio::async_initiate<asio::use_awaitable_t<> const&, void()>(begin, asio::use_awaitable);
    }
    void cancel() {
        if (*alive_) loop_->wake(number_);
    }

private:
    event_loop* loop_;
    std::shared_ptr<bool> alive_;  ///< false once the loop is going
    std::uint64_t number_ = 0;
};

}  // namespace broker
