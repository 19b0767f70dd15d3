// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/error.hpp>
#include <chronik/wal/clean_job.hpp>
#include <chronik/wal/metrics.hpp>
#include <chronik/wal/options.hpp>
#include <chronik/wal/remove_job.hpp>
#include <chronik/wal/replay.hpp>
#include <chronik/wal/segment_pool.hpp>
#include <chronik/wal/settle_job.hpp>
#include <chronik/wal/shortage.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

namespace chronik::wal {

/// When the settled files of one group are full, and new ones begin.
///
/// segment_bytes   of payloads; the last one may go beyond
/// segment_ms      between the times of the first and the newest entry
struct settle_limits {
    std::uint64_t segment_bytes = std::uint64_t{1} << 30;
    std::int64_t segment_ms = std::numeric_limits<std::int64_t>::max();
};

/// Decides what moves out of the journal, and when: with more than options::unsettled_segments_max segments in use, the
/// committed entries of the oldest, in rounds. A round goes through one group after the other, and only at its end its
/// segments are free; so it takes no more of them than give each group a run that is worth its syncs.
///
/// Remembers which settled files nobody needs until the record that says so is durable.
/// threads   the journal's owner; jobs run anywhere
template <directory Directory>
class settler {
public:
    using job_type = settle_job<Directory>;
    using run_type = settle_run<Directory>;

    settler(options const& limits, group_map const& recovered) : limits_(limits) {
        for (auto const& [id, log] : recovered) groups_[id].durable_floor = log->floor().index;
    }

    void committed(group_id id, log_index at) {
        auto& known = groups_[id].committed;
        known = std::max(known, at);
    }
    void configure(group_id id, settle_limits limits) { groups_[id].limits = limits; }
    /// The group is gone. One of the same id may come after it: what was begun for this one is not for that one.
    void forget(group_id id) {
        groups_.erase(id);
        std::erase_if(floors_, [=](raised_floor const& each) { return each.group == id; });
        std::erase_if(moving_, [=](moving const& each) { return each.group == id; });
    }

    /// Whether a journal of so many segments is longer than it should be.
    bool wants_round(std::size_t kept) const {
        return limits_.unsettled_segments_max != 0 && kept > limits_.unsettled_segments_max;
    }
    /// Whether what moves out comes before a spare segment. The further beyond the limit, the more has to move between
    /// two spares: a segment's worth at one and a half times the limit, where the journal grows no further. At twice
    /// the limit none is made as long as anything can be moved. So who writes is slowed down in small steps.
    bool goes_first(segment_pool<Directory> const& pool) {
        if (newest_spare_ != pool.last_sequence()) {
            newest_spare_ = pool.last_sequence();
            moved_since_spare_ = 0;
        }
        if (!wants_round(pool.kept_count())) return false;
        std::size_t const limit = limits_.unsettled_segments_max;
        std::size_t const beyond = pool.kept_count() - limit;
        return beyond >= limit || moved_since_spare_ < limits_.segment_bytes * 2 * beyond / limit;
    }
    /// A new round, unless one is under way: the oldest segments with something to move, never the newer half.
    void begin_round(segment_pool<Directory> const& pool, group_map const& groups) {
        // A cut that moved along with the load would bring up the first groups again and again, and free nothing.
        if (cut_ != 0 || turns_to_wait_ > 0 || !wants_round(pool.kept_count())) return;
        auto const needed = pool.needed_sequences();
        if (!wants_round(needed.size())) return;
        std::uint64_t const oldest = gather(groups);
        std::size_t const wanted = round_.size() * limits_.settle_run_bytes / limits_.segment_bytes;
        auto const first = static_cast<std::size_t>(std::ranges::lower_bound(needed, oldest) - needed.begin());
        std::size_t const most = needed.size() - std::max<std::size_t>(limits_.unsettled_segments_max / 2, 1);
        cut_ = needed[std::min(first + std::max<std::size_t>(wanted, 1), most) - 1];
    }

    /// The next runs to move, each of another group; nothing when the round is over.
    std::optional<job_type> begin(Directory& where, group_map const& groups) {
        if (turns_to_wait_ > 0) return std::nullopt;
        std::vector<run_type> runs;
        job_room room;
        std::vector<group_id> unfinished;
        for (; !round_.empty() && room.bytes > 0 && room.entries > 0 && runs.size() < limits_.settle_runs_max;
             round_.pop_back()) {
            group_id const id = round_.back();
            auto const log = groups.find(id);
            auto const known = groups_.find(id);
            if (log == groups.end() || known == groups_.end()) continue;
            // Files of an earlier group of this id go first: they may have the names of the new ones.
            if (std::ranges::any_of(removals_, [=](removal const& each) { return each.name.group == id; })) continue;
            auto found = run_of(*log->second, known->second, room);
            if (found.entries.empty()) continue;
            moving_.push_back({id, found.grown ? std::optional{found.grown->name()} : std::nullopt});
            unfinished.push_back(id);
            runs.push_back(run_type{{.log_id = limits_.log_id,
                                     .group = id,
                                     .before = log->second->floor(),
                                     .grown = std::move(found.grown)},
                                    std::move(found.entries)});
        }
        // A run need not be all that its group has to move.
        round_.insert(round_.end(), unfinished.rbegin(), unfinished.rend());
        if (runs.empty()) return std::nullopt;
        return job_type{where, std::move(runs), limits_.timestamp_of};
    }

    /// After begin() has found nothing more. returns   the cut, if what is left below it is little enough to be moved
    /// out of the way; 0: nothing to do
    std::uint64_t end_round(group_map const& groups) {
        if (turns_to_wait_ > 0) { --turns_to_wait_; return 0; }
        if (cut_ == 0) return 0;
        std::uint64_t const cut = std::exchange(cut_, 0);
        // Nothing can be moved yet; trying again at once would only look at every group again.
        if (!std::exchange(round_moved_, false)) turns_to_wait_ = turns_after_empty_round;
        std::uint64_t bytes = 0;
        for (auto const& [id, log] : groups) {
            for (log_index at = log->floor().index + 1; at <= log->last_index(); ++at) {
                auto const& slot = log->slot_of(at);
                if (slot.home->header.sequence > cut) break;
                bytes += record_bytes(slot.length);
                if (bytes > limits_.segment_bytes / 8) return 0;
            }
        }
        return bytes == 0 ? 0 : cut;
    }

    /// Durable entries in segments up to the cut.
    std::vector<std::pair<group_log*, stored_entry>> leftovers(group_map const& groups, std::uint64_t cut) const {
        std::vector<std::pair<group_log*, stored_entry>> left;
        for (auto const& [id, log] : groups) {
            for (log_index at = log->floor().index + 1; at <= log->last_index(); ++at) {
                if (log->slot_of(at).home->header.sequence > cut) break;
                auto found = log->stored(at);
                if (!found) break;
                left.emplace_back(log.get(), std::move(*found));
            }
        }
        return left;
    }

    /// For each run of the job. returns   the log's new floor, or nothing if the log has moved on meanwhile
    ///
    /// errors   a shortage: tried again later; others are final
    result<std::optional<log_base>> finish(run_type& moved, group_map const& groups, metrics& counted) {
        auto& made = moved.outcome();
        bool const group_went =
            std::erase_if(moving_, [&](moving const& each) { return each.group == moved.group(); }) == 0;
        if (!made) {
            auto const shortage = shortage_of(made.error());
            if (!shortage) return std::unexpected(made.error());
            ++(*shortage == errc::out_of_space ? counted.settle_failures : counted.no_descriptors);
            turns_to_wait_ = turns_after_shortage;
            return failure(*shortage);
        }
        auto const found = groups.find(moved.group());
        if (group_went || found == groups.end() || !continues(*found->second, moved)) {
            if (moved.begins_files()) unneeded({moved.name()});
            return std::optional<log_base>{};
        }
        group_log& log = *found->second;
        std::uint64_t const entries = made->last_index() - moved.begins_after();
        std::uint64_t const bytes =
            made->data_bytes() - (moved.begins_files() ? 0U : log.settled().back()->data_bytes());
        counted.settled_entries += entries;
        counted.settled_bytes += bytes;
        moved_since_spare_ += bytes + entries * record_header_bytes;
        round_moved_ = true;
        log.settle(std::make_shared<settled_segment const>(std::move(*made)));
        floors_.push_back({moved.group(), log.floor().index, 0});
        return std::optional{log.floor()};
    }

    /// Runs that never change again by themselves, oldest first: full, and the journal's word for them is durable.
    std::vector<group_log::settled_ptr> full_runs(group_map const& groups, group_id id) const {
        std::vector<group_log::settled_ptr> full;
        auto const log = groups.find(id);
        auto const known = groups_.find(id);
        if (log == groups.end() || known == groups_.end()) return full;
        auto const runs = log->second->settled();
        for (auto const& each : runs) {
            bool const is_last = each == runs.back();
            bool const grows = is_growing(each->name()) || !is_full(*each, known->second.limits);
            if ((is_last && grows) || each->last_index() > known->second.durable_floor) break;
            full.push_back(each);
        }
        return full;
    }

    /// See journal::finish_cleaning().
    bool finish(clean_job<Directory> const& job, group_map const& groups, metrics& counted) {
        CHRONIK_ASSERT(job.made() != nullptr);
        auto const found = groups.find(job.group());
        bool const taken = found != groups.end() && !is_growing(job.sources().back()->name()) &&
                           found->second->replace_settled(job.sources(), job.made());
        // Neither needs a record: the newest cleaned run that is whole is what counts.
        if (!taken) replaced({job.made()});
        if (taken) replaced(job.sources());
        if (taken) ++counted.cleanings;
        return taken;
    }

    /// Nothing refers to them from the next flush on.
    void unneeded(std::vector<settled_name> const& names) {
        for (auto const& each : names) removals_.push_back({.name = each, .flush = 0});
    }
    void unneeded(std::span<group_log::settled_ptr const> dropped) {
        for (auto const& each : dropped) removals_.push_back({.name = each->name(), .flush = 0});
    }
    /// Every record that says so is in flush `number` or before it.
    ///
    /// returns   whether anything waits for it to be durable
    bool staged(std::uint64_t number) {
        bool waits = false;
        auto const wait = [&](auto& each) {
            if (each.flush == 0) each.flush = number;
            waits = waits || each.flush == number;
        };
        std::ranges::for_each(removals_, wait);
        std::ranges::for_each(floors_, wait);
        return waits;
    }
    void durable(std::uint64_t number) {
        durable_ = number;
        std::erase_if(floors_, [&](raised_floor const& each) {
            bool const done = each.flush != 0 && each.flush <= number;
            if (auto const known = groups_.find(each.group); done && known != groups_.end())
                known->second.durable_floor = std::max(known->second.durable_floor, each.index);
            return done;
        });
    }

    std::optional<remove_job<Directory>> begin_removal(Directory& where) {
        std::vector<settled_name> ready;
        std::erase_if(removals_, [&](removal const& each) {
            bool const may_go = each.now || (each.flush != 0 && each.flush <= durable_);
            bool const taken = ready.size() < removals_max && may_go;
            if (taken) ready.push_back(each.name);
            return taken;
        });
        if (ready.empty()) return std::nullopt;
        return remove_job<Directory>{where, std::move(ready)};
    }

private:
    static constexpr std::size_t job_bytes_max = std::size_t{16} << 20;
    static constexpr std::size_t job_entries_max = 16384;
    static constexpr std::size_t removals_max = 64;
    static constexpr std::size_t turns_after_shortage = 16;
    static constexpr std::size_t turns_after_empty_round = 8;

    struct group_state {
        log_index committed;
        settle_limits limits;
        log_index durable_floor;
    };
    struct raised_floor {
        group_id group;
        log_index index;
        std::uint64_t flush;  ///< 0: not staged yet
    };
    struct removal {
        settled_name name;
        std::uint64_t flush;  ///< 0: not staged yet
        bool now = false;     ///< no record has to be waited for
    };
    struct moving {
        group_id group;
        std::optional<settled_name> grown;
    };
    struct run {
        std::shared_ptr<settled_segment const> grown;
        std::vector<stored_entry> entries;
    };
    /// What else fits into a job.
    struct job_room {
        std::uint64_t bytes = job_bytes_max;
        std::size_t entries = job_entries_max;
    };

    /// The groups of a round: all with something to move, once for the whole of it and not for each run.
    ///
    /// returns   the sequence of the oldest segment that any of it is in
    std::uint64_t gather(group_map const& groups) {
        std::uint64_t oldest = std::numeric_limits<std::uint64_t>::max();
        round_.clear();
        for (auto const& [id, log] : groups) {
            auto const known = groups_.find(id);
            log_index const first = log->floor().index + 1;
            if (known == groups_.end() || first > known->second.committed || first > log->last_index()) continue;
            round_.push_back(id);
            oldest = std::min(oldest, log->slot_of(first).home->header.sequence);
        }
        std::ranges::sort(round_, [](group_id left, group_id right) { return right < left; });
        return oldest;
    }

    run run_of(group_log const& log, group_state const& state, job_room& room) const {
        run made;
        std::uint64_t left = std::min(room.bytes, state.limits.segment_bytes);
        if (!log.settled().empty() && !is_full(*log.settled().back(), state.limits)) {
            made.grown = log.settled().back();
            left = std::min(left, state.limits.segment_bytes - made.grown->data_bytes());
        }
        log_index const last = std::min(state.committed, log.last_index());
        for (log_index at = log.floor().index + 1; at <= last && room.entries > 0; ++at) {
            auto const& slot = log.slot_of(at);
            if (slot.home->header.sequence > cut_ || (slot.length > left && !made.entries.empty())) break;
            auto found = log.stored(at);
            if (!found) break;
            left -= std::min<std::uint64_t>(left, slot.length);
            room.bytes -= std::min<std::uint64_t>(room.bytes, slot.length);
            --room.entries;
            made.entries.push_back(std::move(*found));
        }
        return made;
    }

    /// Whether the log is still what the run begins behind. A file that was to grow may have been compacted away.
    static bool continues(group_log const& log, run_type const& moved) {
        if (log.floor().index != moved.begins_after()) return false;
        return moved.begins_files() || (!log.settled().empty() && log.settled().back() == moved.grown());
    }

    bool is_growing(settled_name const& file) const {
        return std::ranges::any_of(moving_, [&](moving const& each) { return each.grown == file; });
    }

    void replaced(std::vector<group_log::settled_ptr> const& files) {
        for (auto const& each : files) removals_.push_back({.name = each->name(), .flush = durable_, .now = true});
    }

    static bool is_full(settled_segment const& last, settle_limits const& limits) {
        if (last.header().is_cleaned() || last.data_bytes() >= limits.segment_bytes) return true;
        if (last.configurations() > settled_configurations_max - job_entries_max) return true;
        if (last.newest_ms() == no_timestamp || last.oldest_ms() == no_timestamp) return false;
        return last.newest_ms() - last.oldest_ms() >= limits.segment_ms;
    }

    options limits_;
    std::unordered_map<group_id, group_state> groups_;
    std::vector<removal> removals_;
    std::vector<raised_floor> floors_;
    std::vector<moving> moving_;  ///< by the job under way, but for groups that have gone since
    std::uint64_t durable_ = 0;
    std::uint64_t cut_ = 0;         ///< of the round under way; 0: none
    std::vector<group_id> round_;   ///< its groups, the next one last
    std::size_t turns_to_wait_ = 0;
    bool round_moved_ = false;  ///< something, so far
    std::uint64_t newest_spare_ = 0;
    std::uint64_t moved_since_spare_ = 0;  ///< bytes of records
};

}  // namespace chronik::wal
