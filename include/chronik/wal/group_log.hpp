// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/entry.hpp>
#include <chronik/base/error.hpp>
#include <chronik/wal/detail/slots.hpp>
#include <chronik/wal/record.hpp>
#include <chronik/wal/segment.hpp>
#include <chronik/wal/table.hpp>

#include <algorithm>
#include <cstdint>

namespace chronik::wal {

/// One group's log as an index in memory over the shared journal: where each entry is, not what it says.
/// Models raft::log_view by shape.
///
/// Entries that are staged but not yet synced are in the index; only read() refuses them.
/// threads   the journal's owner; a payload that was read may go to any thread
class group_log {
public:
    explicit group_log(group_id id, log_base base = {}) : id_(id), base_(base) {}

    group_id id() const { return id_; }
    wal::hard_state hard_state() const { return state_; }

    log_base base() const { return base_; }
    log_index base_index() const { return base_.index; }
    log_term base_term() const { return base_.term; }
    log_offset base_offset() const { return base_.next_offset; }

    log_index first_index() const { return base_.index + 1; }
    log_index last_index() const { return base_.index + slots_.size(); }
    log_term last_term() const { return slots_.empty() ? base_.term : slots_.back().term; }
    log_offset next_offset() const { return slots_.empty() ? base_.next_offset : slots_.back().next_offset(); }

    /// errors   errc::compacted below the base, errc::out_of_range above the last
    result<log_term> term_at(log_index at) const {
        if (at == base_.index) return base_.term;
        if (auto const known = check(at); !known) return std::unexpected(known.error());
        return slot_of(at).term;
    }

    /// The entry, its payload a view into the mapped segment that keeps the bytes from being recycled.
    ///
    /// errors   errc::compacted, errc::out_of_range; errc::busy while the entry's flush has not finished
    result<entry> read(log_index at) const {
        if (auto const known = check(at); !known) return std::unexpected(known.error());
        auto const& slot = slot_of(at);
        std::size_t const payload = slot.position + record_header_bytes;
        if (payload + slot.length > slot.home->synced) return failure(errc::busy);
        return entry{.term = slot.term,
                     .index = at,
                     .kind = slot.kind,
                     .base_offset = slot.base_offset,
                     .record_count = slot.record_count,
                     .payload = slot.length == 0 ? shared_bytes{} : slot.home->view(payload, slot.length)};
    }

    /// The entry that carries the record with this offset.
    ///
    /// errors   errc::compacted, errc::out_of_range
    result<log_index> index_of_offset(log_offset offset) const {
        if (offset < base_.next_offset) return failure(errc::compacted);
        if (offset >= next_offset()) return failure(errc::out_of_range);
        return first_index() + slots_.first_beyond(offset);
    }

    // What follows is for the journal and for recovery: they hold the only mutable references.

    void set_hard_state(wal::hard_state state) { state_ = state; }

    /// Takes the place of the entry at `at` and of all after it. Returns whether a segment lost its last live entry.
    bool append(log_index at, detail::slot const& slot) {
        CHRONIK_ASSERT(at > base_.index);
        CHRONIK_ASSERT(at <= last_index() + 1);
        bool const emptied = truncate_from(at);
        slots_.push_back(slot);
        ++slot.home->live;
        return emptied;
    }

    /// Drops entries from `at` on. Returns as append() does.
    bool truncate_from(log_index at) {
        bool emptied = false;
        while (last_index() >= at && !slots_.empty()) {
            emptied |= let_go(slots_.back());
            slots_.pop_back();
        }
        return emptied;
    }

    /// The log begins after `base`; entries beyond it stay.
    bool compact_to(log_base base) {
        CHRONIK_ASSERT(base.index >= base_.index);
        bool emptied = false;
        while (!slots_.empty() && base_.index < base.index) {
            emptied |= let_go(slots_.front());
            slots_.pop_front();
            ++base_.index;
        }
        base_ = base;
        return emptied;
    }

    bool clear() { return truncate_from(first_index()); }

    /// Recovery: entries whose segment has been released stay unknown until the log has moved past them.
    void resize_to(log_index last) {
        truncate_from(last + 1);
        while (last_index() < last) slots_.push_back({});
    }

    /// The first entry that recovery has not seen; zero if there is none.
    log_index first_unknown() const {
        for (std::size_t at = 0; at < slots_.size(); ++at) {
            if (slots_[at].home == nullptr) return first_index() + at;
        }
        return {};
    }

    /// What the log would begin after if everything before `first_kept` were gone.
    log_base base_before(log_index first_kept) const {
        if (first_kept == first_index()) return base_;
        auto const& last_dropped = slot_of(first_kept - 1);
        return {.index = first_kept - 1, .term = last_dropped.term, .next_offset = last_dropped.next_offset()};
    }

private:
    static bool let_go(detail::slot const& slot) { return slot.home != nullptr && --slot.home->live == 0; }

    result<void> check(log_index at) const {
        if (at <= base_.index) return failure(errc::compacted);
        if (at > last_index()) return failure(errc::out_of_range);
        return {};
    }
    detail::slot const& slot_of(log_index at) const { return slots_[at - first_index()]; }

    group_id id_;
    log_base base_;
    wal::hard_state state_;
    detail::slot_list slots_;
};

}  // namespace chronik::wal
