// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/time.hpp>
#include <chronik/net/host_driver.hpp>
#include <chronik/net/tcp_transport.hpp>
#include <chronik/posix/directory.hpp>
#include <chronik/posix/io_lanes.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <system_error>
#include <utility>

/// What the broker stands on, on one page: files, threads, the way to other nodes, the loop and its clocks.
///
/// composition.hpp and the rooms above it know these names alone. The deterministic world has a page of the same name,
/// tests/broker_world/environment.hpp, with the same words in virtual time, and compiles the same sources with it.
namespace broker {

namespace environment {

using directory = chronik::posix::directory;      // models chronik::wal::directory
using lanes = chronik::posix::io_lanes;           // models chronik::executor
using links = chronik::net::tcp_transport;        // models chronik::transport::transport, and knows its peers

}  // namespace environment

/// The event loop as everything but the process around it sees it: what time it is, and what comes later.
///
/// threads   start() and the clocks: the loop's; post(): any
class event_loop {
public:
    /// A coroutine that nobody waits for; what it has not done when the loop goes is dropped.
    void start(asio::awaitable<void> what) { asio::co_spawn(context_, std::move(what), asio::detached); }

    /// Called from the loop, behind what waits there already.
    template <class Task>
    void post(Task&& what) {
        asio::post(context_, std::forward<Task>(what));
    }

    /// What is waited for.
    chronik::time_point now() const { return chronik::net::steady_now(); }
    /// What is written down: milliseconds since 1970.
    std::int64_t wall_ms() const {
        auto const since = std::chrono::system_clock::now().time_since_epoch();
        return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
    }

    /// For sockets, signals and whoever runs it.
    asio::io_context& context() { return context_; }

private:
    asio::io_context context_;
};

/// One pause of one coroutine, which somebody else may end.
///
/// threads   the loop's
class timer {
public:
    explicit timer(event_loop& loop) : timer_(loop.context()) {}

    /// Until the limit is over, or cancel() is called.
    asio::awaitable<void> pause(chronik::duration limit) {
        timer_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(limit));
        std::error_code woken;
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    void cancel() { timer_.cancel(); }

private:
    asio::steady_timer timer_;
};

}  // namespace broker
