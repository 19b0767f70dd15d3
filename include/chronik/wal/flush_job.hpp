// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/wal/staging.hpp>
#include <chronik/wal/sync_mark.hpp>

#include <cstdint>
#include <utility>

namespace chronik::wal {

/// Everything staged since the last flush, on its way to the disk. It owns what it writes.
///
/// run()     blocks: one write and one sync for each touched segment, which is one unless a segment became full; then
///           the mark that says so
/// threads   run() on any thread, once; then back to the journal's owner for finish_flush()
template <file File>
class flush_job {
public:
    /// sync   false: leave it to the page cache; see options::sync
    /// mark   false for the flush of the closing mark, which says the same
    flush_job(staging_buffer<File>&& buffer, std::uint64_t number, bool sync, bool mark)
        : buffer_(std::move(buffer)), number_(number), sync_(sync), mark_(sync && mark) {}

    void run() {
        for (auto const& piece : buffer_.pieces()) {
            auto& target = piece.target->source;
            outcome_ = target.write_at(piece.position, buffer_.bytes_of(piece));
            // A later segment is touched only after the earlier one is safe: the journal has no holes.
            if (outcome_ && sync_) outcome_ = target.sync();
            if (!outcome_) return;
            if (sync_) ++syncs_;
        }
        if (mark_) outcome_ = write_mark();
    }

    result<void> const& outcome() const { return outcome_; }
    std::uint64_t number() const { return number_; }
    std::uint64_t syncs() const { return syncs_; }
    staging_buffer<File>& buffer() { return buffer_; }

private:
    result<void> write_mark() {
        auto const& last = buffer_.pieces().back();
        auto const end = static_cast<std::uint32_t>(last.position + last.size);
        return write_sync_mark(last.target->source, last.target->header, end, number_ + 1);
    }

    staging_buffer<File> buffer_;
    std::uint64_t number_;
    bool sync_;
    bool mark_;
    std::uint64_t syncs_ = 0;
    result<void> outcome_ = failure(errc::closed);  // a job that never ran has written nothing
};

}  // namespace chronik::wal
