// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>
#include <chronik/wal/record.hpp>
#include <chronik/wal/segment.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace chronik::wal::detail {

/// Where one entry is.
struct slot {
    log_term term;
    log_offset base_offset;
    segment* home = nullptr;
    std::uint32_t position = 0;
    std::uint32_t length = 0;
    std::uint32_t record_count = 0;
    entry_kind kind = entry_kind::no_op;

    log_offset next_offset() const { return base_offset + record_count; }
};

static_assert(sizeof(slot) <= 40, "a million entries in memory are 40 MB of index");

inline slot slot_of(record_header const& header, segment& home, std::uint32_t position) {
    return {.term = header.term,
            .base_offset = header.base_offset,
            .home = &home,
            .position = position,
            .length = header.length,
            .record_count = header.record_count,
            .kind = header.kind};
}

/// Slots of consecutive entries: grows at the back, shrinks at both ends, one allocation.
class slot_list {
public:
    bool empty() const { return head_ == slots_.size(); }
    std::size_t size() const { return slots_.size() - head_; }
    slot const& operator[](std::size_t at) const { return slots_[head_ + at]; }
    slot& operator[](std::size_t at) { return slots_[head_ + at]; }
    slot const& front() const { return slots_[head_]; }
    slot const& back() const { return slots_.back(); }

    void push_back(slot const& added) { slots_.push_back(added); }
    void pop_back() { slots_.pop_back(); tidy(); }
    void pop_front() { ++head_; tidy(); }

    /// How many slots come before the one that holds `offset`, which is below the end.
    std::size_t first_beyond(log_offset offset) const {
        auto const begin = slots_.begin() + static_cast<std::ptrdiff_t>(head_);
        auto const found =
            std::partition_point(begin, slots_.end(), [=](slot const& each) { return each.next_offset() <= offset; });
        return static_cast<std::size_t>(found - begin);
    }

private:
    /// The dead half at the front goes in one move, so each slot is moved a constant number of times.
    void tidy() {
        if (head_ == slots_.size()) {
            slots_.clear();
            head_ = 0;
        } else if (head_ > 64 && head_ > slots_.size() / 2) {
            slots_.erase(slots_.begin(), slots_.begin() + static_cast<std::ptrdiff_t>(head_));
            head_ = 0;
        }
    }

    std::vector<slot> slots_;
    std::size_t head_ = 0;
};

}  // namespace chronik::wal::detail
