// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/flush_pieces.hpp>
#include <chronik/wal/segment.hpp>
#include <chronik/wal/sync_mark.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace chronik::wal {

/// Where a sync comes next, the device begins with what is copied up to a multiple of this.
inline constexpr std::size_t write_part_bytes = 256 * 1024;

/// What a flush is to do besides writing its batch.
///
/// number      see record_header::flush; the sync mark has the next one
/// sync        false: leave it to the page cache, but for full segments
/// mark        after the sync; false for the flush of the closing mark, which says the same
/// write_back  the device is to begin with what the page cache has; of no use with a sync
/// in_place    what the batch covers is in the file already: its write() does nothing
/// last        the segment where the journal ends, and the position
/// covers      bytes of records ever put, with those of this flush
template <file File>
struct flush_order {
    std::uint64_t number = 0;
    bool sync = true;
    bool mark = true;
    bool write_back = false;
    bool in_place = false;
    std::shared_ptr<stored_segment<File>> last;
    std::uint32_t end = 0;
    std::uint64_t covers = 0;
};

/// Everything staged since the last flush, on its way to the disk. It owns what it writes.
///
/// run()     blocks: a write and a sync for each touched segment, which is one unless a segment became full; then the
///           mark that says so
/// threads   run() on any thread, once; then back to the journal's owner for finish_flush()
template <file File, class Batch>
class flush_job {
public:
    flush_job(Batch&& batch, flush_order<File> order) : batch_(std::move(batch)), order_(std::move(order)) {}

    void run() {
        auto const& pieces = batch_.pieces();
        for (auto const& piece : pieces) {
            // A later segment is touched only after the earlier one is safe: the journal has no holes.
            bool const synced = order_.sync || &piece != &pieces.back();
            outcome_ = write(piece, synced);
            if (outcome_ && synced) outcome_ = sync(*piece.target);
            if (!outcome_) return;
            if constexpr (write_behind_file<File>) {
                if (order_.write_back && !synced) piece.target->source.begin_write_back();
            }
        }
        // Flushes before this one have left bytes to the page cache, and only in the newest segment.
        if (pieces.empty()) outcome_ = sync(*order_.last);
        if (outcome_ && order_.sync && order_.mark)
            outcome_ = write_sync_mark(order_.last->source, order_.last->header, order_.end, order_.number + 1);
    }

    result<void> const& outcome() const { return outcome_; }
    flush_order<File> const& order() const { return order_; }
    std::uint64_t syncs() const { return syncs_; }
    Batch& batch() { return batch_; }

private:
    /// Where a sync comes next, the device begins with the first bytes while the others are still copied. A block that
    /// it has begun with is not written to again: it would be written twice.
    result<void> write(flush_piece<File> const& piece, bool synced) {
        auto rest = piece;
        if constexpr (write_behind_file<File>) {
            while (synced && !order_.in_place && rest.size > write_part_bytes) {
                auto part = rest;
                part.size = write_part_bytes - rest.position % write_part_bytes;
                part.padding = 0;
                if (auto done = batch_.write(part); !done) return done;
                rest.target->source.begin_write_back();
                rest.position += part.size;
                rest.begin += part.size;
                rest.size -= part.size;
            }
        }
        return batch_.write(rest);
    }

    result<void> sync(stored_segment<File>& target) {
        auto const done = target.source.sync();
        if (done) ++syncs_;
        return done;
    }

    Batch batch_;
    flush_order<File> order_;
    std::uint64_t syncs_ = 0;
    result<void> outcome_ = failure(errc::closed);  // a job that never ran has written nothing
};

}  // namespace chronik::wal
