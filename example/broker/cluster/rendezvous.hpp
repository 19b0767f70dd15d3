// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace broker {

/// One value that one coroutine waits for and somebody else brings, or does not bring in time.
///
/// For administrative requests: it costs a timer each. Produce and fetch use deadlines instead.
/// threads   the loop's
template <class Value>
class rendezvous {
public:
    explicit rendezvous(asio::io_context& loop) : timer_(loop) {}

    void bring(Value value) {
        if (value_) return;
        value_.emplace(std::move(value));
        timer_.cancel();
    }

    /// The value, or nothing when `limit` has passed without one.
    asio::awaitable<std::optional<Value>> wait(std::chrono::nanoseconds limit) {
        if (!value_) {
            timer_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(limit));
            std::error_code woken;
            co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        }
        co_return std::exchange(value_, std::nullopt);
    }

private:
    asio::steady_timer timer_;
    std::optional<Value> value_;
};

}  // namespace broker
