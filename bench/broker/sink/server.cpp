// SPDX-License-Identifier: Apache-2.0
#include <broker/sink/server.hpp>

#include <broker/sink/request_reader.hpp>

#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <algorithm>
#include <exception>
#include <iterator>
#include <system_error>
#include <utility>
#include <vector>

namespace sink {

namespace {

/// Answers that may wait for those behind them, so that memory is bounded.
constexpr std::size_t parts_max = 256;

/// What fails beyond a client's own connection ends the program: it is thrown out of the loop.
constexpr auto pass_on = [](std::exception_ptr const& failed) {
    if (failed) std::rethrow_exception(failed);
};

}  // namespace

server::server(asio::io_context& loop, std::string const& host, std::uint16_t port)
    : loop_(&loop), acceptor_(loop, {asio::ip::make_address(host), port}) {
    self_ = {host, acceptor_.local_endpoint().port()};
}

void server::start() { asio::co_spawn(*loop_, accept(), pass_on); }

asio::awaitable<void> server::accept() {
    for (;;) {
        std::error_code error;
        auto socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
        // Out of descriptors, or worse: figures of a server that takes no more clients would be none.
        if (error) throw std::system_error{error, "accept"};
        ++received_.connections;
        asio::co_spawn(*loop_, serve(std::move(socket)), pass_on);
    }
}

asio::awaitable<void> server::serve(asio::ip::tcp::socket socket) {
    std::error_code error;
    socket.set_option(asio::ip::tcp::no_delay(true), error);
    if (error) co_return;  // the client is gone already
    request_reader reader{socket};
    std::vector<chronik::shared_bytes> parts;
    std::vector<asio::const_buffer> buffers;
    while (co_await reader.next()) {
        auto told = answer(reader.request(), self_, received_);
        if (!told) co_return;
        std::ranges::move(*told, std::back_inserter(parts));
        if (parts.empty() || (reader.has_another() && parts.size() < parts_max)) continue;
        for (auto const& part : parts) buffers.emplace_back(part.data(), part.size());
        co_await asio::async_write(socket, buffers, asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return;
        parts.clear();
        buffers.clear();
    }
}

}  // namespace sink
