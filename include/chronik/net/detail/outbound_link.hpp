// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/random.hpp>
#include <chronik/net/detail/send_queue.hpp>
#include <chronik/net/detail/tcp_state.hpp>
#include <chronik/net/timer.hpp>
#include <chronik/transport/concepts.hpp>

#include <asio/connect.hpp>
#include <asio/ip/address.hpp>
#include <asio/post.hpp>
#include <asio/write.hpp>

#include <algorithm>
#include <concepts>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace chronik::net::detail {

/// The connection on which we send to one peer: dialled again for ever, one at a time.
///
/// Every dial has a number; a handler of an earlier one finds that out and does nothing.
class outbound_link : public std::enable_shared_from_this<outbound_link> {
    /// A handler that runs only while this dial is the current one, and keeps the link alive until it has run.
    template <class Call>
    auto current(Call call) {
        return [self = shared_from_this(), mine = dial_, call = std::move(call)](auto const&... arguments) mutable
            requires std::invocable<Call&, decltype(arguments)...>
        {
            if (self->dial_ == mine) call(arguments...);
        };
    }

public:
    outbound_link(std::shared_ptr<tcp_state> shared, std::shared_ptr<tcp_peer> peer, std::uint64_t seed)
        : shared_(std::move(shared)), peer_(std::move(peer)), chance_(seed), socket_(shared_->loop),
          resolver_(shared_->loop), timer_(shared_->loop), backoff_(shared_->options.dial_backoff_min),
          answer_(hello::body_bytes_max) {}

    bool up() const { return up_; }
    cluster_id const& cluster() const { return cluster_; }

    transport::send_result send(transport::frame const& message) {
        peer_metrics& metrics = peer_->metrics;
        std::size_t const bytes = message.body_bytes();
        CHRONIK_ASSERT(bytes <= shared_->options.body_bytes_max);
        if (!up_) {
            ++metrics.dropped_unreachable;
            return transport::send_result::unreachable;
        }
        // An empty queue takes any frame, or one larger than the queue could never be sent.
        bool const room = queue_.bytes() + bytes <= shared_->options.queue_bytes_max &&
                          queue_.frames() < shared_->options.queue_frames_max;
        if (!queue_.empty() && !room) {
            ++metrics.dropped_full;
            return transport::send_result::full;
        }
        queue_.push(message);
        metrics.queued_bytes = queue_.bytes();
        if (!writing_) write();
        return transport::send_result::sent;
    }

    void dial() {
        ++dial_;
        socket_ = asio::ip::tcp::socket(shared_->loop);
        answer_ = transport::splitter(hello::body_bytes_max);
        timer_.after(shared_->options.handshake_timeout, [self = shared_from_this()] { self->fail("no answer"); });
        std::error_code not_a_number;
        auto const address = asio::ip::make_address(peer_->address.host, not_a_number);
        if (!not_a_number) {
            asio::ip::tcp::endpoint const where(address, peer_->address.port);
            socket_.async_connect(where, current([this](std::error_code ec) { connected(ec); }));
            return;
        }
        resolver_.async_resolve(peer_->address.host, std::to_string(peer_->address.port),
            current([this](std::error_code ec, asio::ip::tcp::resolver::results_type const& found) {
                if (ec) return fail("the name " + peer_->address.host + " is not found: " + ec.message());
                asio::async_connect(socket_, found,
                    current([this](std::error_code failed, asio::ip::tcp::endpoint const&) { connected(failed); }));
            }));
    }

    /// Closes the connection and dials again: what it was agreed under is no longer true.
    void drop(std::string reason) {
        asio::post(shared_->loop, current([this, reason = std::move(reason)] { fail(reason); }));
    }

    void stop() {
        ++dial_;
        timer_.cancel();
        resolver_.cancel();
        close();
    }

private:
    void connected(std::error_code ec) {
        if (ec) return fail(ec.message());
        // Dialling a free port of this machine can meet itself; kept, it would hold the port against its owner.
        std::error_code unknown;
        if (socket_.local_endpoint(unknown) == socket_.remote_endpoint(unknown)) return fail("nobody listens");
        tune(socket_, shared_->options);
        hello const mine{shared_->self, peer_->address.node, shared_->cluster};
        hello_bytes_ = mine.encoded();
        asio::async_write(socket_, asio::buffer(hello_bytes_), current([this](std::error_code failed, std::size_t) {
            if (failed) return fail(failed.message());
            read();
        }));
    }

    /// The answer to the hello; after it only the end of the connection is to be read.
    void read() {
        auto const room = answer_.prepare();
        auto const into = asio::buffer(room.data(), room.size());
        socket_.async_read_some(into, current([this](std::error_code ec, std::size_t bytes) {
            if (ec) return fail(up_ ? ec.message() : "it closed the connection without an answer: " + ec.message());
            answer_.commit(bytes);
            auto const frame = answer_.next();
            if (!frame || (up_ && *frame)) return fail("it speaks another protocol");
            if (*frame && !judge(**frame)) return;
            read();
        }));
    }

    /// False when the connection is no longer ours to read.
    bool judge(transport::received_frame const& frame) {
        auto const answer = hello::decoded(frame);
        if (!answer) {
            fail("it speaks another protocol");
            return false;
        }
        hello_status status = answer->status;
        if (status == hello_status::accepted) {
            if (answer->sender != peer_->address.node) status = hello_status::wrong_receiver;
            if (!same_cluster(answer->cluster, shared_->cluster)) status = hello_status::wrong_cluster;
        }
        if (status != hello_status::accepted) {
            fail(std::string(explain(status)));
            return false;
        }
        timer_.cancel();
        backoff_ = shared_->options.dial_backoff_min;
        cluster_ = answer->cluster;
        up_ = true;
        last_reason_.clear();
        ++peer_->metrics.connects;
        std::uint64_t const mine = dial_;
        shared_->tell_peer(peer_->address.node, peer_change::up, {});
        return dial_ == mine;  // the owner may have stopped us
    }

    void write() {
        writing_ = true;
        socket_.async_write_some(queue_.gather(), current([this](std::error_code ec, std::size_t bytes) {
            writing_ = false;
            if (ec) return fail(ec.message());
            peer_metrics& metrics = peer_->metrics;
            metrics.bytes_sent += bytes;
            metrics.frames_sent += queue_.wrote(bytes);
            metrics.queued_bytes = queue_.bytes();
            if (!queue_.empty()) write();
        }));
    }

    void fail(std::string reason) {
        bool const was_up = std::exchange(up_, false);
        if (!was_up) ++peer_->metrics.dials_failed;
        ++dial_;
        resolver_.cancel();
        close();
        // Half of the wait is chance, so that nodes that lost each other together do not dial together.
        auto const half = static_cast<std::uint64_t>(backoff_.count()) / 2;
        duration const wait(static_cast<duration::rep>(half + chance_.below(half + 1)));
        backoff_ = std::min(backoff_ * 2, shared_->options.dial_backoff_max);
        timer_.after(wait, [self = shared_from_this()] { self->dial(); });
        if (!was_up && reason == last_reason_) return;
        last_reason_ = std::move(reason);
        shared_->tell_peer(peer_->address.node, peer_change::down, last_reason_);
    }

    void close() {
        std::error_code ignored;
        socket_.close(ignored);
        up_ = false;
        writing_ = false;
        peer_->metrics.dropped_unreachable += queue_.frames();
        peer_->metrics.queued_bytes = 0;
        queue_.clear();
    }

    std::shared_ptr<tcp_state> shared_;
    std::shared_ptr<tcp_peer> peer_;
    random chance_;
    asio::ip::tcp::socket socket_;
    asio::ip::tcp::resolver resolver_;
    timer timer_;
    duration backoff_;
    std::uint64_t dial_ = 0;
    bool up_ = false;
    bool writing_ = false;
    cluster_id cluster_{};
    std::string last_reason_;
    std::vector<std::byte> hello_bytes_;
    transport::splitter answer_;
    send_queue queue_;
};

}  // namespace chronik::net::detail
