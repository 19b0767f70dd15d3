// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/time.hpp>

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <system_error>
#include <utility>

namespace chronik::net {

/// Calls a function once, later, on the loop. Setting it again forgets what was set before, also when that was
/// already due; so does the destructor.
///
/// threads   the loop's
class timer {
public:
    explicit timer(asio::io_context& loop) : timer_(loop), round_(std::make_shared<std::uint64_t>(0)) {}
    ~timer() { cancel(); }
    timer(timer const&) = delete;
    timer& operator=(timer const&) = delete;

    template <class Call>
    void after(duration wait, Call call) {
        timer_.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(wait));
        start(std::move(call));
    }

    /// when   on the scale of std::chrono::steady_clock
    template <class Call>
    void at(time_point when, Call call) {
        timer_.expires_at(asio::steady_timer::time_point(
            std::chrono::duration_cast<asio::steady_timer::duration>(when.time_since_epoch())));
        start(std::move(call));
    }

    void cancel() {
        ++*round_;
        timer_.cancel();
    }

private:
    template <class Call>
    void start(Call call) {
        // A timer that is already due cannot be cancelled any more, so each setting has a number.
        std::uint64_t const mine = ++*round_;
        timer_.async_wait([call = std::move(call), round = round_, mine](std::error_code ec) mutable {
            if (!ec && *round == mine) call();
        });
    }

    asio::steady_timer timer_;
    std::shared_ptr<std::uint64_t> round_;
};

}  // namespace chronik::net
