// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/wal/detail/slots.hpp>
#include <chronik/wal/group_log.hpp>
#include <chronik/wal/replay.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace chronik::wal {

/// What became of a record in a journal that has holes.
enum class replayed : std::uint8_t {
    taken,
    doubtful,       ///< not taken: what it builds on may have been in a hole
    contradictory,  ///< not taken: it contradicts the ones before it, and there is no hole to explain that
    unknown,        ///< not taken: a type of record that this version does not know
};

/// As replay, for a journal with holes: what stands behind a hole counts only where it is certain to continue the log
/// that was there before it. So a group's log is always one that it once had, and never a mixture of two.
///
/// Behind a hole, an entry is certain if the entry before it in our log is of the same term: the leader of that term
/// appended both, so that they and all before them are in one log. It is certain behind what is settled or compacted,
/// which never changes. With `may_cut` false, as for a group of one voter, nothing is ever taken back, so that it is
/// certain if it continues index and offset. What is not certain is left out, and all of the group after it, until an
/// entry that is certain takes its place, or the journal says that the log is settled or compacted beyond that.
/// source   Raft paper (extended), section 5.3, Log Matching Property
class doubtful_replay {
public:
    /// Entries of a group that were not taken; the last one that was seen or that a table speaks of.
    struct loss {
        log_index first;
        log_index last;
        std::size_t hole = 0;             ///< the number of the hole; 0: there was none
        std::vector<group_log> behind{};  ///< those that were seen, in runs without gaps
    };

    explicit doubtful_replay(bool may_cut) : may_cut_(may_cut) {}

    /// Records are missing here.
    void hole() { ++holes_; }
    std::size_t holes() const { return holes_; }

    group_map& groups() { return replay_.groups(); }
    /// The newest that was seen.
    doubt_token doubt() const { return replay_.doubt().token; }
    /// What is not in groups() though the journal speaks of it, besides entries whose place is unknown.
    std::map<group_id, loss> const& losses() const { return losses_; }
    /// The last hole that the group's log is known to have gone past; 0: none.
    std::size_t proven(group_id group) const {
        auto const found = proven_.find(group);
        return found == proven_.end() ? 0 : found->second;
    }

    replayed apply(record_view const& record, segment& home) {
        auto const& header = record.header;
        switch (header.type) {
            case record_type::entry: return apply_entry(record, home);
            case record_type::entry_moved: return apply_moved(record, home);
            case record_type::hard_state: return find(header.group) ? take(record, home) : absent();
            case record_type::group_created:
                // There is one already, so its removal was in a hole.
                if (holes_ > 0 && find(header.group))
                    make({.type = record_type::group_removed, .group = header.group}, home);
                forget(header.group);
                return take(record, home);
            case record_type::group_removed: forget(header.group); return take(record, home);
            case record_type::prefix_compacted:
            case record_type::settled: return apply_floor(record, home);
            case record_type::log_replaced:
                if (!find(header.group)) return absent();
                forget(header.group);
                return take(record, home);
            case record_type::table: return apply_table(record, home);
            case record_type::doubt:
            case record_type::segments_released:
            case record_type::segment_end:
            case record_type::closed:
            case record_type::synced: return replayed::taken;
        }
        return replayed::unknown;
    }

private:
    group_log* find(group_id id) {
        auto const found = replay_.groups().find(id);
        return found == replay_.groups().end() ? nullptr : found->second.get();
    }
    replayed absent() const { return holes_ > 0 ? replayed::doubtful : replayed::contradictory; }

    replayed take(record_view const& record, segment& home) {
        if (replay_.apply(record, home)) return replayed::taken;
        return absent();
    }
    /// What must have been said in a hole.
    void make(record_header const& said, segment& home) { static_cast<void>(take(record_view{said, 0, {}}, home)); }

    /// What is known of the group's log from here on does not depend on what was before.
    void forget(group_id group) {
        losses_.erase(group);
        proven_[group] = holes_;
    }

    replayed apply_entry(record_view const& record, segment& home) {
        auto const& header = record.header;
        auto* log = find(header.group);
        if (auto const lost = losses_.find(header.group); lost != losses_.end()) {
            if (log == nullptr || !is_certain(*log, header)) {
                set_aside(lost->second, record, home);
                return replayed::doubtful;
            }
            // The log ended with it when it was written: nothing behind it is lost.
            forget(header.group);
        }
        if (log == nullptr && holes_ > 0 && header.index == log_index{1} && header.base_offset == log_offset{}) {
            make({.type = record_type::group_created, .group = header.group}, home);
            forget(header.group);
            log = find(header.group);
        }
        if (log == nullptr) return absent();
        if (proven(header.group) < holes_ && !is_certain(*log, header)) {
            lose(*log, record, home);
            return replayed::doubtful;
        }
        auto const outcome = take(record, home);
        if (outcome == replayed::taken) {
            proven_[header.group] = holes_;
        } else if (header.index > log->floor().index) {
            lose(*log, record, home);
        }
        return outcome;
    }

    bool is_certain(group_log const& log, record_header const& header) const {
        if (header.index <= log.floor().index || header.index > log.last_index() + 1) return false;
        log_index const before = header.index - 1;
        if (before == log.floor().index) return true;
        auto const& slot = log.slot_of(before);
        if (slot.home == nullptr) return false;
        if (slot.term == header.term) return true;
        return !may_cut_ && before == log.last_index() && slot.next_offset() == header.base_offset &&
               slot.term < header.term;
    }

    /// The log ends before the entry, and what follows is not taken.
    void lose(group_log& log, record_view const& record, segment& home) {
        log_index const first = std::min(record.header.index, log.last_index() + 1);
        log.truncate_from(first);
        auto& lost = losses_[log.id()] = {.first = first, .last = first, .hole = holes_};
        set_aside(lost, record, home);
    }

    static void set_aside(loss& into, record_view const& record, segment& home) {
        auto const& header = record.header;
        if (header.index == log_index{}) return;
        into.last = std::max(into.last, header.index);
        cut_behind(into, header.index);
        add_behind(into.behind, header.group, header.index, detail::slot_of(header, home, record.position));
    }
    static void add_behind(std::vector<group_log>& runs, group_id group, log_index at, detail::slot const& where) {
        if (runs.empty() || runs.back().last_index() + 1 != at)
            runs.emplace_back(group, log_base{at - 1, where.term, where.base_offset});
        runs.back().append(at, where);
    }

    static void cut_behind(loss& of, log_index from) {
        while (!of.behind.empty() && of.behind.back().first_index() >= from) of.behind.pop_back();
        if (!of.behind.empty()) of.behind.back().truncate_from(from);
    }

    replayed apply_moved(record_view const& record, segment& home) {
        auto const& header = record.header;
        auto* const log = find(header.group);
        if (log == nullptr || header.index <= log->floor().index || header.index > log->last_index()) return absent();
        auto const& slot = log->slot_of(header.index);
        bool const is_doubtful = proven(header.group) < holes_ || losses_.contains(header.group);
        // Where nothing is missing, the entry that we know was written anew in a segment that is gone.
        if (is_doubtful && slot.home != nullptr && slot.term != header.term) return absent();
        return take(record, home);
    }

    /// Entries up to there are settled, or gone: that is certain, whatever was lost.
    replayed apply_floor(record_view const& record, segment& home) {
        auto const& header = record.header;
        auto* const log = find(header.group);
        if (log == nullptr) return absent();
        log_base const base{header.index, header.term, header.base_offset};
        if (proven(header.group) == holes_ && !losses_.contains(header.group)) return take(record, home);
        rise(*log, base);
        if (header.type == record_type::settled && base.index > log->last_index()) {
            log->release_to(base);
            return replayed::taken;
        }
        return take(record, home);
    }

    enum class follows : std::uint8_t { surely, never, perhaps };

    /// Whether what our log has behind `base`, which is inside, followed it there. If that entry's segment is gone,
    /// since it was settled, the next one that we know tells, as in is_certain(): terms never fall along a log.
    follows what_is_behind(group_log const& log, log_base const& base) const {
        auto at = base.index;
        while (at < log.last_index() && log.slot_of(at).home == nullptr) ++at;
        auto const& slot = log.slot_of(at);
        if (slot.home == nullptr) return follows::perhaps;
        if (slot.term == base.term) return follows::surely;
        if (at == base.index || slot.term < base.term) return follows::never;
        bool const goes_on = at == base.index + 1 && slot.base_offset == base.next_offset;
        return !may_cut_ && goes_on ? follows::surely : follows::perhaps;
    }

    /// Before the floor of a doubtful log moves to `base`: what it had behind it stays only if it surely followed that,
    /// and is lost if it may have.
    void rise(group_log& log, log_base const& base) {
        bool const is_inside = base.index > log.floor().index && base.index <= log.last_index();
        auto const behind = is_inside ? what_is_behind(log, base) : follows::surely;
        if (behind == follows::perhaps) lose_behind(log, base);
        if (behind != follows::surely) log.truncate_from(base.index + 1);
        auto const lost = losses_.find(log.id());
        if (lost == losses_.end()) {
            if (base.index >= log.last_index()) proven_[log.id()] = holes_;
            return;
        }
        if (base.index >= lost->second.last) return forget(log.id());
        if (behind != follows::surely || base.index >= lost->second.first) lost->second.first = base.index + 1;
    }

    /// Whole entries go before those that were set aside.
    void lose_behind(group_log const& log, log_base const& base) {
        if (base.index == log.last_index()) return;
        std::vector<group_log> runs;
        for (auto at = base.index + 1; at <= log.last_index(); ++at) {
            if (log.slot_of(at).home != nullptr) add_behind(runs, log.id(), at, log.slot_of(at));
        }
        auto& lost = losses_.try_emplace(log.id(), loss{.first = {}, .last = log.last_index(), .hole = holes_})
                         .first->second;
        std::ranges::move(lost.behind, std::back_inserter(runs));
        lost.behind = std::move(runs);
    }

    replayed apply_table(record_view const& record, segment& home) {
        auto const decoded = decode_table(record.payload);
        if (!decoded) return replayed::contradictory;
        std::unordered_map<group_id, log_index> listed;
        for (auto const& row : decoded->rows) {
            listed.emplace(row.group, row.last_index);
            auto* const log = find(row.group);
            bool const is_doubtful = proven(row.group) < holes_ || losses_.contains(row.group);
            if (log == nullptr || !is_doubtful) continue;
            bool const is_another = row.base.index < log->base_index() || row.floor.index < log->floor().index;
            if (is_another) forget(row.group);
            else rise(*log, row.floor);
        }
        auto const outcome = take(record, home);
        std::erase_if(losses_, [&](auto const& each) { return !listed.contains(each.first); });
        for (auto& [group, lost] : losses_) {
            lost.last = std::max(lost.last, listed[group]);
            cut_behind(lost, listed[group] + 1);
        }
        return outcome;
    }

    replay replay_;
    bool may_cut_;
    std::size_t holes_ = 0;
    std::unordered_map<group_id, std::size_t> proven_;
    std::map<group_id, loss> losses_;
};

}  // namespace chronik::wal
