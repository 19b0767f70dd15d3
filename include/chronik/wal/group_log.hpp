// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/entry.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/rare.hpp>
#include <chronik/wal/detail/slots.hpp>
#include <chronik/wal/options.hpp>
#include <chronik/wal/record.hpp>
#include <chronik/wal/segment.hpp>
#include <chronik/wal/settled_segment.hpp>
#include <chronik/wal/stored_entry.hpp>
#include <chronik/wal/table.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace chronik::wal {

/// One group's log as an index in memory over the shared journal: where each entry is, not what it says. Older entries
/// may have been settled: moved to files of the group's own.
/// Models raft::log_view by shape.
///
///     base | settled ... | floor | in the journal ... last
///
/// Entries that are staged but not yet synced are in the index; only read() refuses them.
/// threads   the journal's owner; a payload that was read may go to any thread
class group_log {
public:
    using settled_ptr = std::shared_ptr<settled_segment const>;

    explicit group_log(group_id id, log_base base = {}) : group_log(id, base, base) {}
    group_log(group_id id, memory_check memory) : group_log(id) { ask(memory); }
    group_log(group_id id, log_base base, log_base floor) : id_(id), base_(base) {
        CHRONIK_ASSERT(base.index <= floor.index);
        if (floor != base) settled_.emplace(floor, no_runs());
    }

    group_id id() const { return id_; }
    wal::hard_state hard_state() const { return state_; }
    /// The one that the group is in since the journal was repaired.
    doubt_token doubt() const { return doubt_; }

    log_base base() const { return base_; }
    log_index base_index() const { return base_.index; }
    log_term base_term() const { return base_.term; }
    log_offset base_offset() const { return base_.next_offset; }

    log_index first_index() const { return base_.index + 1; }
    log_index last_index() const { return floor().index + slots_.size(); }
    log_term last_term() const { return slots_.empty() ? floor().term : slots_.back().term; }
    log_offset next_offset() const { return slots_.empty() ? floor().next_offset : slots_.back().next_offset(); }

    /// The last entry that is not in the journal any more: settled, or before the base. It is committed, for ever.
    log_base floor() const { return settled_ ? settled_->floor : base_; }
    log_index committed_index() const { return floor().index; }
    /// Oldest first; the first one may begin before the base. Until the log changes.
    std::span<settled_ptr const> settled() const {
        return settled_ ? std::span<settled_ptr const>{settled_->runs} : std::span<settled_ptr const>{};
    }
    /// Payloads that are kept on disk: in the journal, and in whole settled files.
    std::uint64_t payload_bytes() const {
        std::uint64_t sum = journal_bytes_;
        for (auto const& each : settled()) sum += each->data_bytes();
        return sum;
    }

    /// errors   errc::compacted below the base, errc::out_of_range above the last
    result<log_term> term_at(log_index at) const {
        if (at == base_.index) return base_.term;
        if (auto const known = check(at); !known) return std::unexpected(known.error());
        return at <= floor().index ? settled_of(at).term_at(at) : slot_of(at).term;
    }

    /// The entry, its payload a view into the mapped segment that keeps the bytes from being recycled.
    ///
    /// errors   errc::compacted, errc::out_of_range; errc::busy while the entry's flush has not finished;
    ///          errc::corrupt_record if what was settled has changed
    result<entry> read(log_index at) const {
        entry made;
        if (auto const found = read_into(at, made); !found) return std::unexpected(found.error());
        return made;
    }

    /// The same, in the place of an entry that was read before: neighbours keep their segment alive together.
    ///
    /// errors   as read()
    result<void> read_into(log_index at, entry& made) const {
        if (auto const known = check(at); !known) return known;
        if (at <= floor().index) {
            auto found = settled_of(at).read(at);
            if (!found) return std::unexpected(found.error());
            made = std::move(*found);
            return {};
        }
        auto const& slot = slot_of(at);
        std::size_t const payload = slot.position + record_header_bytes;
        if (payload + slot.length > slot.home->synced) return failure(errc::busy);
        made.term = slot.term;
        made.index = at;
        made.kind = slot.kind;
        made.base_offset = slot.base_offset;
        made.record_count = slot.record_count;
        if (slot.length == 0) made.payload = {}; else slot.home->show(payload, slot.length, made.payload);
        return {};
    }

    /// An entry of the journal with the record around it; `at` is above the floor.
    ///
    /// errors   errc::busy as read()
    result<stored_entry> stored(log_index at) const {
        CHRONIK_ASSERT(at > floor().index);
        auto found = read(at);
        if (!found) return std::unexpected(found.error());
        auto const& slot = slot_of(at);
        return stored_entry{.what = std::move(*found),
                            .record = slot.home->view(slot.position, record_bytes(slot.length)),
                            .home = slot.home,
                            .salt = slot.home->header.salt,
                            .position = slot.position};
    }

    /// Whether read() of the entry would wait for no device: what is in the journal is in memory, and what is settled
    /// is if options::memory says so.
    bool is_at_hand(log_index at) const {
        if (at <= base_.index || at > floor().index || memory_.holds == nullptr) return true;
        return settled_of(at).is_at_hand(at, memory_);
    }

    /// The entry that carries the record with this offset.
    ///
    /// errors   errc::compacted, errc::out_of_range, errc::corrupt_record
    result<log_index> index_of_offset(log_offset offset) const {
        if (offset < base_.next_offset) return failure(errc::compacted);
        if (offset >= next_offset()) return failure(errc::out_of_range);
        if (offset >= floor().next_offset) return floor().index + 1 + slots_.first_beyond(offset);
        return settled_from(offset).front()->index_of_offset(offset);
    }

    /// The settled runs from the one with the record of this offset on; none if it is in the journal, or not there yet.
    /// Until the log changes.
    std::span<settled_ptr const> settled_from(log_offset offset) const {
        CHRONIK_ASSERT(offset >= base_.next_offset);
        if (offset >= floor().next_offset) return {};
        auto const home = std::ranges::upper_bound(settled(), offset, {},
                                                   [](settled_ptr const& each) { return each->before().next_offset; });
        return {std::prev(home), settled().end()};
    }

    /// The same from an entry on.
    std::span<settled_ptr const> settled_from_entry(log_index at) const {
        if (at <= base_.index || at > floor().index) return {};
        auto const next =
            std::ranges::upper_bound(settled(), at, {}, [](settled_ptr const& each) { return each->first_index(); });
        return {std::prev(next), settled().end()};
    }

    /// The offset of the first record at a settled entry or behind it; see settled_segment::offset_at().
    result<log_offset> settled_offset_at(log_index at) const {
        CHRONIK_ASSERT(at > base_.index);
        CHRONIK_ASSERT(at <= floor().index);
        return settled_of(at).offset_at(at);
    }

    /// The term of the entry with a settled record; no file is touched for it.
    log_term settled_term_of(log_offset record) const {
        CHRONIK_ASSERT(record < floor().next_offset);
        return settled_from(record).front()->term_of(record);
    }

    /// The first settled entry that is not older than `timestamp_ms`; nothing if all are, or none is settled.
    result<std::optional<log_index>> first_settled_reaching(std::int64_t timestamp_ms) const {
        for (auto const& each : settled()) {
            if (each->newest_ms() < timestamp_ms) continue;
            auto const found = each->first_reaching(timestamp_ms);
            if (!found) return std::unexpected(found.error());
            // Entries before the base may share its file; the first one after it may be older, which is not wrong.
            return std::optional{std::max(*found, first_index())};
        }
        return std::optional<log_index>{};
    }

    /// The first configuration at `from` or after it; nothing if there is none.
    ///
    /// errors   errc::corrupt_record
    result<std::optional<log_index>> next_configuration(log_index from) const {
        from = std::max(from, first_index());
        while (from <= floor().index) {
            auto const& home = settled_of(from);
            auto const found = home.next_configuration(from);
            if (!found) return std::unexpected(found.error());
            if (*found <= home.last_index()) return std::optional{*found};
            from = home.last_index() + 1;
        }
        for (; from <= last_index(); ++from) {
            if (slot_of(from).kind == entry_kind::configuration) return std::optional{from};
        }
        return std::optional<log_index>{};
    }

    /// Whether entries may follow or take the place of entries here.
    ///
    /// errors   errc::log_gap, errc::too_large; errc::compacted: what is settled or compacted never changes
    result<void> check_append(std::span<entry const> entries, std::size_t payload_bytes_max) const {
        if (entries.empty()) return {};
        if (entries.front().index <= floor().index) return failure(errc::compacted);
        if (entries.front().index > last_index() + 1) return failure(errc::log_gap);
        for (std::size_t at = 0; at < entries.size(); ++at) {
            CHRONIK_ASSERT(entries[at].index == entries.front().index + at);
            if (entries[at].payload.size() > payload_bytes_max) return failure(errc::too_large);
        }
        return {};
    }

    // What follows is for the journal and for recovery: they hold the only mutable references.

    void set_hard_state(wal::hard_state state) { state_ = state; }
    void set_doubt(doubt_token which) { doubt_ = which; }
    void ask(memory_check memory) { memory_ = memory; }

    /// Takes the place of the entry at `at` and of all after it. Returns whether a segment lost its last live entry.
    bool append(log_index at, detail::slot const& slot) {
        CHRONIK_ASSERT(at > floor().index);
        CHRONIK_ASSERT(at <= last_index() + 1);
        bool const emptied = truncate_from(at);
        slots_.push_back(slot);
        journal_bytes_ += slot.length;
        ++slot.home->live;
        return emptied;
    }

    /// The same entry in a new place. Returns as append() does.
    bool move(log_index at, detail::slot const& slot) {
        auto& place = slots_[at - floor().index - 1];
        bool const emptied = let_go(place);
        journal_bytes_ += slot.length;
        journal_bytes_ -= place.length;
        place = slot;
        ++slot.home->live;
        return emptied;
    }

    /// Drops entries from `at` on. Returns as append() does.
    bool truncate_from(log_index at) {
        bool emptied = false;
        while (last_index() >= at && !slots_.empty()) {
            journal_bytes_ -= slots_.back().length;
            emptied |= let_go(slots_.back());
            slots_.pop_back();
        }
        return emptied;
    }

    /// The log begins after `base`; entries beyond it stay. Settled segments that end before it are handed over.
    bool compact_to(log_base base, std::vector<settled_ptr>* dropped = nullptr) {
        CHRONIK_ASSERT(base.index >= base_.index);
        bool const emptied = let_go_up_to(base.index);
        if (settled_ && settled_->floor.index < base.index) settled_->floor = base;
        base_ = base;
        if (!settled_) return emptied;
        auto& runs = settled_->runs;
        auto const kept =
            std::ranges::find_if(runs, [&](settled_ptr const& each) { return each->last_index() > base.index; });
        if (dropped != nullptr) dropped->assign(runs.begin(), kept);
        runs.erase(runs.begin(), kept);
        if (floor() == base) settled_.reset();
        return emptied;
    }

    /// Entries up to `floor` are not needed in the journal any more.
    bool release_to(log_base floor) {
        CHRONIK_ASSERT(floor.index >= this->floor().index);
        bool const emptied = let_go_up_to(floor.index);
        if (settled_) settled_->floor = floor; else if (floor != base_) settled_.emplace(floor, no_runs());
        return emptied;
    }

    /// They are in `moved` now, which continues the newest settled segment or takes its place.
    bool settle(settled_ptr moved) {
        CHRONIK_ASSERT(moved->first_index() <= floor().index + 1);
        if (!settled_) settled_.emplace(base_, no_runs());
        bool const emptied = release_to(moved->end());
        auto& runs = settled_->runs;
        if (!runs.empty() && runs.back()->first_index() == moved->first_index()) runs.pop_back();
        runs.push_back(std::move(moved));
        return emptied;
    }

    /// They say less now, in one run. False, and nothing happens, if they are not all here any more.
    bool replace_settled(std::vector<settled_ptr> const& sources, settled_ptr by) {
        if (!settled_) return false;
        auto& runs = settled_->runs;
        auto const first = std::ranges::search(runs, sources).begin();
        if (first == runs.end()) return false;
        CHRONIK_ASSERT(by->before() == sources.front()->before());
        CHRONIK_ASSERT(by->end() == sources.back()->end());
        *first = std::move(by);
        runs.erase(first + 1, first + static_cast<std::ptrdiff_t>(sources.size()));
        return true;
    }

    /// Recovery: from the base, or before it, to the floor.
    void attach(std::vector<settled_ptr> found) {
        if (found.empty() && !settled_) return;
        if (!settled_) settled_.emplace(base_, no_runs());
        settled_->runs = std::move(found);
    }

    /// The log is empty and begins after `base`; settled segments are handed over.
    std::vector<settled_ptr> replace(log_base base) {
        CHRONIK_ASSERT(base.index >= floor().index);
        static_cast<void>(clear());
        base_ = base;
        auto gone = std::exchange(settled_, std::nullopt);
        return gone ? std::move(gone->runs) : no_runs();
    }

    bool clear() { return truncate_from(floor().index + 1); }

    /// Recovery: entries whose segment has been released stay unknown until the log has moved past them.
    void resize_to(log_index last) {
        truncate_from(last + 1);
        while (last_index() < last) slots_.push_back({});
    }

    /// The first entry that recovery has not seen; zero if there is none.
    log_index first_unknown() const {
        for (std::size_t at = 0; at < slots_.size(); ++at) {
            if (slots_[at].home == nullptr) return floor().index + 1 + at;
        }
        return {};
    }

    /// What the log would begin after if everything before `first_kept` were gone.
    ///
    /// errors   errc::corrupt_record
    result<log_base> base_before(log_index first_kept) const {
        log_index const last_dropped = first_kept - 1;
        if (last_dropped == base_.index) return base_;
        if (last_dropped == floor().index) return floor();
        if (last_dropped > floor().index) {
            auto const& slot = slot_of(last_dropped);
            return log_base{.index = last_dropped, .term = slot.term, .next_offset = slot.next_offset()};
        }
        auto const& home = settled_of(last_dropped);
        if (last_dropped == home.last_index()) return home.end();
        auto const row = home.row(last_dropped);
        if (!row) return std::unexpected(row.error());
        return log_base{.index = last_dropped, .term = row->term, .next_offset = row->next_offset()};
    }

    /// Where an entry of the journal is; `at` is above the floor.
    detail::slot const& slot_of(log_index at) const { return slots_[at - floor().index - 1]; }

private:
    /// What is not in the journal any more, of a log that has such entries.
    struct settled_part {
        log_base floor;
        std::vector<settled_ptr> runs;
    };
    static std::vector<settled_ptr> no_runs() { return {}; }

    static bool let_go(detail::slot const& slot) { return slot.home != nullptr && --slot.home->live == 0; }
    /// The slots of entries up to there go; the floor has to move with them.
    bool let_go_up_to(log_index last) {
        bool emptied = false;
        for (log_index at = floor().index; !slots_.empty() && at < last; ++at) {
            journal_bytes_ -= slots_.front().length;
            emptied |= let_go(slots_.front());
            slots_.pop_front();
        }
        return emptied;
    }

    result<void> check(log_index at) const {
        if (at <= base_.index) return failure(errc::compacted);
        if (at > last_index()) return failure(errc::out_of_range);
        return {};
    }
    settled_segment const& settled_of(log_index at) const { return *settled_from_entry(at).front(); }

    group_id id_;
    log_base base_;
    wal::hard_state state_;
    doubt_token doubt_;
    memory_check memory_;
    rare<settled_part> settled_;
    detail::slot_list slots_;
    std::uint64_t journal_bytes_ = 0;  ///< the payloads of slots_
};

}  // namespace chronik::wal
