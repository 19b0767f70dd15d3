// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/assert.hpp>
#include <chronik/schema/shared_reader.hpp>

#include <wire/headers.hpp>
#include <wire/kafka_format.hpp>
#include <wire/limits.hpp>

#include <limits>
#include <utility>

namespace broker::wire {

namespace {

// The client id keeps the old two-byte length in flexible headers too: a broker must be able to read the header
// of an ApiVersions request that is newer than itself.
constexpr kafka_format fixed{.flexible = false};

/// Key, version and correlation id.
constexpr std::size_t header_bytes_min = 8;

std::optional<std::string> read_client_id(schema::shared_reader& in) {
    auto const size = fixed.read_length(in, schema::length_kind::string);
    if (!size) return std::nullopt;
    auto const text = in.run(*size);
    return std::string{reinterpret_cast<char const*>(text.data()), text.size()};
}

void skip_tagged_section(schema::shared_reader& in) {
    std::uint64_t const count = chronik::read_uvarint<32>(in);
    for (std::uint64_t nth = 0; nth < count && !in.failed(); ++nth) {
        chronik::read_uvarint<32>(in);
        in.run(static_cast<std::size_t>(chronik::read_uvarint<32>(in)));
    }
}

}  // namespace

chronik::result<std::size_t> read_frame_size(std::span<std::byte const, frame_prefix_bytes> prefix) {
    auto const size = chronik::load<std::int32_t, std::endian::big>(prefix.data());
    if (size < static_cast<std::int32_t>(header_bytes_min)) return chronik::failure(chronik::errc::malformed);
    if (static_cast<std::size_t>(size) > request_bytes_max) return chronik::failure(chronik::errc::too_large);
    return static_cast<std::size_t>(size);
}

chronik::result<request_frame> read_request(chronik::shared_bytes const& frame) {
    schema::shared_reader in{frame};
    request_frame read;
    read.header.api_key = fixed.read_number<std::int16_t>(in);
    read.header.api_version = fixed.read_number<std::int16_t>(in);
    read.header.correlation_id = fixed.read_number<std::int32_t>(in);
    read.header.client_id = read_client_id(in);
    auto const* const known = find_api(read.header.api_key);
    if (known != nullptr && known->request_header_version(read.header.api_version) >= 2) skip_tagged_section(in);
    if (in.failed()) return chronik::failure(in.error());
    read.body = in.shared_run(in.remaining());
    return read;
}

std::vector<chronik::shared_bytes> frame_unsupported_api_versions(std::int32_t correlation_id) {
    request_header asked;
    asked.api_key = api_versions::request::key;
    asked.correlation_id = correlation_id;
    auto framed = frame_response(asked, unsupported_api_versions());
    CHRONIK_ASSERT(framed.has_value());
    return std::move(*framed);
}

namespace detail {

void write_request_header(request_header const& header, gather_writer& out) {
    auto const* const known = find_api(header.api_key);
    CHRONIK_ASSERT(known != nullptr);
    fixed.write_number(out, std::int32_t{0});
    fixed.write_number(out, header.api_key);
    fixed.write_number(out, header.api_version);
    fixed.write_number(out, header.correlation_id);
    if (header.client_id) {
        bool const fits = fixed.write_length(out, schema::length_kind::string, header.client_id->size());
        CHRONIK_ASSERT(fits);
        out.run(std::as_bytes(std::span{*header.client_id}));
    } else {
        fixed.write_null(out, schema::length_kind::string);
    }
    if (known->request_header_version(header.api_version) >= 2) chronik::write_uvarint(out, 0);
}

void write_response_header(request_header const& asked, gather_writer& out) {
    auto const* const known = find_api(asked.api_key);
    CHRONIK_ASSERT(known != nullptr);
    fixed.write_number(out, std::int32_t{0});
    fixed.write_number(out, asked.correlation_id);
    if (known->response_header_version(asked.api_version) >= 1) chronik::write_uvarint(out, 0);
}

chronik::result<std::vector<chronik::shared_bytes>> close_frame(gather_writer&& out) {
    std::size_t const size = out.size() - frame_prefix_bytes;
    if (size > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
        return chronik::failure(chronik::errc::too_large);
    }
    out.number_at<std::int32_t, std::endian::big>(0, static_cast<std::int32_t>(size));
    return std::move(out).finish();
}

}  // namespace detail

}  // namespace broker::wire
