// SPDX-License-Identifier: Apache-2.0
#include <server/listener.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <chrono>

namespace broker {

listener::listener(asio::io_context& loop, budget& memory, connection_metrics& metrics, listener_limits limits,
                   connection::request_handler handle)
    : loop_(&loop),
      acceptor_(loop),
      memory_(&memory),
      limits_(limits),
      handle_(std::move(handle)),
      metrics_(&metrics) {}

chronik::result<void> listener::open(std::string const& address, std::uint16_t port) {
    using asio::ip::tcp;
    std::error_code error;
    tcp::resolver resolver{*loop_};
    auto const found = resolver.resolve(address, std::to_string(port), tcp::resolver::passive, error);
    if (error) return std::unexpected(error);
    tcp::endpoint const endpoint = *found.begin();
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    // Asio's own category says the same numbers and compares with no std::errc.
    if (error) return std::unexpected(std::error_code{error.value(), std::system_category()});
    asio::co_spawn(*loop_, accept(), asio::detached);
    return {};
}

std::uint16_t listener::port() const {
    std::error_code error;
    auto const local = acceptor_.local_endpoint(error);
    return error ? std::uint16_t{0} : local.port();
}

asio::awaitable<void> listener::accept() {
    while (acceptor_.is_open()) {
        std::error_code error;
        auto socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (error == asio::error::operation_aborted) co_return;
        if (error) {
            ++metrics_->accepts_failed;
            metrics_->accept_error = error;
            // Out of descriptors, usually: the clients already here go on, the next try comes when some have left.
            asio::steady_timer pause{*loop_, std::chrono::milliseconds{100}};
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
            continue;
        }
        forget_closed();
        // Closed ones count until the last of their answers is dropped: they still hold memory.
        if (metrics_->open >= limits_.connections_max) {
            ++metrics_->refused;
            socket.close(error);
            continue;
        }
        ++metrics_->accepted;
        auto const added =
            std::make_shared<connection>(std::move(socket), *memory_, limits_.connection, *metrics_, handle_);
        connections_.insert(added);
        added->start();
    }
}

void listener::forget_closed() {
    std::erase_if(connections_, [](auto const& one) { return one->closed(); });
}

void listener::sweep(chronik::time_point now) {
    for (auto const& one : connections_) one->expire(now);
    forget_closed();
}

void listener::drain() {
    std::error_code ignored;  // a listener that never opened has nothing to close
    acceptor_.close(ignored);
    for (auto const& one : connections_) one->drain();
}

void listener::stop() {
    std::error_code ignored;  // as above
    acceptor_.close(ignored);
    for (auto const& one : connections_) one->stop();
    connections_.clear();
}

}  // namespace broker
