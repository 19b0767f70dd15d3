// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace sink {

/// Reads requests whole, as the broker's connections do: a little until the length is known, then the rest of a large
/// one and no more. The memory is this reader's, used again for each.
///
///     while (co_await reader.next()) use(reader.request());
/// threads   the loop's; the socket outlives it
class request_reader {
public:
    explicit request_reader(asio::ip::tcp::socket& from);

    /// Goes on to the next request; what request() gave is gone.
    ///
    /// returns   false at the end of the stream, also inside a request, and for a length that no request has
    asio::awaitable<bool> next();
    /// Without its length.
    std::span<std::byte const> request() const { return {held_.data() + begins_, size_}; }
    /// Whether next() would read nothing.
    bool has_another() const;

private:
    asio::awaitable<bool> fill(std::size_t wanted);
    std::span<std::byte const> here() const { return {held_.data() + begins_, filled_ - begins_}; }

    asio::ip::tcp::socket* socket_;
    std::vector<std::byte> held_;
    std::size_t begins_ = 0;  ///< of the request, behind its length, or of what is not taken
    std::size_t size_ = 0;    ///< of the request
    std::size_t filled_ = 0;
};

}  // namespace sink
