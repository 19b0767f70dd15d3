// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <environment.hpp>

#include <chronik/base/time.hpp>

#include <asio/awaitable.hpp>

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
    explicit rendezvous(event_loop& loop) : timer_(loop) {}

    void bring(Value value) {
        if (value_) return;
        value_.emplace(std::move(value));
        timer_.cancel();
    }

    /// The value, or nothing when `limit` has passed without one.
    asio::awaitable<std::optional<Value>> wait(chronik::duration limit) {
        if (!value_) co_await timer_.pause(limit);
        co_return std::exchange(value_, std::nullopt);
    }

private:
    timer timer_;
    std::optional<Value> value_;
};

}  // namespace broker
