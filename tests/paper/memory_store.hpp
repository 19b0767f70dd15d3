// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>
#include <chronik/base/error.hpp>
#include <chronik/raft/write.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace chronik::paper {

constexpr node_id n(std::uint32_t value) { return {value}; }
constexpr log_term t(std::uint64_t value) { return {value}; }
constexpr log_index i(std::uint64_t value) { return {value}; }

/// What a disk holds: it survives crashes, and it changes only by writes that were completed.
struct memory_store {
    log_index base{};
    log_term term_of_base{};
    log_offset offset_of_base{};
    std::vector<entry> entries{};
    raft::hard_state hard{};
    log_index away_to{};  ///< older entries are on the device alone

    bool is_at_hand(log_index at) const { return at > away_to; }
    log_index base_index() const { return base; }
    log_term base_term() const { return term_of_base; }
    log_offset base_offset() const { return offset_of_base; }
    log_index first_index() const { return base + 1; }
    log_index last_index() const { return base + entries.size(); }
    result<log_term> term_at(log_index at) const {
        auto const found = read(at);
        if (!found) return std::unexpected(found.error());
        return found->term;
    }
    result<entry> read(log_index at) const {
        if (at <= base) return failure(errc::compacted);
        if (at > last_index()) return failure(errc::out_of_range);
        return entries[at - base - 1];
    }

    void apply(raft::write const& done) {
        if (done.install) {
            entries.clear();
            base = done.install->last_index;
            term_of_base = done.install->last_term;
            offset_of_base = done.install->next_offset;
        }
        if (done.state) hard = *done.state;
        for (entry const& item : done.entries) {
            CHRONIK_ASSERT(item.index > base);
            CHRONIK_ASSERT(item.index <= last_index() + 1);
            entries.resize(item.index - base - 1);
            entries.push_back(item);
        }
    }

    void compact(log_index up_to) {
        if (up_to <= base) return;
        entry const last = entries[up_to - base - 1];
        entries.erase(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(up_to - base));
        base = up_to;
        term_of_base = last.term;
        offset_of_base = last.next_offset();
    }

    /// A log by its terms, as the paper draws it: {1, 1, 2} is entries 1 and 2 of term 1 and entry 3 of term 2.
    static memory_store of(std::vector<std::uint64_t> const& terms, raft::hard_state hard = {}) {
        memory_store made;
        for (std::uint64_t const term : terms) {
            auto const index = made.entries.size() + 1;
            made.entries.push_back({.term = t(term),
                                    .index = i(index),
                                    .kind = entry_kind::command,
                                    .base_offset = {index - 1},
                                    .record_count = 1,
                                    .payload = shared_bytes::copy_of("t" + std::to_string(term))});
        }
        made.hard = hard;
        if (!terms.empty()) made.hard.term = std::max(made.hard.term, t(terms.back()));
        return made;
    }
};

}  // namespace chronik::paper
