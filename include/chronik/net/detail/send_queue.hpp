// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/transport/framing.hpp>

#include <asio/buffer.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>

namespace chronik::net::detail {

/// Frames on their way to one peer, offered to the socket as one gather list and dropped as they are written.
class send_queue {
public:
    /// As many as the system call takes in Asio.
    static constexpr std::size_t buffers_max = 64;

    bool empty() const { return frames_.empty(); }
    std::size_t frames() const { return frames_.size(); }
    std::size_t bytes() const { return bytes_; }

    void push(transport::frame const& message) {
        transport::frame_header const header{static_cast<std::uint32_t>(message.body_bytes()),
                                             transport::frame_header::current_version, message.channel};
        frames_.push_back({header.encoded(), message});
        bytes_ += transport::frame_header::bytes + header.body_bytes;
    }

    /// What to write next; valid until the next call of anything but push().
    std::span<asio::const_buffer const> gather() {
        std::size_t count = 0;
        std::size_t skip = written_;
        auto const add = [&](std::span<std::byte const> bytes) {
            std::size_t const skipped = std::min(skip, bytes.size());
            skip -= skipped;
            if (skipped < bytes.size()) buffers_[count++] = {bytes.data() + skipped, bytes.size() - skipped};
        };
        for (queued const& next : frames_) {
            if (count == buffers_max) break;
            add(next.header);
            for (shared_bytes const& part : next.message.parts) {
                if (count == buffers_max) break;
                add(part.view());
            }
        }
        return std::span{buffers_}.first(count);
    }

    /// returns   how many frames were finished by these bytes
    std::size_t wrote(std::size_t bytes) {
        std::size_t finished = 0;
        written_ += bytes;
        bytes_ -= bytes;
        while (!frames_.empty()) {
            std::size_t const whole = transport::frame_header::bytes + frames_.front().message.body_bytes();
            if (written_ < whole) break;
            written_ -= whole;
            frames_.pop_front();
            ++finished;
        }
        return finished;
    }

    void clear() {
        frames_.clear();
        bytes_ = 0;
        written_ = 0;
    }

private:
    struct queued {
        std::array<std::byte, transport::frame_header::bytes> header;
        transport::frame message;
    };

    std::deque<queued> frames_;
    std::size_t bytes_ = 0;
    std::size_t written_ = 0;  // of the first frame
    std::array<asio::const_buffer, buffers_max> buffers_;
};

}  // namespace chronik::net::detail
