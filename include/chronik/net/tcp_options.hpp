// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/base/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace chronik::net {

struct tcp_options {
    std::size_t queue_bytes_max = std::size_t{64} << 20;  ///< waiting for one peer; beyond it frames are dropped
    std::size_t queue_frames_max = 65536;
    std::size_t body_bytes_max = std::size_t{128} << 20;  ///< of one frame, sent or received
    std::size_t handshakes_max = 64;  ///< connections from outside that have not said who they are; more are closed
    duration dial_backoff_min = std::chrono::milliseconds(20);
    duration dial_backoff_max = std::chrono::milliseconds(500);
    duration handshake_timeout = std::chrono::seconds(2);  ///< from the first packet to the accepted hello
    duration silence_timeout = std::chrono::seconds(5);    ///< sent bytes unacknowledged for so long: the peer is gone
};

/// Where another node listens.
struct peer_address {
    node_id node;
    std::string host;  ///< name or number
    std::uint16_t port = 0;
};

/// Counters of one peer; they outlive its connections. Read them on the loop's thread.
struct peer_metrics {
    std::uint64_t frames_sent = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t frames_received = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t connects = 0;             ///< connections to it that were accepted; all but one are reconnections
    std::uint64_t dials_failed = 0;
    std::uint64_t dropped_full = 0;         ///< frames: its queue was at the limit
    std::uint64_t dropped_unreachable = 0;  ///< frames: no connection, or lost with it
    std::size_t queued_bytes = 0;
};

enum class peer_change : std::uint8_t { up, down };

/// What a tcp_transport tells its owner, always from the loop, never from within a call of the owner's.
struct tcp_handlers {
    std::move_only_function<void(node_id from, std::uint8_t channel, shared_bytes body)> on_frame;
    /// up: send() reaches it. down: it does not, or the reason why it does not has changed. May be empty.
    std::move_only_function<void(node_id peer, peer_change change, std::string_view reason)> on_peer;
    /// A connection from outside was turned away, or waits because the system has no descriptor for it. May be empty.
    std::move_only_function<void(std::string_view address, std::string_view reason)> on_refused;
};

}  // namespace chronik::net
