// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/time.hpp>
#include <chronik/wal/admission.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/flush_job.hpp>
#include <chronik/wal/metrics.hpp>
#include <chronik/wal/options.hpp>
#include <chronik/wal/record.hpp>
#include <chronik/wal/segment.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <utility>

namespace chronik::wal {

/// The end of the journal: places records in the newest segment, their bytes where the sink says, and numbers flushes.
///
/// What recovery calls a flush is everything between two syncs: a record names the place before which all was synced
/// when it was put. A flush that is left to the page cache does not change that.
/// Who appends asks for room first (admission), so that a write of several records is staged whole or not at all.
template <file File, sink Sink, sync_policy Sync>
class appender {
public:
    using segment_ptr = std::shared_ptr<stored_segment<File>>;
    using tail_type = typename Sink::template tail<File>;
    using job_type = flush_job<File, typename tail_type::batch_type>;

    static constexpr bool stores_in_place = Sink::stores_in_place;

    struct place {
        segment* home;
        std::uint32_t position;
    };

    appender(options const& limits, segment_ptr current, std::deque<segment_ptr> spares, std::uint64_t flush)
        : limits_(limits), current_(std::move(current)), spares_(std::move(spares)), tail_(limits), flush_(flush),
          flush_start_(current_ == nullptr ? 0 : current_->end) {}

    segment_ptr const& current() const { return current_; }
    std::size_t spare_count() const { return spares_.size(); }
    segment const& spare(std::size_t nth) const { return *spares_[nth]; }
    void add_spare(segment_ptr spare) { spares_.push_back(std::move(spare)); }

    /// Bytes for the next flush.
    std::size_t used() const { return tail_.used(); }
    std::size_t staged_bytes_max() const { return limits_.staged_bytes_max; }
    /// Bytes of records that no finished sync covers.
    std::uint64_t unsynced() const { return put_ - synced_; }
    std::size_t unsynced_bytes_max() const { return sync_.unsynced_bytes_max(limits_); }
    /// A flush that ends with a sync is under way.
    bool syncing() const { return syncing_; }
    std::uint64_t next_flush() const { return flush_; }

    static std::size_t capacity(segment const& of, space kind) {
        return of.header.bytes - seal_bytes - (kind == space::normal ? control_reserve_bytes : 0);
    }
    std::size_t room(space kind) const {
        if (current_ == nullptr || current_->sealed) return 0;
        std::size_t const end = capacity(*current_, kind);
        return current_->end < end ? end - current_->end : 0;
    }
    bool needs_roll(std::size_t size, space kind) const { return size > room(kind); }

    /// For a sink that stores in place. Whether the next segment may be begun; else the next flush makes it so.
    bool ask_for_next() {
        if (current_ == nullptr || (current_->sealed && unsynced() == 0)) return true;
        next_wanted_ = true;
        return false;
    }

    /// Seals the current segment and goes on in the next spare, whose first record must be the table.
    void roll() {
        CHRONIK_ASSERT(!spares_.empty());
        if (current_ != nullptr && !current_->sealed) seal();
        current_ = std::move(spares_.front());
        spares_.pop_front();
        flush_start_ = current_->end;
    }

    /// The caller has been admitted, and has rolled if needs_roll() said so.
    ///
    /// header   what is known only here is filled in. Copied, it would be read back before its stores are through
    place put(record_header&& header, std::span<std::byte const> payload) {
        CHRONIK_ASSERT(record_bytes(payload.size()) <= room(space::with_reserve));
        return put_at_end(std::move(header), payload);
    }

    /// Where a record of so many bytes will stand: its payload may be made there. The caller as for put().
    std::byte* claim(std::size_t size) {
        CHRONIK_ASSERT(size <= room(space::with_reserve));
        return tail_.claim(current_, size);
    }
    /// The record around a payload of `length` bytes that stands where claim() said.
    place commit(record_header&& header, std::size_t length) {
        std::size_t const size = record_bytes(length);
        complete(header, length);
        auto const position = static_cast<std::uint32_t>(current_->end);
        frame_record(tail_.claim(current_, size), header, current_->header.salt, position);
        return grow(size, position);
    }

    /// From now on the sync policy is asked at this time.
    void now(time_point at) requires detail::timed<Sync> { sync_.now(at); }

    /// Before a flush: the end of a segment that somebody could not go on in.
    void seal_if_asked() {
        if (next_wanted_ && !current_->sealed) seal();
    }
    /// Whether a flush has something to do: bytes to write, or a sync that is due.
    bool has_work(bool must_sync) const {
        return used() > 0 || (unsynced() > 0 && (must_sync || sync_.due(unsynced(), limits_)));
    }

    /// Takes everything staged. At most one flush is under way, and has_work() was true; the caller knows.
    ///
    /// mark   see flush_order
    job_type begin_flush(bool must_sync, bool mark) {
        bool const sync = must_sync || next_wanted_ || sync_.due(unsynced(), limits_);
        // In place, every page that is on its way to the device is a fault for the next store.
        bool const write_back = !sync && !stores_in_place && put_ - handed_over_ >= limits_.write_back_bytes;
        flush_order<File> order{.number = flush_,
                                .sync = sync,
                                .mark = mark,
                                .write_back = write_back,
                                .in_place = stores_in_place,
                                .last = current_,
                                .end = static_cast<std::uint32_t>(current_->end),
                                .covers = put_};
        job_type job{tail_.take(), std::move(order)};
        if (sync || write_back) handed_over_ = put_;
        if (sync) {
            if constexpr (detail::timed<Sync>) sync_.begun();
            syncing_ = true;
            next_wanted_ = false;
            // The number between is the sync mark's.
            flush_ += 2;
            flush_start_ = current_->end;
        }
        return job;
    }

    /// What the job took may be read. Takes its memory back for the flush after the next.
    void finish_flush(job_type& job, metrics& counted) {
        for (auto const& piece : job.batch().pieces()) {
            piece.target->synced = piece.position + piece.size;
            counted.bytes_staged += piece.size;
            counted.bytes_written += piece.size + piece.padding;
        }
        ++counted.flushes;
        counted.syncs += job.syncs();
        tail_.give_back(std::move(job.batch()));
        if (!job.order().sync) return;
        synced_ = job.order().covers;
        syncing_ = false;
    }

private:
    /// The last record of a full segment.
    void seal() {
        CHRONIK_ASSERT(!spares_.empty());
        put_at_end({.type = record_type::segment_end, .index = {spares_.front()->header.sequence}}, {});
        current_->sealed = true;
    }

    place put_at_end(record_header&& header, std::span<std::byte const> payload) {
        complete(header, payload.size());
        std::size_t const size = record_bytes(payload.size());
        auto const position = static_cast<std::uint32_t>(current_->end);
        write_record(tail_.claim(current_, size), header, payload, current_->header.salt, position);
        return grow(size, position);
    }
    void complete(record_header& header, std::size_t length) const {
        header.length = static_cast<std::uint32_t>(length);
        header.flush = flush_;
        header.flush_start = static_cast<std::uint32_t>(flush_start_);
    }
    place grow(std::size_t size, std::uint32_t position) {
        tail_.commit(current_, size);
        current_->end += size;
        put_ += size;
        return {current_.get(), position};
    }

    options limits_;
    segment_ptr current_;
    std::deque<segment_ptr> spares_;
    tail_type tail_;
    Sync sync_;
    std::uint64_t flush_;
    std::size_t flush_start_;    ///< in the current segment: all before it was synced
    std::uint64_t put_ = 0;          ///< bytes of records, ever
    std::uint64_t handed_over_ = 0;  ///< of them, those that the device was asked to begin with, or to sync
    std::uint64_t synced_ = 0;       ///< of them, covered by a finished sync
    bool syncing_ = false;
    bool next_wanted_ = false;       ///< the segment is to be sealed and synced, so that the next one can be begun
};

}  // namespace chronik::wal
