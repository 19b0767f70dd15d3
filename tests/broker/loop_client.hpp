// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

/// Real sockets and one thread: server and client share a loop, which the test turns until something holds.
namespace broker::tests {

template <class Condition>
bool turn_until(asio::io_context& loop, Condition&& holds) {
    auto const limit = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!holds()) {
        if (std::chrono::steady_clock::now() > limit) return false;
        loop.restart();
        loop.run_one_for(std::chrono::milliseconds{100});
    }
    return true;
}

/// Runs what is ready, and what becomes ready by that.
inline void turn_idle(asio::io_context& loop) {
    loop.restart();
    while (loop.poll() != 0) {}
}

/// A client that keeps what it receives.
class loop_client {
public:
    enum class reads { yes, no };

    loop_client(asio::io_context& loop, std::uint16_t port, reads reading = reads::yes)
        : state_(std::make_shared<state>(loop)) {
        state_->socket.connect({asio::ip::make_address("127.0.0.1"), port});
        if (reading == reads::yes) read(state_);
    }
    ~loop_client() { close(); }
    loop_client(loop_client const&) = delete;
    loop_client& operator=(loop_client const&) = delete;

    void send(std::string text) {
        auto const kept = std::make_shared<std::string>(std::move(text));
        asio::async_write(state_->socket, asio::buffer(*kept), [kept](std::error_code, std::size_t) {});
    }
    void end() { state_->socket.shutdown(asio::ip::tcp::socket::shutdown_send); }
    void close() {
        std::error_code ignored;  // closing twice is as good
        state_->socket.close(ignored);
    }

    std::string const& received() const { return state_->received; }
    /// The server closed the connection.
    bool ended() const { return state_->ended; }

private:
    struct state {
        explicit state(asio::io_context& loop) : socket(loop) {}
        asio::ip::tcp::socket socket;
        std::array<char, 65536> chunk{};
        std::string received;
        bool ended = false;
    };

    static void read(std::shared_ptr<state> const& of) {
        of->socket.async_read_some(asio::buffer(of->chunk), [of](std::error_code failed, std::size_t count) {
            of->received.append(of->chunk.data(), count);
            of->ended = static_cast<bool>(failed);
            if (!failed) read(of);
        });
    }

    std::shared_ptr<state> state_;
};

inline std::string length_of(std::int32_t size) {
    auto const bits = static_cast<std::uint32_t>(size);
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>((bits >> shift) & 0xffU));
    return out;
}
inline std::string framed(std::string_view body) {
    return length_of(static_cast<std::int32_t>(body.size())) + std::string{body};
}

}  // namespace broker::tests
