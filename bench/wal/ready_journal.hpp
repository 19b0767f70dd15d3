// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rooflines.hpp"

#include <chronik/base/entry.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace chronik::bench {

using journal_type = wal::journal<posix::directory>;

inline constexpr group_id first_group{1};

inline shared_bytes payload_of(std::size_t size) {
    return shared_bytes{std::vector<std::byte>(size, std::byte{7})};
}

inline wal::options without_syncs() {
    wal::options limits;
    limits.sync = false;
    return limits;
}

/// A journal with `groups` empty logs and its spare segments ready.
template <class Journal = journal_type>
struct ready_journal {
    Journal journal;
    std::vector<log_index> last;  ///< of each group

    template <wal::directory Directory>
    explicit ready_journal(Directory& where, wal::options const& limits = {}, std::uint64_t groups = 1)
        : journal(must("a journal", Journal::open(where, limits, 1))), last(groups + 1) {
        for (std::uint64_t group = 1; group <= groups; ++group) journal.create_group({group});
        must("a journal's first flush", journal.flush());
        must("a journal's segments", journal.prepare());
    }

    result<void> stage(shared_bytes const& payload, group_id group = first_group) {
        log_index const index = last[group.value] + 1;
        entry const one{.term = {1},
                        .index = index,
                        .kind = entry_kind::command,
                        .base_offset = {index.value - 1},
                        .record_count = 1,
                        .payload = payload};
        auto const staged = journal.stage(group, std::optional<wal::hard_state>{}, std::span{&one, 1});
        if (staged) last[group.value] = index;
        return staged;
    }

    /// What was staged is needed no more: with the next flushes its segments become free, and then spares again.
    bool forget_all() {
        for (std::uint64_t group = 1; group < last.size(); ++group) {
            if (last[group] > log_index{} && !journal.compact({group}, last[group] + 1)) return false;
        }
        return true;
    }
    /// Everything is durable and forgotten, and there are spares again: segments are recycled from here on.
    bool start_over() { return forget_all() && journal.flush() && journal.flush() && journal.prepare(); }
};

}  // namespace chronik::bench
