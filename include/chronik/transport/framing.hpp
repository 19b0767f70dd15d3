// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/bytes.hpp>
#include <chronik/base/error.hpp>
#include <chronik/transport/frame.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace chronik::transport {

/// What stands before every frame's body on a stream; docs/formats/frame.md.
struct frame_header {
    static constexpr std::size_t bytes = 8;
    static constexpr std::uint8_t current_version = 1;

    std::uint32_t body_bytes = 0;
    std::uint8_t version = current_version;
    std::uint8_t channel = 0;

    std::array<std::byte, bytes> encoded() const {
        std::array<std::byte, bytes> out{};
        store<std::uint32_t, std::endian::little>(out.data(), body_bytes);
        store<std::uint8_t, std::endian::little>(out.data() + 4, version);
        store<std::uint8_t, std::endian::little>(out.data() + 5, channel);
        return out;
    }

    /// errors   errc::unsupported_version; errc::malformed if a reserved bit is set; errc::too_large beyond the limit
    static result<frame_header> decoded(std::span<std::byte const, bytes> in, std::size_t body_bytes_max) {
        frame_header const header{load<std::uint32_t, std::endian::little>(in.data()),
                                  load<std::uint8_t, std::endian::little>(in.data() + 4),
                                  load<std::uint8_t, std::endian::little>(in.data() + 5)};
        if (header.version != current_version) return failure(errc::unsupported_version);
        if (load<std::uint16_t, std::endian::little>(in.data() + 6) != 0) return failure(errc::malformed);
        if (header.body_bytes > body_bytes_max) return failure(errc::too_large);
        return header;
    }
};

struct received_frame {
    std::uint8_t channel = 0;
    shared_bytes body;
};

/// Cuts a byte stream from an untrusted peer into frames, without copying what arrived whole.
///
///     auto room = in.prepare();  n = read(socket, room);  in.commit(n);
///     while (auto frame = in.next(); frame && *frame) use(**frame);
///
/// Bodies are slices of the receive buffer and keep it alive, so keep a small body for long only as a copy.
/// Memory follows the bytes that have arrived, never the length a peer announces.
/// errors   of next() are final: the stream has no meaning any more, close it
class splitter {
public:
    static constexpr std::size_t chunk_bytes = std::size_t{64} << 10;

    explicit splitter(std::size_t body_bytes_max) : body_bytes_max_(body_bytes_max) {}

    /// Changes the limit for the frames that follow: small for a stranger's first frame, larger for a peer.
    void set_body_bytes_max(std::size_t body_bytes_max) { body_bytes_max_ = body_bytes_max; }

    /// Where to read into; never empty.
    std::span<std::byte> prepare() {
        std::size_t const pending = filled_ - taken_;
        if (capacity_ - filled_ < room_bytes_min) {
            std::size_t const wanted = std::max(chunk_bytes, pending + std::max(pending, chunk_bytes / 2));
            auto fresh = std::make_shared_for_overwrite<std::byte[]>(wanted);
            if (pending != 0) std::memcpy(fresh.get(), chunk_.get() + taken_, pending);
            chunk_ = std::move(fresh);
            capacity_ = wanted;
            taken_ = 0;
            filled_ = pending;
        }
        return {chunk_.get() + filled_, capacity_ - filled_};
    }

    /// bytes   of the last prepare() that now hold input
    void commit(std::size_t bytes) {
        CHRONIK_ASSERT(bytes <= capacity_ - filled_);
        filled_ += bytes;
    }

    /// The next whole frame, or nothing yet.
    result<std::optional<received_frame>> next() {
        if (failed_) return std::unexpected(failed_);
        if (filled_ - taken_ < frame_header::bytes) return std::nullopt;
        std::span<std::byte const, frame_header::bytes> const head{chunk_.get() + taken_, frame_header::bytes};
        auto const header = frame_header::decoded(head, body_bytes_max_);
        if (!header) {
            failed_ = header.error();
            return std::unexpected(failed_);
        }
        if (filled_ - taken_ - frame_header::bytes < header->body_bytes) return std::nullopt;
        std::byte const* const body = chunk_.get() + taken_ + frame_header::bytes;
        taken_ += frame_header::bytes + header->body_bytes;
        if (header->body_bytes == 0) return received_frame{header->channel, {}};
        return received_frame{header->channel, shared_bytes{chunk_, {body, header->body_bytes}}};
    }

private:
    static constexpr std::size_t room_bytes_min = std::size_t{4} << 10;

    std::size_t body_bytes_max_;
    std::shared_ptr<std::byte[]> chunk_;  // bytes before filled_ may be shared by bodies: never written again
    std::size_t capacity_ = 0;
    std::size_t taken_ = 0;
    std::size_t filled_ = 0;
    std::error_code failed_;
};

}  // namespace chronik::transport
