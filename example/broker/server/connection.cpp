// SPDX-License-Identifier: Apache-2.0
#include <server/connection.hpp>

#include <server/mapped_reads.hpp>

#include <chronik/base/bytes.hpp>
#include <chronik/net/host_driver.hpp>

#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/error.hpp>
#include <asio/read.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <algorithm>
#include <cstring>
#include <system_error>

namespace broker {

namespace {

constexpr std::size_t length_bytes = 4;
constexpr std::size_t input_bytes = 16 * 1024;
/// Given to the operating system at once, or taken from it; Asio's own limit makes a call of every 64 KiB.
constexpr std::size_t write_bytes_max = 1024 * 1024;
constexpr std::size_t read_bytes_max = 1024 * 1024;
/// What a length alone can make us allocate; beyond it memory grows only with the bytes that really came.
constexpr std::size_t first_chunk_bytes = 1024 * 1024 + 64 * 1024;
/// What a request takes besides its bytes, about: the smallest ones must not be free.
constexpr std::size_t request_overhead_bytes = 1024;

}  // namespace

connection::connection(asio::ip::tcp::socket socket, budget& memory, connection_limits limits,
                       connection_metrics& metrics, request_handler handle)
    : socket_(std::move(socket)),
      memory_(&memory),
      limits_(limits),
      metrics_(&metrics),
      handle_(std::move(handle)),
      input_(input_bytes),
      answer_ready_(socket_.get_executor()),
      room_(socket_.get_executor()) {
    idle_since_ = chronik::net::steady_now();
    answer_ready_.expires_at(asio::steady_timer::time_point::max());
    room_.expires_at(asio::steady_timer::time_point::max());
    std::error_code ignored;  // a peer that is gone already has no address; the first read will say so
    auto const remote = socket_.remote_endpoint(ignored);
    if (!ignored) caller_.peer = remote.address().to_string() + ":" + std::to_string(remote.port());
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    ++metrics_->open;
}

connection::~connection() { --metrics_->open; }

void connection::start() {
    auto const self = shared_from_this();
    asio::co_spawn(socket_.get_executor(), [self] { return self->read_requests(); }, asio::detached);
    asio::co_spawn(socket_.get_executor(), [self] { return self->write_answers(); }, asio::detached);
}

void connection::stop() { close("the broker stops"); }

void connection::drain() {
    draining_ = true;
    std::error_code ignored;  // already closed is as good
    socket_.shutdown(asio::ip::tcp::socket::shutdown_receive, ignored);
    answer_ready_.cancel();
    room_.cancel();
}

void connection::close(char const* reason) {
    if (closed_) return;
    closed_ = true;
    reason_ = reason;
    std::error_code ignored;  // closing a socket that failed is what we want
    socket_.close(ignored);
    answer_ready_.cancel();
    room_.cancel();
    memory_->look_again();
}

void connection::expire(chronik::time_point now) {
    if (receiving_since_ != chronik::never && now - receiving_since_ >= limits_.receive_time_max) {
        ++metrics_->malformed;
        close("a request was begun and not finished");
    } else if (sending_since_ != chronik::never && now - sending_since_ >= limits_.send_pause_max) {
        close("the client does not take its answers");
    } else if (answers_.empty() && now - idle_since_ >= limits_.idle_time_max) {
        close("the client has been idle");
    }
}

void connection::answered() { answer_ready_.cancel(); }

/// Makes at least `at_least` bytes available in input_; false at the end of the stream.
asio::awaitable<bool> connection::read_more(std::size_t at_least) {
    while (filled_ - taken_ < at_least) {
        if (taken_ != 0) {
            std::memmove(input_.data(), input_.data() + taken_, filled_ - taken_);
            filled_ -= taken_;
            taken_ = 0;
        }
        std::error_code error;
        auto const count =
            co_await socket_.async_read_some(asio::buffer(input_.data() + filled_, input_.size() - filled_),
                                             asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return false;
        metrics_->bytes_received += count;
        filled_ += count;
    }
    co_return true;
}

asio::awaitable<void> connection::read_requests() {
    auto const self = shared_from_this();
    while (!closed_ && !draining_) {
        if (!co_await read_more(length_bytes)) break;
        auto const size = chronik::load<std::int32_t, std::endian::big>(input_.data() + taken_);
        taken_ += length_bytes;
        std::size_t const most = std::min(limits_.request_bytes_max, memory_->total() - request_overhead_bytes);
        if (size <= 0 || static_cast<std::size_t>(size) > most) {
            ++metrics_->malformed;
            close("a request's length is out of range");
            break;
        }
        receiving_since_ = chronik::net::steady_now();
        idle_since_ = receiving_since_;
        co_await read_request(static_cast<std::size_t>(size));
        receiving_since_ = chronik::never;
        while (!closed_ && answers_.size() >= limits_.requests_in_flight_max) {
            std::error_code woken;
            co_await room_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        }
    }
    draining_ = true;
    answer_ready_.cancel();
}

asio::awaitable<void> connection::read_request(std::size_t size) {
    // Each request has memory of its own, because its record batches live on in the log's tail and the peers' queues.
    std::size_t capacity = std::min(size, first_chunk_bytes);
    budget::share held = co_await memory_->take(capacity + request_overhead_bytes, closed_);
    if (closed_) co_return;
    auto body = std::make_shared_for_overwrite<std::byte[]>(capacity);
    std::size_t filled = std::min(size, filled_ - taken_);
    std::memcpy(body.get(), input_.data() + taken_, std::min(filled, capacity));
    taken_ += filled;
    while (filled < size) {
        if (filled == capacity) {
            std::size_t const larger = std::min(size, capacity * 2);
            held.merge(co_await memory_->take(larger - capacity, closed_));
            if (closed_) co_return;
            auto grown = std::make_shared_for_overwrite<std::byte[]>(larger);
            std::memcpy(grown.get(), body.get(), filled);
            body = std::move(grown);
            capacity = larger;
        }
        auto const all = [](std::error_code failed, std::size_t) { return failed ? std::size_t{0} : read_bytes_max; };
        std::error_code error;
        auto const count = co_await asio::async_read(socket_, asio::buffer(body.get() + filled, capacity - filled), all,
                                                     asio::redirect_error(asio::use_awaitable, error));
        metrics_->bytes_received += count;
        // A stopping broker cuts its own input; what was asked before is still answered.
        if (error && draining_) co_return;
        if (error) co_return close("the stream ended inside a request");
        filled += count;
    }
    if (closed_) co_return;
    auto const mine = std::make_shared<place>();
    mine->held = std::move(held);
    answers_.push_back(mine);
    ++metrics_->requests;
    std::span<std::byte const> const view{body.get(), size};
    handle_(caller_, chronik::shared_bytes{std::move(body), view}, reply{shared_from_this(), mine});
}

asio::awaitable<void> connection::write_answers() {
    auto const self = shared_from_this();
    std::vector<std::shared_ptr<place>> going;
    std::vector<asio::const_buffer> buffers;
    while (!closed_) {
        while (!answers_.empty() && answers_.front()->finished) {
            for (auto const& part : answers_.front()->parts) buffers.emplace_back(part.data(), part.size());
            answers_.front()->held = {};
            going.push_back(std::move(answers_.front()));
            answers_.pop_front();
        }
        if (!going.empty()) {
            room_.cancel();
            if (!buffers.empty()) {
                auto const progress = [this](std::error_code failed, std::size_t) {
                    sending_since_ = chronik::net::steady_now();
                    return failed ? std::size_t{0} : write_bytes_max;
                };
                std::error_code error;
                metrics_->bytes_sent += co_await asio::async_write(socket_, buffers, progress,
                                                                  asio::redirect_error(asio::use_awaitable, error));
                sending_since_ = chronik::never;
                if (error == asio::error::fault) {
                    // Something of it is mapped and cannot be read; a read of our own says what.
                    for (auto const& part : buffers)
                        read_through({static_cast<std::byte const*>(part.data()), part.size()});
                }
                if (error) co_return close("the client is gone");
            }
            going.clear();
            buffers.clear();
            continue;
        }
        if (draining_ && answers_.empty()) co_return close("all requests are answered");
        std::error_code woken;
        co_await answer_ready_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
}

}  // namespace broker
