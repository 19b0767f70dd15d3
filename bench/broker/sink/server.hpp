// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker/sink/answers.hpp>
#include <broker/sink/ledger.hpp>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <cstdint>
#include <string>

namespace sink {

/// A Kafka server that keeps counts and nothing else: the most that a server of one event loop can take from a client
/// on this machine.
///
/// The sockets are as the broker's: no delay, and the kernel's own buffers.
/// threads   the loop's; outlives it
class server {
public:
    /// throws   std::system_error, when the port cannot be had
    server(asio::io_context& loop, std::string const& host, std::uint16_t port);

    /// Serves as long as the loop runs.
    void start();
    address const& where() const { return self_; }
    ledger const& received() const { return received_; }

private:
    asio::awaitable<void> accept();
    asio::awaitable<void> serve(asio::ip::tcp::socket socket);

    asio::io_context* loop_;
    asio::ip::tcp::acceptor acceptor_;
    address self_;
    ledger received_;
};

}  // namespace sink
