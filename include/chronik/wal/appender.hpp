// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/error.hpp>
#include <chronik/wal/flush_job.hpp>
#include <chronik/wal/metrics.hpp>
#include <chronik/wal/options.hpp>
#include <chronik/wal/record.hpp>
#include <chronik/wal/segment.hpp>
#include <chronik/wal/staging.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace chronik::wal {

/// The end of the journal: places records in the newest segment and their bytes in the staging buffer.
///
/// Who appends asks for room first (admission), so that a write of several records is staged whole or not at all.
template <file File>
class appender {
public:
    using segment_ptr = std::shared_ptr<stored_segment<File>>;

    /// Records that make room elsewhere may use the reserve at the end of a segment.
    enum class space : std::uint8_t { normal, with_reserve };

    struct place {
        segment* home;
        std::uint32_t position;
    };

    appender(options const& limits, segment_ptr current, std::deque<segment_ptr> spares, std::uint64_t flush)
        : limits_(limits), current_(std::move(current)), spares_(std::move(spares)), filling_(limits.staged_bytes_max),
          idle_(limits.staged_bytes_max), flush_(flush) {}

    segment_ptr const& current() const { return current_; }
    std::size_t spare_count() const { return spares_.size(); }
    void add_spare(segment_ptr spare) { spares_.push_back(std::move(spare)); }
    bool nothing_staged() const { return filling_.empty(); }
    std::uint64_t next_flush() const { return flush_; }

    /// Asks for room for records of several sizes, in order, before any of them is put.
    class admission {
    public:
        admission(appender const& of, space kind, std::size_t table_bytes)
            : of_(of), kind_(kind), table_bytes_(table_bytes), room_(of.room(kind)), staged_(of.filling_.used()) {}

        void add(std::size_t size) {
            if (size > room_) {
                // The roll: a seal in the full segment, a table in the next.
                if (rolls_ == of_.spares_.size()) { out_of_space_ = true; return; }
                auto const& next = *of_.spares_[rolls_++];
                staged_ += seal_bytes + table_bytes_;
                std::size_t const taken = segment_header_area_bytes + table_bytes_;
                std::size_t const capacity = appender::capacity(next, kind_);
                // A spare left by a run with smaller segments may be too small for today's limits.
                if (capacity < taken + size) { too_large_ = true; return; }
                room_ = capacity - taken;
            }
            room_ -= size;
            staged_ += size;
        }

        /// errors   errc::out_of_space: no spare; errc::busy: flush first; errc::too_large: never fits
        result<void> outcome() const {
            if (too_large_) return failure(errc::too_large);
            if (out_of_space_) return failure(errc::out_of_space);
            // The reserve of the staging buffer lets control records in when entries have filled it.
            std::size_t const kept_back = kind_ == space::normal ? control_reserve_bytes : 0;
            if (staged_ + kept_back <= of_.limits_.staged_bytes_max) return {};
            return failure(of_.filling_.empty() ? errc::too_large : errc::busy);
        }

    private:
        appender const& of_;
        space kind_;
        std::size_t table_bytes_;
        std::size_t room_;
        std::size_t staged_;
        std::size_t rolls_ = 0;
        bool out_of_space_ = false;
        bool too_large_ = false;
    };

    bool needs_roll(std::size_t size, space kind) const { return size > room(kind); }

    /// Seals the current segment and goes on in the next spare, whose first record must be the table.
    void roll() {
        CHRONIK_ASSERT(!spares_.empty());
        auto next = std::move(spares_.front());
        spares_.pop_front();
        if (current_ != nullptr && !current_->sealed) {
            put_at_end({.type = record_type::segment_end, .index = {next->header.sequence}}, {});
            current_->sealed = true;
        }
        current_ = std::move(next);
    }

    /// The caller has been admitted, and has rolled if needs_roll() said so.
    ///
    /// header   what is known only here is filled in. Copied, it would be read back before its stores are through
    place put(record_header&& header, std::span<std::byte const> payload) {
        CHRONIK_ASSERT(record_bytes(payload.size()) <= room(space::with_reserve));
        return put_at_end(std::move(header), payload);
    }

    /// At most one flush is under way; the caller knows. Takes everything staged.
    ///
    /// mark   see flush_job
    flush_job<File> begin_flush(bool mark) {
        CHRONIK_ASSERT(idle_.has_value());
        filling_.pad();
        flush_job<File> job{std::move(filling_), flush_, limits_.sync, mark};
        // The number between is the sync mark's.
        flush_ += 2;
        filling_ = std::move(*idle_);
        idle_.reset();
        return job;
    }

    /// What the job took may be read. Takes the buffer back for the flush after the next.
    void finish_flush(flush_job<File>& job, metrics& counted) {
        for (auto const& piece : job.buffer().pieces()) {
            piece.target->synced = piece.position + piece.size;
            counted.bytes_staged += piece.size;
            counted.bytes_written += piece.size + piece.padding;
        }
        ++counted.flushes;
        counted.syncs += job.syncs();
        job.buffer().clear();
        idle_ = std::move(job.buffer());
    }

private:
    static std::size_t capacity(segment const& of, space kind) {
        return of.header.bytes - seal_bytes - (kind == space::normal ? control_reserve_bytes : 0);
    }
    std::size_t room(space kind) const {
        if (current_ == nullptr || current_->sealed) return 0;
        std::size_t const end = capacity(*current_, kind);
        return current_->end < end ? end - current_->end : 0;
    }

    place put_at_end(record_header&& header, std::span<std::byte const> payload) {
        auto const position = static_cast<std::uint32_t>(current_->end);
        header.length = static_cast<std::uint32_t>(payload.size());
        header.flush = flush_;
        header.flush_start = static_cast<std::uint32_t>(filling_.flush_start(*current_));
        std::size_t const size = record_bytes(payload.size());
        write_record(filling_.claim(current_, size), header, payload, current_->header.salt, position);
        current_->end += size;
        return {current_.get(), position};
    }

    options limits_;
    segment_ptr current_;
    std::deque<segment_ptr> spares_;
    staging_buffer<File> filling_;
    std::optional<staging_buffer<File>> idle_;
    std::uint64_t flush_;
};

}  // namespace chronik::wal
