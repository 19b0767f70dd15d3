// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

/// How much a client may ask us to hold. Beyond a limit the request is refused before memory is taken.
namespace broker::wire {

/// One request with its header; what Kafka calls socket.request.max.bytes.
inline constexpr std::size_t request_bytes_max = std::size_t{100} << 20;
/// Any string: the old encoding can say no more, and the new one is held to the same.
inline constexpr std::size_t string_bytes_max = 32'767;
/// Elements of one array, whatever their size.
inline constexpr std::size_t array_elements_max = 1'000'000;
/// Memory for one decoded request besides its record batches, which stay in the receive buffer.
inline constexpr std::size_t decoded_bytes_max = std::size_t{64} << 20;
/// Structures in structures; the deepest message we serve has five.
inline constexpr std::size_t nesting_max = 8;
/// One batch after decompression; a small bomb must not become a large vector.
inline constexpr std::size_t uncompressed_bytes_max = std::size_t{128} << 20;

static_assert(decoded_bytes_max <= request_bytes_max, "what is decoded is part of a request");

}  // namespace broker::wire
