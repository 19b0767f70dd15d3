// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/transport/frame.hpp>

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace chronik::transport {

/// What became of a frame at the sender's end; no value says that it arrived.
enum class send_result : std::uint8_t {
    sent,         ///< taken; it may still be lost with the connection
    full,         ///< the peer's queue is at its limit: dropped
    unreachable,  ///< no connection to that node now: dropped
};

/// Carries frames to other nodes, without blocking and without a promise: frames may be lost, and those that
/// arrive from one node over one connection arrive in order and unchanged. docs/concepts/transport.md
template <class T>
concept transport = requires(std::remove_reference_t<T>& carrier, node_id to, frame const& message) {
    { carrier.send(to, message) } -> std::same_as<send_result>;
};

}  // namespace chronik::transport
