// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/wal/options.hpp>
#include <chronik/wal/record.hpp>
#include <chronik/wal/segment.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace chronik::wal {

/// Part of a flush: bytes for one place of one segment.
template <file File>
struct flush_piece {
    std::shared_ptr<stored_segment<File>> target;
    std::size_t position = 0;  ///< in the segment
    std::size_t begin = 0;     ///< bytes of the flush before it
    std::size_t size = 0;      ///< of records, without the zeros after them
    std::size_t padding = 0;
};

/// What a flush writes, and where: one piece for each segment, oldest first.
template <file File>
class flush_pieces {
public:
    using segment_ptr = std::shared_ptr<stored_segment<File>>;

    std::size_t used() const { return used_; }
    std::vector<flush_piece<File>> const& all() const { return all_; }

    /// The next `size` bytes at the end of `target`.
    void add(segment_ptr const& target, std::size_t size) {
        if (all_.empty() || all_.back().target != target)
            all_.push_back({.target = target, .position = target->end, .begin = used_, .size = 0, .padding = 0});
        all_.back().size += size;
        used_ += size;
    }

    /// Zeros after the last record, up to a whole block and at least one header: they end the next scan, and no write
    /// reads a block before changing it.
    ///
    /// returns   how many
    std::size_t pad() {
        auto& last = all_.back();
        std::size_t const end = last.position + last.size;
        std::size_t const wanted =
            (end + record_header_bytes + write_block_bytes - 1) / write_block_bytes * write_block_bytes;
        last.padding = std::min<std::size_t>(wanted, last.target->header.bytes) - end;
        return last.padding;
    }

    void clear() {
        used_ = 0;
        all_.clear();
    }

private:
    std::size_t used_ = 0;
    std::vector<flush_piece<File>> all_;
};

}  // namespace chronik::wal
