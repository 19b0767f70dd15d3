// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/base/time.hpp>
#include <chronik/net/tcp_options.hpp>

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

namespace chronik::net {

/// The monotonic clock of a real process, as the time_point of the library.
inline time_point steady_now() {
    return time_point{std::chrono::duration_cast<duration>(std::chrono::steady_clock::now().time_since_epoch())};
}

/// Runs a chronik::host on an Asio loop: inputs come in, one turn is finished after each batch of them, and a single
/// timer wakes whichever group is due.
///
/// The turn is posted behind the inputs that are already queued, so whatever one poll of the sockets brought is
/// staged together and shares one sync.
/// threads   the loop's; request_turn() as well
template <class Host>
class host_driver {
public:
    explicit host_driver(asio::io_context& loop) : loop_(&loop), timer_(loop), alive_(std::make_shared<bool>(true)) {}
    ~host_driver() { *alive_ = false; }
    host_driver(host_driver const&) = delete;
    host_driver& operator=(host_driver const&) = delete;

    /// The one that is driven.
    Host& host() {
        CHRONIK_ASSERT(host_ != nullptr);
        return *host_;
    }

    /// What a transport calls with the frames of this host: each is an input, and makes a turn due.
    auto receiver() {
        return [this](node_id from, std::uint8_t, shared_bytes body) {
            if (host_ == nullptr) return;
            host_->on_frame(from, std::move(body), steady_now());
            request_turn();
        };
    }

    /// What a transport calls when it has lost a peer, or found it again: see host::suspect.
    auto peer_watch() {
        return [this](node_id peer, peer_change change, std::string_view) {
            if (host_ == nullptr || change != peer_change::down) return;
            host_->suspect(peer, steady_now());
        };
    }

    asio::io_context::executor_type get_executor() const { return loop_->get_executor(); }

    /// The host needs a request_turn callback and the driver a host, so they meet after both are made.
    void drive(Host& host) {
        host_ = &host;
        request_turn();
    }

    /// Call after any input to the host; cheap when a turn is already due.
    void request_turn() {
        if (turn_due_ || host_ == nullptr) return;
        turn_due_ = true;
        asio::post(*loop_, [this, alive = alive_] {
            if (*alive) finish_turn();
        });
    }

    void stop() {
        host_ = nullptr;
        timer_.cancel();
    }

private:
    void finish_turn() {
        turn_due_ = false;
        if (host_ == nullptr) return;
        host_->finish_turn(steady_now());
        arm();
    }

    void arm() {
        time_point const when = host_->wake_at();
        if (when == never || when >= armed_) return;
        armed_ = when;
        timer_.expires_at(std::chrono::steady_clock::time_point{
            std::chrono::duration_cast<std::chrono::steady_clock::duration>(when.time_since_epoch())});
        timer_.async_wait([this, alive = alive_](auto const& aborted) {
            if (aborted || !*alive || host_ == nullptr) return;
            armed_ = never;
            host_->on_time(steady_now());
            finish_turn();
        });
    }

    asio::io_context* loop_;
    asio::steady_timer timer_;
    Host* host_ = nullptr;
    std::shared_ptr<bool> alive_;
    time_point armed_ = never;
    bool turn_due_ = false;
};

}  // namespace chronik::net
