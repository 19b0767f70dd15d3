// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>
#include <chronik/raft/entry_memory.hpp>
#include <chronik/raft/fifo.hpp>
#include <chronik/raft/options.hpp>
#include <chronik/raft/shared_entries.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace chronik::raft {

inline std::size_t cost_of(entry const& item) { return item.payload.size() + entry_overhead_bytes; }

inline std::size_t cost_of(shared_entries const& items) {
    std::size_t bytes = 0;
    for (entry const& item : items) bytes += cost_of(item);
    return bytes;
}

/// The end of a log, in memory until it is durable: runs of consecutive entries, each as it came in one message or goes
/// in one write, and shared with these.
class log_tail {
public:
    bool empty() const { return runs_.empty(); }
    std::size_t bytes() const { return bytes_; }

    /// The caller knows that it is here.
    entry const& operator[](log_index at) const {
        run const* const home = run_of(at);
        return home->entries[at - home->first()];
    }

    /// Calls `visit` for the entries in [first, last], which are here, until it says false; returns what it said last.
    template <class Visit>
    bool for_each(log_index first, log_index last, Visit&& visit) const {
        run const* home = run_of(first);
        for (log_index at = first; at <= last; ++at) {
            if (at > home->last) ++home;
            if (!visit(home->entries[at - home->first()])) return false;
        }
        return true;
    }

    /// The entries in [first, last], which are here: a part of a run; of several, they are put together.
    ///
    /// memory   where to; may be absent
    shared_entries part(log_index first, log_index last, entry_memory* memory) const {
        run const* const home = run_of(first);
        std::size_t const count = last - first + 1;
        if (last <= home->last) return home->entries.slice(first - home->first(), count);
        shared_entries joined = memory != nullptr ? memory->take() : shared_entries{};
        joined.reserve(std::bit_ceil(count));
        for_each(first, last, [&](entry const& item) {
            joined.push_back(item);
            return true;
        });
        return joined;
    }

    /// They follow what is here, and are not empty.
    ///
    /// cost   of all of them: cost_of()
    void push(shared_entries items, std::size_t cost) {
        log_index const last = items.back().index;
        runs_.push({std::move(items), last, cost});
        bytes_ += cost;
    }
    /// One that follows is made here: behind those before it, if it may and nobody else holds them yet, else as the
    /// first of a run.
    ///
    /// may_continue   those before it are in no write
    /// room           memory for a run, which is taken if one begins
    entry const& push(bool may_continue, shared_entries& room, log_term term, log_index index, entry_kind kind,
                      log_offset base_offset, std::uint32_t record_count, shared_bytes&& payload) {
        bool const continues = may_continue && !runs_.empty() && runs_.back().entries.can_grow();
        run& home = continues ? runs_.back() : runs_.emplace();
        if (!continues) home.entries = std::move(room);
        entry const& made =
            home.entries.emplace_back(term, index, kind, base_offset, record_count, std::move(payload));
        std::size_t const cost = cost_of(made);
        home.last = index;
        home.bytes += cost;
        bytes_ += cost;
        return made;
    }

    /// What is up to there is durable; what it owns is given back when its whole run is.
    ///
    /// memory   for the blocks that nobody else holds; may be absent
    void drop_to(log_index last, entry_memory* memory) {
        std::size_t whole = 0;
        for (; whole < runs_.size() && runs_[whole].last <= last; ++whole) {
            bytes_ -= runs_[whole].bytes;
            if (memory != nullptr) memory->give(std::move(runs_[whole].entries));
        }
        runs_.pop_front(whole);
        if (runs_.empty() || runs_.front().first() > last) return;
        std::size_t const done = last - runs_.front().first() + 1;
        cut(runs_.front(), done, runs_.front().entries.size() - done);
    }

    void truncate_from(log_index first) {
        while (!runs_.empty() && runs_.back().first() >= first) {
            bytes_ -= runs_.back().bytes;
            runs_.shrink_to(runs_.size() - 1);
        }
        if (!runs_.empty() && runs_.back().last >= first) cut(runs_.back(), 0, first - runs_.back().first());
    }

    void clear() {
        runs_.clear();
        bytes_ = 0;
    }
    /// Memory that nothing is in.
    void give_back() { runs_.give_back(); }

private:
    struct run {
        shared_entries entries;
        log_index last;
        std::size_t bytes = 0;

        log_index first() const { return entries.front().index; }
    };

    run const* run_of(log_index at) const {
        auto const all = runs_.view();
        // Asked most often: what has come last.
        if (all.back().first() <= at) return &all.back();
        return &*std::ranges::lower_bound(all, at, {}, &run::last);
    }

    void cut(run& from, std::size_t first, std::size_t count) {
        bytes_ -= from.bytes;
        from.entries = from.entries.slice(first, count);
        from.last = from.entries.back().index;
        from.bytes = cost_of(from.entries);
        bytes_ += from.bytes;
    }

    fifo<run> runs_;
    std::size_t bytes_ = 0;
};

}  // namespace chronik::raft
