// SPDX-License-Identifier: Apache-2.0
#include <broker/sink/request_reader.hpp>

#include <wire/headers.hpp>

#include <asio/buffer.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>
#include <cstring>

namespace sink {

namespace {

namespace wire = broker::wire;

/// Those of the broker's connections: what is read before a request's length is known, and what a length alone can
/// make us allocate.
constexpr std::size_t input_bytes = 16 * 1024;
constexpr std::size_t first_chunk_bytes = 1024 * 1024 + 64 * 1024;

}  // namespace

request_reader::request_reader(asio::ip::tcp::socket& from) : socket_(&from), held_(input_bytes) {}

/// Until `wanted` bytes from begins_ on are here; false at the end of the stream.
asio::awaitable<bool> request_reader::fill(std::size_t wanted) {
    if (here().size() >= wanted) co_return true;
    std::memmove(held_.data(), held_.data() + begins_, here().size());
    filled_ -= begins_;
    begins_ = 0;
    // What came behind a large request would have to be moved to the front for the next one.
    std::size_t const end = std::max(wanted, input_bytes);
    while (filled_ < wanted) {
        if (filled_ == held_.size()) held_.resize(std::min(end, std::max(held_.size() * 2, first_chunk_bytes)));
        auto const room = asio::buffer(held_.data() + filled_, std::min(held_.size(), end) - filled_);
        std::error_code error;
        filled_ += co_await socket_->async_read_some(room, asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return false;
    }
    co_return true;
}

asio::awaitable<bool> request_reader::next() {
    begins_ += size_;
    size_ = 0;
    if (!co_await fill(wire::frame_prefix_bytes)) co_return false;
    auto const size = wire::read_frame_size(here().first<wire::frame_prefix_bytes>());
    if (!size || !co_await fill(wire::frame_prefix_bytes + *size)) co_return false;
    begins_ += wire::frame_prefix_bytes;
    size_ = *size;
    co_return true;
}

bool request_reader::has_another() const {
    auto const behind = here().subspan(size_);
    if (behind.size() < wire::frame_prefix_bytes) return false;
    auto const size = wire::read_frame_size(behind.first<wire::frame_prefix_bytes>());
    return size && behind.size() >= wire::frame_prefix_bytes + *size;
}

}  // namespace sink
