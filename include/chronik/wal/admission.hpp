// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/wal/options.hpp>
#include <chronik/wal/segment_header.hpp>

#include <cstddef>
#include <cstdint>

namespace chronik::wal {

/// Records that make room elsewhere may use the reserve at the end of a segment, and of what may be staged.
enum class space : std::uint8_t { normal, with_reserve };

/// Asks the end of a journal for room for records of several sizes, in order, before any of them is put: a write is
/// staged whole or not at all.
template <class Appender>
class admission {
public:
    /// table_bytes   of the record that a new segment begins with
    admission(Appender& of, space kind, std::size_t table_bytes)
        : of_(of), kind_(kind), table_bytes_(table_bytes), room_(of.room(kind)) {}

    void add(std::size_t size) {
        bytes_ += size;
        if (size <= room_) {
            room_ -= size;
        } else if constexpr (Appender::stores_in_place) {
            // All of a write is in one segment: see begin_next().
            room_ = 0;
            ++rolls_;
        } else {
            roll(size);
        }
    }

    /// errors   errc::out_of_space: no spare; errc::busy: flush first; errc::too_large: never fits
    result<void> outcome() {
        if (Appender::stores_in_place && of_.syncing()) return failure(errc::busy);
        if (Appender::stores_in_place && rolls_ > 0) {
            if (auto begun = begin_next(); !begun) return begun;
        }
        if (too_large_) return failure(errc::too_large);
        if (out_of_space_) return failure(errc::out_of_space);
        // The reserve lets control records in when entries have filled what may be staged.
        std::size_t const kept_back = kind_ == space::normal ? control_reserve_bytes : 0;
        if (of_.used() + bytes_ + kept_back > of_.staged_bytes_max())
            return failure(of_.used() == 0 ? errc::too_large : errc::busy);
        if (of_.unsynced() + bytes_ > of_.unsynced_bytes_max()) return failure(errc::busy);
        return {};
    }

private:
    /// A seal in the full segment, a table in the next.
    void roll(std::size_t size) {
        if (rolls_ == of_.spare_count()) { out_of_space_ = true; return; }
        auto const& next = of_.spare(rolls_++);
        bytes_ += seal_bytes + table_bytes_;
        std::size_t const taken = segment_header_area_bytes + table_bytes_;
        std::size_t const capacity = of_.capacity(next, kind_);
        // A spare left by a run with smaller segments may be too small for today's limits.
        if (capacity < taken + size) { too_large_ = true; return; }
        room_ = capacity - taken - size;
    }

    /// What is in place may be on the device at any time: the next segment is not touched before this one is safe.
    result<void> begin_next() {
        if (of_.spare_count() == 0) return failure(errc::out_of_space);
        if (of_.capacity(of_.spare(0), kind_) < segment_header_area_bytes + table_bytes_ + bytes_)
            return failure(errc::too_large);
        bytes_ += table_bytes_;
        return of_.ask_for_next() ? result<void>{} : failure(errc::busy);
    }

    Appender& of_;
    space kind_;
    std::size_t table_bytes_;
    std::size_t room_;
    std::size_t bytes_ = 0;
    std::size_t rolls_ = 0;
    bool out_of_space_ = false;
    bool too_large_ = false;
};

}  // namespace chronik::wal
