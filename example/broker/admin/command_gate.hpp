// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <admin/commands.hpp>

#include <chronik/base/time.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace broker::admin {

/// The way of a command from a thread of the HTTP server to the event loop, and of its answer back.
///
/// Few wait at the same time, and none for ever: a loop that hangs must not take the threads that report it.
/// threads   ask() and close() from any; `deliver` is called on the asking one, and `answered` from any, once
class command_gate {
public:
    using answered = std::function<void(reply)>;
    using deliver = std::function<void(command, answered)>;

    static constexpr std::size_t waiting_max = 2;

    explicit command_gate(deliver to_loop, chronik::duration limit = std::chrono::seconds{10})
        : to_loop_(std::move(to_loop)), limit_(limit) {}

    /// Waits for the answer; without one in time, or when the node stops, says that the outcome is not known.
    reply ask(command what) {
        auto const mine = std::make_shared<std::optional<reply>>();
        {
            std::scoped_lock const lock(now_->mutex);
            if (now_->closed) return stopping();
            if (now_->waiting == waiting_max) return {503, "other commands are being carried out: ask again"};
            ++now_->waiting;
        }
        to_loop_(std::move(what), [mine, now = now_](reply told) {
            std::scoped_lock const lock(now->mutex);
            if (!*mine) *mine = std::move(told);
            now->changed.notify_all();
        });
        std::unique_lock lock(now_->mutex);
        now_->changed.wait_for(lock, limit_, [&] { return mine->has_value() || now_->closed; });
        --now_->waiting;
        if (*mine) return **mine;
        return now_->closed ? stopping() : reply{504, "no answer in time: it may still be carried out"};
    }

    /// Whoever waits is told that this node stops.
    void close() {
        std::scoped_lock const lock(now_->mutex);
        now_->closed = true;
        now_->changed.notify_all();
    }

private:
    /// Outlives the gate in the answers that are still on their way.
    struct state {
        std::mutex mutex;
        std::condition_variable changed;
        std::size_t waiting = 0;
        bool closed = false;
    };

    static reply stopping() { return {503, "this node is stopping: ask another"}; }

    deliver to_loop_;
    chronik::duration limit_;
    std::shared_ptr<state> now_ = std::make_shared<state>();
};

}  // namespace broker::admin
