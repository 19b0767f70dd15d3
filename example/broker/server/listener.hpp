// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <server/connection.hpp>

#include <chronik/base/error.hpp>
#include <chronik/base/time.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>

namespace broker {

struct listener_limits {
    connection_limits connection;
    std::size_t connections_max = 4096;
};

/// Accepts Kafka clients and keeps their connections.
///
/// threads   the loop's
class listener {
public:
    /// metrics   outlive the loop, because connections do
    listener(asio::io_context& loop, budget& memory, connection_metrics& metrics, listener_limits limits,
             connection::request_handler handle);

    /// errors   the operating system's; the port may be in use
    chronik::result<void> open(std::string const& address, std::uint16_t port);
    std::uint16_t port() const;

    /// Accepts nothing new; open connections answer what they have read and close.
    void drain();
    /// Closes everything at once.
    void stop();
    bool idle() const { return connections_.empty(); }

    /// Closes connections that stopped in the middle of a request; call it now and then.
    void sweep(chronik::time_point now);

private:
    asio::awaitable<void> accept();
    void forget_closed();

    asio::io_context* loop_;
    asio::ip::tcp::acceptor acceptor_;
    budget* memory_;
    listener_limits limits_;
    connection::request_handler handle_;
    connection_metrics* metrics_;
    std::unordered_set<std::shared_ptr<connection>> connections_;
};

}  // namespace broker
