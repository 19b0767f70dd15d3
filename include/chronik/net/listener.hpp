// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/net/timer.hpp>

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace chronik::net {

/// Accepts TCP connections on one address and hands over their sockets.
///
/// Keeps accepting through errors of single connections; when the process has no descriptors left it says so and
/// pauses, instead of spinning.
/// threads   the loop's
class listener {
public:
    using accepted = std::move_only_function<void(asio::ip::tcp::socket)>;
    using failed = std::move_only_function<void(std::error_code)>;

    explicit listener(asio::io_context& loop) : state_(std::make_shared<state>(loop)) {}
    ~listener() { stop(); }
    listener(listener const&) = delete;
    listener& operator=(listener const&) = delete;

    /// address   a number, such as 0.0.0.0 or ::
    /// port      0 takes a free one; port() tells which
    /// on_failed a connection waits because it cannot be taken now; it is tried again. May be empty
    /// errors    of the operating system: address in use, no such address, not permitted
    result<void> listen(std::string const& address, std::uint16_t port, accepted on_accepted,
                        failed on_failed = nullptr) {
        std::error_code ec;
        auto const parsed = asio::ip::make_address(address, ec);
        if (ec) return std::unexpected(comparable(ec));
        auto& acceptor = state_->acceptor;
        asio::ip::tcp::endpoint const where(parsed, port);
        acceptor.open(where.protocol(), ec);
        if (!ec) acceptor.set_option(asio::ip::tcp::acceptor::reuse_address(true), ec);
        if (!ec) acceptor.bind(where, ec);
        if (!ec) acceptor.listen(asio::ip::tcp::acceptor::max_listen_connections, ec);
        if (ec) {
            std::error_code ignored;
            acceptor.close(ignored);
            return std::unexpected(comparable(ec));
        }
        state_->on_accepted = std::move(on_accepted);
        state_->on_failed = std::move(on_failed);
        accept(state_);
        return {};
    }

    std::uint16_t port() const {
        std::error_code ec;
        return state_->acceptor.local_endpoint(ec).port();
    }

    void stop() {
        std::error_code ignored;
        state_->stopped = true;
        state_->pause.cancel();
        state_->acceptor.close(ignored);
    }

private:
    struct state {
        explicit state(asio::io_context& loop) : acceptor(loop), pause(loop) {}
        asio::ip::tcp::acceptor acceptor;
        timer pause;
        accepted on_accepted;
        failed on_failed;
        bool stopped = false;
    };

    /// Asio has a category of its own for the system's numbers, which does not compare with std::errc.
    static std::error_code comparable(std::error_code ec) {
        if (ec.category() != asio::error::get_system_category()) return ec;
        return {ec.value(), std::system_category()};
    }

    static void accept(std::shared_ptr<state> const& self) {
        self->acceptor.async_accept([self](std::error_code ec, asio::ip::tcp::socket socket) {
            if (self->stopped) return;
            if (!ec) self->on_accepted(std::move(socket));
            if (self->stopped) return;
            if (ec && ec != asio::error::connection_aborted) {
                if (self->on_failed) self->on_failed(comparable(ec));
                if (self->stopped) return;
                // Out of descriptors or memory: the connection stays in the backlog and would be reported again.
                self->pause.after(std::chrono::milliseconds(50), [self] {
                    if (!self->stopped) accept(self);
                });
            } else {
                accept(self);
            }
        });
    }

    std::shared_ptr<state> state_;
};

}  // namespace chronik::net
