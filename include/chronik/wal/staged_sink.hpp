// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/wal/options.hpp>
#include <chronik/wal/record.hpp>
#include <chronik/wal/segment.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace chronik::wal {

/// Part of a flush: bytes of the staging buffer that go to one place of one segment in one write.
template <file File>
struct staged_piece {
    std::shared_ptr<stored_segment<File>> target;
    std::size_t position = 0;  ///< in the segment
    std::size_t begin = 0;     ///< in the buffer
    std::size_t size = 0;      ///< of records, without the zeros after them
    std::size_t padding = 0;
};

/// One of the two staging buffers: one fills while the other is written. Never grows.
template <file File>
class staging_buffer {
public:
    explicit staging_buffer(std::size_t bytes_max)
        : bytes_(std::make_unique_for_overwrite<std::byte[]>(bytes_max + 2 * write_block_bytes)),
          bytes_max_(bytes_max) {}

    std::size_t used() const { return used_; }
    bool empty() const { return used_ == 0; }
    std::vector<staged_piece<File>> const& pieces() const { return pieces_; }
    std::span<std::byte const> bytes_of(staged_piece<File> const& piece) const {
        return {bytes_.get() + piece.begin, piece.size + piece.padding};
    }

    /// The next `size` bytes for the end of `target`; the caller has asked for room.
    std::byte* claim(std::shared_ptr<stored_segment<File>> const& target, std::size_t size) {
        CHRONIK_ASSERT(used_ + size <= bytes_max_);
        if (pieces_.empty() || pieces_.back().target != target) {
            pieces_.push_back({.target = target, .position = target->end, .begin = used_, .size = 0, .padding = 0});
        }
        std::byte* const claimed = bytes_.get() + used_;
        pieces_.back().size += size;
        used_ += size;
        return claimed;
    }

    /// Where the bytes of this flush for `target` begin.
    std::size_t flush_start(stored_segment<File> const& target) const {
        return pieces_.empty() || pieces_.back().target.get() != &target ? target.end : pieces_.back().position;
    }

    /// Zeros after the last record, up to a whole block and at least one header: they end the next scan, and no write
    /// reads a block before changing it.
    void pad() {
        auto& last = pieces_.back();
        std::size_t const end = last.position + last.size;
        std::size_t const wanted =
            (end + record_header_bytes + write_block_bytes - 1) / write_block_bytes * write_block_bytes;
        last.padding = std::min<std::size_t>(wanted, last.target->header.bytes) - end;
        std::memset(bytes_.get() + used_, 0, last.padding);
    }

    void clear() {
        used_ = 0;
        pieces_.clear();
    }

private:
    std::unique_ptr<std::byte[]> bytes_;
    std::size_t bytes_max_;
    std::size_t used_ = 0;
    std::vector<staged_piece<File>> pieces_;
};

}  // namespace chronik::wal
