// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/bytes.hpp>
#include <chronik/base/shared_bytes.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace chronik {

/// Collects encoded bytes as parts. Payloads from `shared_bytes_min` on are kept by reference and never copied; what is
/// between them is written to one block, as large as the one before had to be.
class part_writer {
public:
    static constexpr std::size_t shared_bytes_min = 512;

    template <std::integral T, std::endian Order>
    void number(T value) {
        store<T, Order>(claim(sizeof(T)), value);
    }
    void run(std::span<std::byte const> source) {
        if (!source.empty()) std::memcpy(claim(source.size()), source.data(), source.size());
    }
    void shared(shared_bytes const& payload) {
        if (payload.size() < shared_bytes_min) return run(payload.view());
        close();
        size_ += payload.size();
        parts_.push_back(payload);
    }

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

    std::vector<shared_bytes> take() {
        close();
        block_bytes_ = std::max(end_, block_bytes_min);
        block_.reset();
        begin_ = end_ = capacity_ = size_ = 0;
        return std::exchange(parts_, {});
    }

private:
    static constexpr std::size_t block_bytes_min = 256;

    std::byte* claim(std::size_t size) {
        if (capacity_ - end_ < size) grow(size);
        std::byte* const claimed = block_.get() + end_;
        end_ += size;
        size_ += size;
        return claimed;
    }
    /// What no part has yet moves along; the others keep the block that they are in.
    void grow(std::size_t size) {
        std::size_t const open = end_ - begin_;
        capacity_ = std::max({block_bytes_, 2 * capacity_, open + size});
        auto larger = std::make_shared_for_overwrite<std::byte[]>(capacity_);
        if (open != 0) std::memcpy(larger.get(), block_.get() + begin_, open);
        block_ = std::move(larger);
        begin_ = 0;
        end_ = open;
    }
    void close() {
        if (begin_ == end_) return;
        parts_.emplace_back(block_, std::span{block_.get() + begin_, end_ - begin_});
        begin_ = end_;
    }

    std::shared_ptr<std::byte[]> block_;
    std::size_t block_bytes_ = block_bytes_min;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;  ///< of what no part has yet
    std::size_t end_ = 0;
    std::vector<shared_bytes> parts_;
    std::size_t size_ = 0;  ///< of all parts
};

}  // namespace chronik
