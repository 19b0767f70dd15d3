// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/crc32c.hpp>
#include <chronik/base/entry.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/random.hpp>
#include <chronik/wal/appender.hpp>
#include <chronik/wal/background_job.hpp>
#include <chronik/wal/clean_job.hpp>
#include <chronik/wal/detail/beginnings.hpp>
#include <chronik/wal/detail/doubting.hpp>
#include <chronik/wal/detail/without_loop.hpp>
#include <chronik/wal/finding.hpp>
#include <chronik/wal/group_log.hpp>
#include <chronik/wal/metrics.hpp>
#include <chronik/wal/moving_entries.hpp>
#include <chronik/wal/options.hpp>
#include <chronik/wal/pending_records.hpp>
#include <chronik/wal/recovery.hpp>
#include <chronik/wal/segment_pool.hpp>
#include <chronik/wal/settler.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

namespace chronik::wal {

/// The logs of many groups in one sequence of segments: one sync makes everything staged by all of them durable.
///
///     auto journal = wal::journal<posix::directory>::open(directory, options, seed);
///     journal->stage(group, hard_state, entries);      // any number of groups; in memory, no system call
///     if (auto job = journal->begin_flush()) {         // at most one under way
///         job->run();                                  // blocks: on an I/O thread
///         journal->finish_flush(std::move(*job));      // now it is durable
///     }
///
/// begin_prepare() and finish_prepare() keep spare segments the same way, on another thread.
/// threads   one owner; jobs run anywhere. The directory outlives the journal and its jobs
/// errors    after a failed write or sync every call but reading says errc::storage_failed, for ever
/// See docs/concepts/journal.md and docs/formats/journal.md.
template <directory Directory>
class journal : public detail::without_loop<journal<Directory>>,
                public detail::beginnings<journal<Directory>>,
                public detail::doubting<journal<Directory>> {
    friend detail::beginnings<journal<Directory>>;
    friend detail::doubting<journal<Directory>>;

public:
    using file_type = typename Directory::file_type;
    using log_type = group_log const;
    using flush_job = wal::flush_job<file_type>;
    using prepare_job = background_job<Directory>;
    using clean_job = wal::clean_job<Directory>;

    /// Recovers what the directory holds, or begins anew in an empty one. Blocks.
    ///
    /// salt_seed   must differ from run to run: what a client writes must not be able to look like a record
    /// errors      errc::corrupt_record, errc::wrong_owner, errc::unsupported_version (see `report`); the directory's
    static result<journal> open(Directory& where, options const& limits, std::uint64_t salt_seed,
                                recovery_report* report = nullptr) {
        CHRONIK_ASSERT(limits.consistent());
        recovery_report own_report;
        auto found = recovery<Directory>{where, limits.log_id, report != nullptr ? *report : own_report}.run();
        if (!found) return std::unexpected(found.error());
        for (auto const& [id, log] : found->groups) log->ask(limits.memory);
        journal made{where, limits, salt_seed, std::move(*found)};
        if (auto ready = made.ensure_first_segment(); !ready) return std::unexpected(ready.error());
        return made;
    }

    group_log const* find(group_id id) const {
        auto const found = groups_.find(id);
        return found == groups_.end() ? nullptr : found->second.get();
    }
    /// All groups in the order of their ids.
    std::vector<group_id> groups() const {
        auto const keys = std::views::keys(groups_);
        std::vector<group_id> ids{keys.begin(), keys.end()};
        std::ranges::sort(ids);
        return ids;
    }
    bool can_create_group() const { return groups_.size() < limits_.groups_max; }

    /// An empty log, also where there was one of this id; durable with the next flush. can_create_group() was asked.
    group_log const& create_group(group_id id) {
        CHRONIK_ASSERT(can_create_group());
        CHRONIK_ASSERT(!groups_.contains(id));
        pending_.created(id);
        auto& made = *groups_.emplace(id, std::make_unique<group_log>(id, limits_.memory)).first->second;
        made.set_doubt(this->doubt_of_newcomers());
        return made;
    }

    /// The group and its entries are gone; durable with the next flush. Payloads that were read stay readable.
    void remove_group(group_id id) {
        auto const found = groups_.find(id);
        if (found == groups_.end()) return;
        found->second->clear();
        settler_.unneeded(found->second->settled());
        settler_.forget(id);
        groups_.erase(found);
        pending_.removed(id);
    }

    /// Stages one group's write: term and vote, then entries. All of it or nothing.
    ///
    /// entries   contiguous; entries[0].index <= last_index() cuts the log there first
    /// errors    errc::busy: flush, then again; errc::out_of_space: no spare segment, prepare, then again;
    ///           errc::too_large: never fits; errc::log_gap, errc::compacted, errc::unknown_group, errc::closed
    template <term_and_vote State>
    result<void> stage(group_id id, std::optional<State> const& state, std::span<entry const> entries) {
        if (auto open = check_open(); !open) return open;
        auto const found = groups_.find(id);
        if (found == groups_.end()) return failure(errc::unknown_group);
        group_log& log = *found->second;
        if (auto fits = log.check_append(entries, limits_.payload_bytes_max()); !fits) return fits;
        // Before this group's entries, its creation.
        if (auto staged = stage_pending(space::normal); !staged) return count(staged);

        typename appender_type::admission admission{tail_, space::normal, table_bytes()};
        if (state) admission.add(record_bytes(0));
        for (auto const& each : entries) admission.add(record_bytes(each.payload.size()));
        if (auto admitted = admission.outcome(); !admitted) return count(admitted);
        if (state) {
            log.set_hard_state({state->term, state->vote});
            put({.type = record_type::hard_state, .group = id, .term = state->term, .index = {state->vote.value}}, {},
                space::normal);
        }
        for (auto const& each : entries) put_entry(log, each);
        metrics_.entries += entries.size();
        return {};
    }

    /// Entries of the group up to `at` are never cut again: they may be settled.
    void committed(group_id id, log_index at) { settler_.committed(id, at); }
    void configure_settling(group_id id, settle_limits limits) { settler_.configure(id, limits); }

    /// Settled runs of the group that can be cleaned, oldest first.
    std::vector<group_log::settled_ptr> cleanable(group_id id) const { return settler_.full_runs(groups_, id); }
    /// runs   neighbours, of those that cleanable() said; at most one job of a group is under way
    clean_job begin_cleaning(std::vector<group_log::settled_ptr> runs) {
        return {*where_, std::move(runs), limits_.timestamp_of};
    }
    /// The cleaned run takes the place of its sources. False if the log has moved on: then what was made goes.
    bool finish_cleaning(clean_job const& job) { return settler_.finish(job, groups_, metrics_); }

    /// Takes everything staged; nothing if there is nothing, or if a flush is under way.
    std::optional<flush_job> begin_flush() {
        if (flushing_ || failed_) return std::nullopt;
        // What does not fit now waits: the records only ever make less needed; memory is ahead of them.
        if (!closed_ && stage_pending(space::with_reserve)) {
            settler_.staged(tail_.next_flush());
            stage_releases();
        }
        if (tail_.nothing_staged()) return std::nullopt;
        flushing_ = true;
        return tail_.begin_flush(!closed_);
    }

    /// Everything the job took is durable, unless it failed: then the journal is of no more use.
    result<void> finish_flush(flush_job&& job) {
        CHRONIK_ASSERT(flushing_);
        flushing_ = false;
        if (auto const& done = job.outcome(); !done) return fail(done.error());
        pool_.released_durably(job.number());
        settler_.durable(job.number());
        moving_.durable(job.number(), groups_);
        tail_.finish_flush(job, metrics_);
        return {};
    }

    /// Work for the preparer, if there is any: at most one job is under way. Spare segments come first.
    std::optional<prepare_job> begin_prepare() {
        if (failed_ || closed_ || preparing_) return std::nullopt;
        auto work = next_work();
        preparing_ = work.has_value();
        return work;
    }

    /// errors   a shortage, errc::out_of_space or errc::out_of_descriptors: later calls of begin_prepare() try again
    result<void> finish_prepare(prepare_job&& job) {
        CHRONIK_ASSERT(preparing_);
        preparing_ = false;
        auto const done = std::visit([this](auto& finished) { return this->finish(finished); }, job.what());
        if (done || is_shortage(done.error())) return done;
        return fail(done.error());
    }

    /// Stages the closing mark; nothing can be staged after it. One more flush makes it durable.
    ///
    /// errors   errc::busy while anything is staged or under way: the mark vouches for what was synced before
    result<void> close() {
        if (auto open = check_open(); !open) return open;
        if (flushing_ || !tail_.nothing_staged() || !pending_.empty()) return failure(errc::busy);
        closed_ = true;
        if (tail_.current() == nullptr || tail_.current()->sealed) return {};
        if (!tail_.needs_roll(record_bytes(0), space::with_reserve))
            put({.type = record_type::closed}, {}, space::with_reserve);
        return {};
    }

    bool is_flushing() const { return flushing_; }
    bool has_failed() const { return failed_.operator bool(); }
    /// What the operating system said when the journal failed; errc::corrupt_record: what was written has changed.
    std::error_code cause() const { return failed_; }
    /// The record that has changed, met when it was to be moved, if that is why the journal failed.
    std::optional<finding> const& damage() const { return damage_; }
    options const& limits() const { return limits_; }
    std::size_t payload_bytes_max() const { return limits_.payload_bytes_max(); }

    wal::metrics metrics() const {
        auto now = metrics_;
        pool_.count(now);
        now.segments_spare = tail_.spare_count();
        now.groups = groups_.size();
        return now;
    }

private:
    using appender_type = appender<file_type>;
    using space = typename appender_type::space;
    using segment_ptr = typename appender_type::segment_ptr;

    journal(Directory& where, options const& limits, std::uint64_t seed, recovered<Directory>&& found)
        : where_(&where), limits_(limits), chance_(seed), groups_(std::move(found.groups)),
          // The jump keeps the number of a flush that was lost without a trace from being used again.
          tail_(limits, found.kept.empty() ? nullptr : found.kept.back(), {found.spares.begin(), found.spares.end()},
                found.last_flush + 2 + (chance_() >> 32)),
          pool_(limits, found, chance_()), settler_(limits, groups_) {
        this->doubt_ = found.doubt;
    }

    /// Empty, or a full last segment without a successor: without one spare, nothing can be staged.
    result<void> ensure_first_segment() {
        if (tail_.spare_count() > 0 || (tail_.current() != nullptr && !tail_.current()->sealed)) return {};
        auto job = begin_prepare();
        if (!job) return {};
        job->run();
        return finish_prepare(std::move(*job));
    }

    std::optional<prepare_job> next_work() {
        bool const spares_first = tail_.spare_count() < limits_.spare_segments && !settler_.goes_first(pool_);
        auto first = spares_first ? pool_.begin_prepare(*where_, tail_.spare_count()) : std::nullopt;
        if (first) return prepare_job{std::move(*first)};
        if (auto job = settler_.begin_removal(*where_)) return prepare_job{std::move(*job)};
        if (auto job = settler_.begin(*where_, groups_)) return prepare_job{std::move(*job)};
        if (auto const cut = settler_.end_round(groups_); cut != 0) {
            if (auto damaged = move_leftovers(cut)) return prepare_job{std::move(*damaged)};
        }
        if (moving_.empty()) settler_.begin_round(pool_, groups_);  // else what is on its way would be moved again
        if (auto job = settler_.begin(*where_, groups_)) return prepare_job{std::move(*job)};
        auto last = spares_first ? std::nullopt : pool_.begin_prepare(*where_, tail_.spare_count());
        return last ? std::optional{prepare_job{std::move(*last)}} : std::nullopt;
    }

    result<void> finish(wal::prepare_job<Directory>& job) {
        auto spare = pool_.finish_prepare(job, metrics_);
        if (spare && *spare) tail_.add_spare(std::move(*spare));
        return spare ? result<void>{} : std::unexpected(spare.error());
    }
    result<void> finish(settle_job<Directory>& job) {
        result<void> all;
        for (auto& each : job.runs()) {
            auto const& damaged = each.damaged();
            if (damaged) damage_ = damaged->damage(each.group());
            auto const floor = settler_.finish(each, groups_, metrics_);
            if (floor && *floor) pending_.moved(record_type::settled, each.group(), **floor);
            if (!floor && (all || is_shortage(all.error()) || damaged)) all = std::unexpected(floor.error());
        }
        return all;
    }
    result<void> finish(remove_job<Directory>& job) { return job.outcome(); }

    result<void> check_open() const {
        if (failed_) return failure(errc::storage_failed);
        return closed_ ? result<void>{failure(errc::closed)} : result<void>{};
    }

    result<void> count(result<void> const& refused) {
        if (refused.error() == errc::busy) ++metrics_.busy;
        if (refused.error() == errc::out_of_space) ++metrics_.out_of_space;
        return refused;
    }

    result<void> fail(std::error_code cause) {
        if (!failed_) failed_ = cause;
        return failure(errc::storage_failed);
    }

    std::size_t table_bytes() const {
        std::size_t const doubt = this->doubt_.token == no_doubt ? 0 : table_doubt_bytes(groups_.size());
        std::size_t const segments = pool_.kept_count() + limits_.spare_segments + 1;
        return record_bytes(table_payload_bytes(groups_.size(), segments) + doubt);
    }

    void put_entry(group_log& log, entry const& each) {
        auto header = record_header_of(record_type::entry, log.id(), each);
        auto const placed = put(std::move(header), each.payload.view(), space::normal);
        log.append(each.index, detail::slot_of(header, *placed.home, placed.position));
    }

    /// Few entries that cannot be settled do not hold old segments: they go to the end of the journal.
    /// returns   what says that one of them is damaged, or nothing
    std::optional<settle_job<Directory>> move_leftovers(std::uint64_t cut) {
        for (auto& [log, stored] : settler_.leftovers(groups_, cut)) {
            auto const& each = stored.what;
            if (!stored.is_sound(log->id(), crc32c::value(each.payload.view())))
                return settle_job<Directory>{*where_, settle_run<Directory>{log->id(), std::move(stored)}};
            typename appender_type::admission admission{tail_, space::normal, table_bytes()};
            admission.add(record_bytes(each.payload.size()));
            if (!admission.outcome()) break;
            auto head = record_header_of(record_type::entry_moved, log->id(), each);
            auto const placed = put(std::move(head), each.payload.view(), space::normal);
            moving_.staged(*log, each.index, detail::slot_of(head, *placed.home, placed.position), tail_.next_flush());
            ++metrics_.moved_entries;
        }
        return std::nullopt;
    }

    typename appender_type::place put(record_header&& header, std::span<std::byte const> payload, space kind) {
        if (tail_.needs_roll(record_bytes(payload.size()), kind)) roll();
        return tail_.put(std::move(header), payload);
    }

    void roll() {
        tail_.roll();
        table_bytes_.clear();
        encode(table_of(groups_, pool_.kept_sequences(), this->doubt_), table_bytes_);
        tail_.put({.type = record_type::table}, table_bytes_);
        pool_.keep(tail_.current());
    }

    result<void> stage_pending(space kind) {
        while (!pending_.empty()) {
            typename appender_type::admission admission{tail_, kind, table_bytes()};
            admission.add(record_bytes(0));
            if (auto admitted = admission.outcome(); !admitted) return admitted;
            put(record_header{pending_.front()}, {}, kind);
            pending_.pop_front();
        }
        return {};
    }

    /// Segments without live entries are named in a record first; only when that is durable may their files be reused.
    void stage_releases() {
        auto const dead = pool_.dead_sequences(tail_.current().get());
        if (dead.empty()) return;
        auto const payload = encode_sequences(dead);
        typename appender_type::admission admission{tail_, space::with_reserve, table_bytes()};
        admission.add(record_bytes(payload.size()));
        if (!admission.outcome()) return;
        put({.type = record_type::segments_released}, payload, space::with_reserve);
        pool_.release(dead, tail_.next_flush());
    }

    Directory* where_;
    options limits_;
    random chance_;
    group_map groups_;
    appender_type tail_;
    segment_pool<Directory> pool_;
    settler<Directory> settler_;
    pending_records pending_;
    moving_entries moving_;
    std::vector<std::byte> table_bytes_;  ///< reused
    wal::metrics metrics_;
    std::error_code failed_;
    std::optional<finding> damage_;
    bool flushing_ = false;
    bool preparing_ = false;
    bool closed_ = false;
};

}  // namespace chronik::wal
