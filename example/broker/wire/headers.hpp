// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>

#include <wire/api_table.hpp>
#include <wire/codec.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace broker::wire {

/// What stands in front of every request.
struct request_header {
    std::int16_t api_key = 0;
    std::int16_t api_version = 0;
    std::int32_t correlation_id = 0;
    std::optional<std::string> client_id;

    bool operator==(request_header const&) const = default;
};

struct request_frame {
    request_header header;
    /// What is behind the header; shares the frame's owner.
    chronik::shared_bytes body;
};

/// The size of a frame prefix: four bytes that say how long the request behind them is.
inline constexpr std::size_t frame_prefix_bytes = 4;

/// Reads a frame prefix.
///
/// errors   errc::malformed for a length that no request has, errc::too_large above request_bytes_max.
///          Either way the stream cannot be read on: close it.
[[nodiscard]] chronik::result<std::size_t> read_frame_size(std::span<std::byte const, frame_prefix_bytes> prefix);

/// Takes a request (without its length prefix) apart.
///
/// The header's own version follows from the API key and version. For a key that the api table does not have,
/// header version 1 is read, so that the refusal can be logged with the client's id.
/// errors   errc::malformed
[[nodiscard]] chronik::result<request_frame> read_request(chronik::shared_bytes const& frame);

/// Writes a request with its length prefix: for tests and for brokers that ask brokers.
template <class Request>
[[nodiscard]] chronik::result<std::vector<chronik::shared_bytes>> frame_request(request_header const& header,
                                                                              Request const& body);

/// Writes the answer to `asked` with its length prefix, ready to be sent as a gather list.
///
/// errors   as encode()
template <class Response>
[[nodiscard]] chronik::result<std::vector<chronik::shared_bytes>> frame_response(request_header const& asked,
                                                                               Response const& body);

/// The answer to an ApiVersions request of an unknown version: body version 0, error 35, the ranges.
[[nodiscard]] std::vector<chronik::shared_bytes> frame_unsupported_api_versions(std::int32_t correlation_id);

namespace detail {

void write_request_header(request_header const& header, gather_writer& out);
void write_response_header(request_header const& asked, gather_writer& out);
/// Puts the length of all that was written into the first four bytes.
[[nodiscard]] chronik::result<std::vector<chronik::shared_bytes>> close_frame(gather_writer&& out);

}  // namespace detail

template <class Request>
chronik::result<std::vector<chronik::shared_bytes>> frame_request(request_header const& header, Request const& body) {
    gather_writer out;
    detail::write_request_header(header, out);
    if (auto const done = encode(body, header.api_version, out); !done) return std::unexpected(done.error());
    return detail::close_frame(std::move(out));
}

template <class Response>
chronik::result<std::vector<chronik::shared_bytes>> frame_response(request_header const& asked, Response const& body) {
    gather_writer out;
    detail::write_response_header(asked, out);
    if (auto const done = encode(body, asked.api_version, out); !done) return std::unexpected(done.error());
    return detail::close_frame(std::move(out));
}

}  // namespace broker::wire
