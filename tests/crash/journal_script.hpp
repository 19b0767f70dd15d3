// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../laws/journal_compositions.hpp"

#include <chronik/base/random.hpp>
#include <chronik/testing/disk.hpp>
#include <chronik/wal/journal.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace chronik::crash {

using disk_journal = wal::journal<testing::disk_directory>;

/// A journal whose policies sync rarely does so in the course of a test, too.
inline wal::options small_options() {
    return {.segment_bytes = 64 * 1024,
            .staged_bytes_max = 48 * 1024,
            .spare_segments = 1,
            .idle_segments_max = 1,
            .segments_max = 32,
            .groups_max = 32,
            .unsynced_bytes_max = 128 * 1024};
}

/// What one group's log should hold, entry by entry.
struct group_model {
    wal::hard_state state;
    log_index base;
    std::map<std::uint64_t, entry> entries;
};
using model = std::map<std::uint64_t, group_model>;

/// Payloads tell by themselves which entry they belong to.
inline shared_bytes payload_of(group_id group, log_index index, log_term term, std::size_t size) {
    std::vector<std::byte> made(size);
    random chance{group.value * 1000003 + index.value * 101 + term.value};
    for (auto& each : made) each = static_cast<std::byte>(chance());
    return shared_bytes{std::move(made)};
}

/// The state of a journal in the words of the model.
template <class Journal>
model read_all(Journal const& journal) {
    model seen;
    for (auto id : journal.groups()) {
        auto const& log = *journal.find(id);
        auto& group = seen[id.value];
        group.state = log.hard_state();
        group.base = log.base_index();
        for (auto at = log.first_index(); at <= log.last_index(); ++at) {
            auto read = log.read(at);
            CHRONIK_ASSERT(read.has_value());
            group.entries[at.value] = *read;
        }
    }
    return seen;
}

/// Runs many small flushes over several groups by seed: appends, cuts, votes, compactions, new and removed groups.
/// Remembers what the journal would hold after each step, so that a test can say which states a crash may leave.
class script {
public:
    /// settles   finished entries are committed, so that they are settled; little is compacted
    script(std::uint64_t seed, std::size_t steps, bool settles = false)
        : chance_(seed), steps_(steps), settles_(settles), states_(1) {}

    /// Goes on until the steps are done or the journal fails. Models from the last on that a sync has finished are
    /// allowed afterwards.
    void run(auto& journal) {
        for (std::size_t step = 0; step < steps_; ++step) {
            for (auto changes = chance_.between(1, 4); changes > 0; --changes) change(journal);
            if (!flush(journal)) return;
            // Less than all may have been synced; the next sync covers the rest.
            if (journal.metrics().unsynced_bytes == 0) finished_ = states_.size() - 1;
            if (settles_) commit(journal);
            if (chance_.chance(60) && !journal.prepare()) return;
        }
        completed_ = true;
    }

    bool completed() const { return completed_; }
    model const& last() const { return now_; }
    std::size_t finished() const { return finished_; }

    /// Whether `seen` is a state the journal has passed through, not older than what was finished.
    bool allows(model const& seen) const {
        for (std::size_t at = finished_; at < states_.size(); ++at) {
            if (same(states_[at], seen)) return true;
        }
        return false;
    }

    static bool same(model const& left, model const& right) {
        if (left.size() != right.size()) return false;
        for (auto const& [id, group] : left) {
            auto const found = right.find(id);
            if (found == right.end()) return false;
            auto const& other = found->second;
            if (!(group.state == other.state) || group.base != other.base || group.entries != other.entries)
                return false;
        }
        return true;
    }

private:
    /// Between the staging and the writing of a flush the preparer sometimes works, and somebody goes on staging.
    bool flush(auto& journal) {
        laws::tell(journal, time_point{} + std::chrono::milliseconds{3} * states_.size());
        while (auto job = journal.begin_flush()) {
            if (chance_.chance(30)) (void)journal.prepare();
            if (chance_.chance(20)) change(journal);
            job->run();
            if (!journal.finish_flush(std::move(*job))) return false;
        }
        return !journal.has_failed();
    }

    void change(auto& journal) {
        auto const dice = chance_.below(100);
        if (now_.size() < 3 || (dice < 3 && now_.size() < 8)) return create(journal);
        auto chosen = now_.begin();
        std::advance(chosen, static_cast<std::ptrdiff_t>(chance_.below(now_.size())));
        group_id const id{chosen->first};
        if (dice < 5 && now_.size() > 3) return remove(journal, id);
        if (dice < (settles_ ? 9U : 30U)) return compact(journal, id);
        if (dice < (settles_ ? 12U : 34U)) return replace(journal, id);
        append(journal, id, dice >= 85);
    }

    /// All but the last entry of each group, which may still be cut.
    void commit(auto& journal) {
        for (auto const& [id, group] : now_) {
            auto const last = journal.find(group_id{id})->last_index();
            if (last > log_index{1}) journal.committed(group_id{id}, last - 1);
        }
    }

    void remember() { states_.push_back(now_); }

    void create(auto& journal) {
        group_id const id{++last_group_};
        journal.create_group(id);
        now_[id.value] = {};
        remember();
    }

    void remove(auto& journal, group_id id) {
        journal.remove_group(id);
        now_.erase(id.value);
        remember();
    }

    void compact(auto& journal, group_id id) {
        auto& group = now_[id.value];
        auto const& log = *journal.find(id);
        auto const length = log.last_index() - log.base_index();
        auto const keep = chance_.below(settles_ && length > 4 ? length : 4);
        if (log.last_index().value < log.first_index().value + keep) return;
        log_index const first_kept{log.last_index().value + 1 - keep};
        if (!journal.compact(id, first_kept)) return;
        group.base = first_kept - 1;
        std::erase_if(group.entries, [=](auto const& each) { return each.first < first_kept.value; });
        remember();
    }

    /// A snapshot of somebody else's takes the place of the log, sometimes of one that is longer.
    void replace(auto& journal, group_id id) {
        auto& group = now_[id.value];
        auto const& log = *journal.find(id);
        auto const from = chance_.chance(50) ? log.last_index() : log.floor().index;
        log_index const index = from + chance_.between(1, 5);
        log_term const term{std::max(group.state.term.value, log.last_term().value)};
        if (!journal.replace_log(id, index, term, log_offset{log.next_offset().value + 7})) return;
        group.base = index;
        group.entries.clear();
        remember();
    }

    void append(auto& journal, group_id id, bool cut) {
        auto& group = now_[id.value];
        auto const& log = *journal.find(id);
        auto first = log.last_index() + 1;
        log_offset offset = log.next_offset();
        if (cut && log.last_index() > log.base_index()) {
            first = log.last_index();
            offset =
                log.read(first).has_value() ? log.read(first)->base_offset : group.entries[first.value].base_offset;
        }
        wal::hard_state const state{log_term{group.state.term.value + (cut ? 1U : 0U)},
                                    node_id{static_cast<std::uint32_t>(chance_.below(4))}};
        std::vector<entry> entries;
        for (auto count = chance_.between(1, 3); count > 0; --count) {
            auto const size = chance_.chance(35) ? chance_.below(9000) : chance_.below(700);
            entry made{.term = state.term,
                       .index = first + entries.size(),
                       .kind = entry_kind::command,
                       .base_offset = offset,
                       .record_count = static_cast<std::uint32_t>(chance_.below(4)),
                       .payload = {}};
            made.payload = payload_of(id, made.index, made.term, size);
            offset = made.next_offset();
            entries.push_back(std::move(made));
        }
        auto const staged = journal.stage(id, std::optional{state}, entries);
        if (!staged) return;
        // A torn flush keeps records one by one, so every record is a state of its own.
        group.state = state;
        remember();
        for (auto const& each : entries) {
            group.entries.erase(group.entries.lower_bound(each.index.value), group.entries.end());
            group.entries[each.index.value] = each;
            remember();
        }
    }

    chronik::random chance_;
    std::size_t steps_;
    bool settles_;
    std::uint64_t last_group_ = 0;
    model now_;
    std::vector<model> states_;
    std::size_t finished_ = 0;
    bool completed_ = false;
};

}  // namespace chronik::crash
