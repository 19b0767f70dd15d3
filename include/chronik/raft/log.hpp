// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/rare.hpp>
#include <chronik/raft/concepts.hpp>
#include <chronik/raft/entry_memory.hpp>
#include <chronik/raft/log_tail.hpp>
#include <chronik/raft/shared_entries.hpp>
#include <chronik/raft/write.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace chronik::raft {

/// One log: the durable prefix in the store, the rest in memory until it is durable too.
///
/// Invariant: base <= commit <= last, base <= stable <= written <= last. Entries in (stable, last] are in
/// memory; entries in (written, last] are in no write yet.
/// The commit index may be ahead of the stable one: a quorum without this member is a quorum.
template <log_view Store>
class log {
public:
    explicit log(Store const& store)
        : store_(&store), stable_(store.last_index()), written_(stable_), last_(stable_), commit_(committed_in(store)) {
        CHRONIK_ASSERT(store.first_index() == store.base_index() + 1);
        CHRONIK_ASSERT(stable_ >= store.base_index());
        remember_end();
    }

    /// A store that moves committed entries elsewhere knows that they are; what it moved is never truncated.
    static log_index committed_in(Store const& store) {
        if constexpr (requires { store.committed_index(); }) return store.committed_index();
        return store.base_index();
    }

    log_index base_index() const {
        return replaced_ ? std::max<log_index>(store_->base_index(), replaced_->index) : store_->base_index();
    }
    log_index stable_index() const { return stable_; }
    log_index commit_index() const { return commit_; }
    log_index last_index() const { return last_; }
    log_term last_term() const { return last_term_; }
    log_offset next_offset() const { return next_offset_; }
    std::size_t unstable_bytes() const { return tail_.bytes(); }

    /// errors   errc::compacted below the base, errc::out_of_range beyond the end
    result<log_term> term_at(log_index at) const {
        // Asked most often: logs that agree are compared at their ends.
        if (at == last_index()) return last_term_;
        if (at > last_index()) return failure(errc::out_of_range);
        if (at > stable_) return tail_[at].term;
        log_index const base = base_index();
        if (at < base) return failure(errc::compacted);
        if (at == base) return base_term();
        return store_->term_at(at);
    }

    /// errors   errc::compacted at or below the base, errc::out_of_range beyond the end
    result<entry> entry_at(log_index at) const {
        result<entry> found;
        if (auto const read = read_entry(at, *found); !read) found = std::unexpected(read.error());
        return found;
    }
    /// The same in the place of an entry that was read before: neighbours often have one owner, which need not count
    /// each.
    result<void> read_entry(log_index at, entry& into) const {
        if (at <= base_index()) return failure(errc::compacted);
        if (at > last_index()) return failure(errc::out_of_range);
        if (at <= stable_) return read_into(at, into);
        into = tail_[at];
        return {};
    }

    /// Whether the store can read the entry without waiting for a device. One that cannot tell is asked to read it.
    bool is_at_hand([[maybe_unused]] log_index at) const {
        if constexpr (requires { store_->is_at_hand(at); }) {
            if (at > base_index() && at <= stable_) return store_->is_at_hand(at);
        }
        return true;
    }

    /// Calls `visit` for the entries in [first, last] until it says false; what is in memory is not copied for it.
    ///
    /// visit    (entry const&) or (entry&&) -> bool: go on?
    /// errors   as entry_at(); what came before was visited
    template <class Visit>
    result<void> for_each_entry(log_index first, log_index last, Visit&& visit) const {
        return for_each_entry(first, last, [](log_index) { return true; }, visit);
    }
    /// The same; it also ends before an entry of the store of which `may_read`, (log_index) -> bool, says false.
    template <class MayRead, class Visit>
    result<void> for_each_entry(log_index first, log_index last, MayRead&& may_read, Visit&& visit) const {
        if (first > last) return {};
        if (first <= base_index()) return failure(errc::compacted);
        // One place for all of them: neighbours often have one owner, which need not count each.
        entry found;
        for (log_index at = first; at <= std::min(last, stable_); ++at) {
            if (!may_read(at)) return {};
            if (auto const read = read_into(at, found); !read) return read;
            if (!visit(std::move(found))) return {};
        }
        log_index const from = std::max(first, stable_ + 1);
        log_index const to = std::min(last, last_);
        if (from <= to && !tail_.for_each(from, to, visit)) return {};
        if (last > last_) return failure(errc::out_of_range);
        return {};
    }

    /// Those of [first, last] that are in memory; what came or goes together is not copied for it.
    ///
    /// memory   for what has to be put together
    shared_entries in_memory(log_index first, log_index last, entry_memory* memory = nullptr) const {
        first = std::max(first, stable_ + 1);
        last = std::min(last, last_);
        if (first > last) return {};
        return tail_.part(first, last, memory);
    }

    /// The offset that the record after entry `at` has.
    result<log_offset> offset_after(log_index at) const {
        if (at == last_index()) return next_offset_;
        if (at == base_index()) return base_offset();
        result<entry> const found = entry_at(at);
        if (!found) return std::unexpected(found.error());
        return found->next_offset();
    }

    /// The last position at or before `at` whose term is not above `term`, or the base if there is none.
    ///
    /// Terms never fall along a log, so the search halves; a long divergence costs a few looks.
    result<std::pair<log_index, log_term>> last_not_above(log_index at, log_term term) const {
        log_index low = base_index();
        log_index high = std::max(low, std::min(at, last_index()));
        while (low < high) {
            log_index const middle = high - (high - low) / 2;
            auto const found = term_at(middle);
            if (!found) return std::unexpected(found.error());
            if (*found <= term) low = middle; else high = middle - 1;
        }
        auto const found = term_at(low);
        if (!found) return std::unexpected(found.error());
        return std::pair{low, *found};
    }

    void append(entry item) {
        CHRONIK_ASSERT(item.index == last_ + 1);
        CHRONIK_ASSERT(item.term >= last_term_);
        CHRONIK_ASSERT(item.base_offset == next_offset_);
        shared_entries room;
        append(item.term, item.kind, item.record_count, std::move(item.payload), room);
    }

    /// One after the other, as they are.
    void append(shared_entries const& items) {
        std::size_t cost = 0;
        for (entry const& item : items) {
            CHRONIK_ASSERT(item.index == last_ + 1);
            CHRONIK_ASSERT(item.term >= last_term_);
            CHRONIK_ASSERT(item.base_offset == next_offset_);
            ++last_;
            last_term_ = item.term;
            next_offset_ = item.next_offset();
            cost += cost_of(item);
        }
        if (!items.empty()) tail_.push(items, cost);
    }

    /// The next entry of a leader.
    ///
    /// room   memory for it, which is taken if it cannot go to those before it
    entry const& append(log_term term, entry_kind kind, std::uint32_t record_count, shared_bytes&& payload,
                        shared_entries& room) {
        CHRONIK_ASSERT(term >= last_term_);
        bool const may_continue = has_unwritten();
        log_offset const base_offset = next_offset_;
        last_term_ = term;
        next_offset_ = base_offset + record_count;
        return tail_.push(may_continue, room, term, ++last_, kind, base_offset, record_count, std::move(payload));
    }

    /// Only for a proven conflict: what is committed stays.
    void truncate_from(log_index first) {
        CHRONIK_ASSERT(first > commit_);
        CHRONIK_ASSERT(first > base_index());
        CHRONIK_ASSERT(first <= last_index());
        if (first <= written_) rewritten_by_ = next_write;
        if (first > stable_) {
            tail_.truncate_from(first);
        } else {
            tail_.clear();
            stable_ = first - 1;
        }
        last_ = first - 1;
        written_ = std::min(written_, first - 1);
        remember_end();
    }

    /// The log is empty from now on, and begins behind a snapshot of what is committed up to there.
    ///
    /// index   beyond the commit index; the entry there is not in this log, so nothing of it can be kept
    void replace(log_index index, log_term term, log_offset next_offset) {
        CHRONIK_ASSERT(index > commit_);
        CHRONIK_ASSERT(term >= base_term());
        tail_.clear();
        replaced_ = beginning{index, term, next_offset};
        stable_ = written_ = last_ = commit_ = index;
        rewritten_by_ = next_write;
        remember_end();
    }

    /// What is committed stays so: a lower index is old news.
    ///
    /// returns   true if the commit index has moved
    bool commit_to(log_index index) {
        CHRONIK_ASSERT(index <= last_index());
        if (index <= commit_) return false;
        commit_ = index;
        return true;
    }

    bool has_unwritten() const { return written_ < last_; }

    /// The entries that no write carries yet; write `number` will.
    ///
    /// memory   as of in_memory()
    shared_entries take_unwritten(ticket number, entry_memory* memory = nullptr) {
        auto taken = in_memory(written_ + 1, last_, memory);
        written_ = last_;
        if (rewritten_by_ == next_write) rewritten_by_ = number;
        return taken;
    }

    /// A write is durable, and so are those before it.
    ///
    /// A write from before the last rewrite proves nothing: the same (index, term) may have been overwritten
    /// and written again since, and a crash would find the rewrite half done. The rewrite's own completion counts.
    ///
    /// memory   where what the log held of it goes
    void completed(stored const& done, entry_memory* memory = nullptr) {
        if (done.number() < rewritten_by_ || done.last_index() <= stable_) return;
        auto const term = term_at(done.last_index());
        if (!term || *term != done.last_term()) return;
        tail_.drop_to(done.last_index(), memory);
        stable_ = done.last_index();
    }

    /// Memory that nothing is in.
    void give_back() {
        tail_.give_back();
        if (!replaced_later()) replaced_.reset();
    }

private:
    /// Where the log begins since it was replaced, until the store has heard of it.
    struct beginning {
        log_index index;
        log_term term;
        log_offset next_offset;
    };

    /// Later than all that are under way: it has its number when it is taken.
    static constexpr ticket next_write{std::numeric_limits<ticket::rep>::max()};

    bool replaced_later() const { return replaced_ && replaced_->index > store_->base_index(); }
    log_term base_term() const { return replaced_later() ? replaced_->term : log_term{store_->base_term()}; }
    log_offset base_offset() const {
        return replaced_later() ? replaced_->next_offset : log_offset{store_->base_offset()};
    }

    result<void> read_into(log_index at, entry& into) const {
        if constexpr (requires { store_->read_into(at, into); }) {
            return store_->read_into(at, into);
        } else {
            auto found = store_->read(at);
            if (!found) return std::unexpected(found.error());
            into = std::move(*found);
            return {};
        }
    }

    void remember_end() {
        if (last_ == base_index()) {
            last_term_ = base_term();
            next_offset_ = base_offset();
            return;
        }
        // Nothing can be said about a log whose end cannot be read; recovery has read it before.
        result<entry> const last = entry_at(last_index());
        CHRONIK_ASSERT(last.has_value());
        last_term_ = last->term;
        next_offset_ = last->next_offset();
    }

    Store const* store_;
    rare<beginning> replaced_;
    log_tail tail_;
    log_index stable_;
    log_index written_;
    log_index last_;
    log_index commit_;
    log_term last_term_;
    log_offset next_offset_;
    ticket rewritten_by_;  // the newest that replaces entries of earlier writes
};

}  // namespace chronik::raft
