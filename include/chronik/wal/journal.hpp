// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/crc32c.hpp>
#include <chronik/base/entry.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/random.hpp>
#include <chronik/base/time.hpp>
#include <chronik/wal/background_job.hpp>
#include <chronik/wal/clean_job.hpp>
#include <chronik/wal/composition.hpp>
#include <chronik/wal/detail/beginnings.hpp>
#include <chronik/wal/detail/doubting.hpp>
#include <chronik/wal/detail/without_loop.hpp>
#include <chronik/wal/finding.hpp>
#include <chronik/wal/group_log.hpp>
#include <chronik/wal/metrics.hpp>
#include <chronik/wal/moving_entries.hpp>
#include <chronik/wal/options.hpp>
#include <chronik/wal/recovery.hpp>
#include <chronik/wal/settler.hpp>
#include <chronik/wal/writer.hpp>

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
///         journal->finish_flush(std::move(*job));      // now it is durable, or as durable as Sync says
///     }
///
/// begin_prepare() and finish_prepare() keep spare segments the same way, on another thread.
/// Sink      how records get into a segment: staged_sink or mapped_sink
/// Sync      when they are synced: group_commit_sync, alternating_commit_sync, interval_sync, no_sync, sync_by_option
/// threads   one owner; jobs run anywhere. The directory outlives the journal and its jobs
/// errors    after a failed write or sync every call but reading says errc::storage_failed, for ever
/// See docs/concepts/journal.md and docs/formats/journal.md.
template <directory Directory, sink Sink = staged_sink, sync_policy Sync = sync_by_option>
class journal : public detail::without_loop<journal<Directory, Sink, Sync>>,
                public detail::beginnings<journal<Directory, Sink, Sync>>,
                public detail::doubting<journal<Directory, Sink, Sync>> {
    friend detail::beginnings<journal>;
    friend detail::doubting<journal>;
    using composition = detail::composition<typename Directory::file_type, Sink, Sync>;
    using writer_type = writer<Directory, typename composition::sink_type, typename composition::sync_type>;

public:
    using file_type = typename Directory::file_type;
    using log_type = group_log const;
    using flush_job = typename writer_type::flush_job;
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
        if (auto ready = writer_type::prepare(*found); !ready) return std::unexpected(ready.error());
        journal made{where, limits, salt_seed, std::move(*found)};
        if (auto ready = made.ensure_first_segment(); !ready) return std::unexpected(ready.error());
        return made;
    }

    group_log const* find(group_id id) const {
        auto const found = writer_.groups().find(id);
        return found == writer_.groups().end() ? nullptr : found->second.get();
    }
    /// All groups in the order of their ids.
    std::vector<group_id> groups() const { return ids_of(writer_.groups()); }
    bool can_create_group() const { return writer_.groups().size() < limits_.groups_max; }

    /// An empty log, also where there was one of this id; durable with the next flush. can_create_group() was asked.
    group_log const& create_group(group_id id) {
        CHRONIK_ASSERT(can_create_group());
        CHRONIK_ASSERT(!writer_.groups().contains(id));
        writer_.pending().created(id);
        auto& made = *writer_.groups().emplace(id, std::make_unique<group_log>(id, limits_.memory)).first->second;
        made.set_doubt(this->doubt_of_newcomers());
        return made;
    }

    /// The group and its entries are gone; durable with the next flush. Payloads that were read stay readable.
    void remove_group(group_id id) {
        auto const found = writer_.groups().find(id);
        if (found == writer_.groups().end()) return;
        found->second->clear();
        settler_.unneeded(found->second->settled());
        settler_.forget(id);
        writer_.groups().erase(found);
        writer_.pending().removed(id);
    }

    /// Stages one group's write: term and vote, then entries. All of it or nothing.
    ///
    /// entries   contiguous; entries[0].index <= last_index() cuts the log there first
    /// errors    errc::busy: flush, then again; errc::out_of_space: no spare segment, prepare, then again;
    ///           errc::too_large: never fits; errc::log_gap, errc::compacted, errc::unknown_group, errc::closed
    template <term_and_vote State>
    result<void> stage(group_id id, std::optional<State> const& state, std::span<entry const> entries) {
        if (auto open = check_open(); !open) return open;
        auto const found = writer_.groups().find(id);
        if (found == writer_.groups().end()) return failure(errc::unknown_group);
        group_log& log = *found->second;
        if (auto fits = log.check_append(entries, payload_bytes_max()); !fits) return fits;
        // Before this group's entries, its creation.
        if (auto staged = writer_.stage_pending(space::normal); !staged) return count(staged);

        auto admission = writer_.ask(space::normal);
        if (state) admission.add(record_bytes(0));
        for (auto const& each : entries) admission.add(record_bytes(each.payload.size()));
        if (auto admitted = admission.outcome(); !admitted) return count(admitted);
        if (state) writer_.put_state(log, {state->term, state->vote});
        for (auto const& each : entries) writer_.put_entry(log, each);
        metrics_.entries += entries.size();
        return {};
    }

    /// Room for the payload of an entry where it will stand: to be filled, and then staged by commit() or given up by
    /// abandon(). Until then nothing else is staged (errc::busy), and no job begins. errors   as stage()
    result<std::span<std::byte>> claim(group_id id, std::size_t payload_bytes) {
        if (auto open = check_open(); !open) return std::unexpected(open.error());
        if (!writer_.groups().contains(id)) return failure(errc::unknown_group);
        if (payload_bytes > payload_bytes_max()) return failure(errc::too_large);
        if (auto staged = writer_.stage_pending(space::normal); !staged) return std::unexpected(count(staged).error());
        auto admission = writer_.ask(space::normal);
        admission.add(record_bytes(payload_bytes));
        if (auto admitted = admission.outcome(); !admitted) return std::unexpected(count(admitted).error());
        return writer_.claim(payload_bytes);
    }
    /// Stages the entry whose payload is the first `used` bytes of what was claimed; `head` has none.
    /// errors   as stage(); then what was claimed is given up
    result<void> commit(group_id id, entry const& head, std::size_t used) {
        CHRONIK_ASSERT(writer_.is_claimed() && head.payload.empty());
        auto const found = writer_.groups().find(id);
        result<void> fits = failure(errc::unknown_group);
        if (found != writer_.groups().end()) fits = found->second->check_append({&head, 1}, payload_bytes_max());
        if (failed_) fits = failure(errc::storage_failed);
        if (!fits) return writer_.abandon(), fits;
        writer_.commit(*found->second, head, used);
        ++metrics_.entries;
        return {};
    }
    void abandon() { writer_.abandon(); }

    /// Entries of the group up to `at` are never cut again: they may be settled. They are those that this log holds
    /// there: what others have committed in their place, and waits to be staged, does not count yet.
    void committed(group_id id, log_index at) { settler_.committed(id, at); }
    void configure_settling(group_id id, settle_limits limits) { settler_.configure(id, limits); }

    /// Settled runs of the group that can be cleaned, oldest first.
    std::vector<group_log::settled_ptr> cleanable(group_id id) const {
        return settler_.full_runs(writer_.groups(), id);
    }
    /// runs   neighbours, of those that cleanable() said; at most one job of a group is under way
    clean_job begin_cleaning(std::vector<group_log::settled_ptr> runs) {
        return {*where_, std::move(runs), limits_.timestamp_of};
    }
    /// The cleaned run takes the place of its sources. False if the log has moved on: then what was made goes.
    bool finish_cleaning(clean_job const& job) { return settler_.finish(job, writer_.groups(), metrics_); }

    /// Takes everything staged; nothing if there is nothing, or if a flush is under way. It ends with a sync if Sync
    /// says so, if something can only go on when it is durable, or after sync_next().
    std::optional<flush_job> begin_flush() {
        if (flushing_ || failed_ || writer_.is_claimed()) return std::nullopt;
        bool const closing = closed_ && !mark_due_;
        // What does not fit now waits: the records only ever make less needed; memory is ahead of them.
        if (!closed_ && writer_.stage_pending(space::with_reserve)) {
            bool const waits = settler_.staged(tail().next_flush());
            must_sync_ = writer_.stage_releases() || waits || !moving_.empty() || must_sync_;
        }
        tail().seal_if_asked();
        if (!tail().has_work(must_sync_)) return std::nullopt;
        flushing_ = true;
        return tail().begin_flush(std::exchange(must_sync_, false) || closed_, !closing);
    }
    /// The next flush ends with a sync, whatever Sync says.
    void sync_next() { must_sync_ = true; }
    /// The time by which Sync decides.
    void now(time_point at) requires detail::timed<Sync> { tail().now(at); }

    /// What the job took may be read; it is durable if the job has synced. If it failed, the journal is of no more use.
    result<void> finish_flush(flush_job&& job) {
        CHRONIK_ASSERT(flushing_);
        flushing_ = false;
        if (auto const& done = job.outcome(); !done) return fail(done.error());
        if (job.order().sync) {
            auto const number = job.order().number;
            writer_.pool().released_durably(number);
            settler_.durable(number);
            moving_.durable(number, writer_.groups());
        }
        tail().finish_flush(job, metrics_);
        if (std::exchange(mark_due_, false)) writer_.put_closing_mark();
        return {};
    }

    /// Work for the preparer, if there is any: at most one job is under way. Spare segments come first.
    std::optional<prepare_job> begin_prepare() {
        if (failed_ || closed_ || preparing_ || writer_.is_claimed()) return std::nullopt;
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

    /// Stages the closing mark; nothing can be staged after it. flush() makes it durable: one flush, and one before it
    /// if something is unsynced.
    ///
    /// errors   errc::busy while anything is staged or under way: the mark vouches for what was synced before
    result<void> close() {
        if (auto open = check_open(); !open) return open;
        if (flushing_ || tail().used() != 0 || !writer_.pending().empty()) return failure(errc::busy);
        closed_ = true;
        mark_due_ = tail().unsynced() != 0;
        if (mark_due_) must_sync_ = true; else writer_.put_closing_mark();
        return {};
    }

    bool is_flushing() const { return flushing_; }
    bool has_failed() const { return failed_.operator bool(); }
    /// What the operating system said when the journal failed; errc::corrupt_record: what was written has changed.
    std::error_code cause() const { return failed_; }
    /// The record that has changed, met when it was to be moved, if that is why the journal failed.
    std::optional<finding> const& damage() const { return damage_; }
    options const& limits() const { return limits_; }
    /// In place, a write is in one segment: what comes with an entry is, too.
    std::size_t payload_bytes_max() const {
        return limits_.payload_bytes_max() - (writer_type::appender_type::stores_in_place ? record_bytes(0) : 0);
    }

    wal::metrics metrics() const {
        auto now = metrics_;
        writer_.pool().count(now);
        now.segments_spare = tail().spare_count();
        now.unsynced_bytes = tail().unsynced();
        now.groups = writer_.groups().size();
        return now;
    }

private:
    journal(Directory& where, options const& limits, std::uint64_t seed, recovered<Directory>&& found)
        : where_(&where), limits_(limits), chance_(seed), writer_(limits, std::move(found), chance_),
          settler_(limits, writer_.groups()) {}

    auto& tail() { return writer_.tail(); }
    auto const& tail() const { return writer_.tail(); }

    /// Empty, or a full last segment without a successor: without one spare, nothing can be staged.
    result<void> ensure_first_segment() {
        if (tail().spare_count() > 0 || (tail().current() != nullptr && !tail().current()->sealed)) return {};
        auto job = begin_prepare();
        if (!job) return {};
        job->run();
        return finish_prepare(std::move(*job));
    }

    std::optional<prepare_job> next_work() {
        bool const spares_first = tail().spare_count() < limits_.spare_segments && !settler_.goes_first(writer_.pool());
        auto first = spares_first ? writer_.pool().begin_prepare(*where_, tail().spare_count()) : std::nullopt;
        if (first) return prepare_job{std::move(*first)};
        if (auto job = settler_.begin_removal(*where_)) return prepare_job{std::move(*job)};
        if (auto job = settler_.begin(*where_, writer_.groups())) return prepare_job{std::move(*job)};
        if (auto const cut = settler_.end_round(writer_.groups()); cut != 0) {
            if (auto damaged = move_leftovers(cut)) return prepare_job{std::move(*damaged)};
        }
        // Else what is on its way would be moved again.
        if (moving_.empty()) settler_.begin_round(writer_.pool(), writer_.groups());
        if (auto job = settler_.begin(*where_, writer_.groups())) return prepare_job{std::move(*job)};
        auto last = spares_first ? std::nullopt : writer_.pool().begin_prepare(*where_, tail().spare_count());
        return last ? std::optional{prepare_job{std::move(*last)}} : std::nullopt;
    }

    result<void> finish(wal::prepare_job<Directory>& job) {
        auto spare = writer_.pool().finish_prepare(job, metrics_);
        if (spare && *spare) tail().add_spare(std::move(*spare));
        return spare ? result<void>{} : std::unexpected(spare.error());
    }
    result<void> finish(settle_job<Directory>& job) {
        result<void> all;
        for (auto& each : job.runs()) {
            auto const& damaged = each.damaged();
            if (damaged) damage_ = damaged->damage(each.group());
            auto const floor = settler_.finish(each, writer_.groups(), metrics_);
            if (floor && *floor) writer_.pending().moved(record_type::settled, each.group(), **floor);
            if (!floor && (all || is_shortage(all.error()) || damaged)) all = std::unexpected(floor.error());
        }
        return all;
    }
    result<void> finish(remove_job<Directory>& job) { return job.outcome(); }

    result<void> check_open() const {
        if (failed_) return failure(errc::storage_failed);
        if (closed_) return failure(errc::closed);
        return writer_.is_claimed() ? result<void>{failure(errc::busy)} : result<void>{};
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

    /// Few entries that cannot be settled do not hold old segments: they go to the end of the journal.
    /// returns   what says that one of them is damaged, or nothing
    std::optional<settle_job<Directory>> move_leftovers(std::uint64_t cut) {
        for (auto& [log, stored] : settler_.leftovers(writer_.groups(), cut)) {
            auto const& each = stored.what;
            if (!stored.is_sound(log->id(), crc32c::value(each.payload.view())))
                return settle_job<Directory>{*where_, settle_run<Directory>{log->id(), std::move(stored)}};
            auto admission = writer_.ask(space::normal);
            admission.add(record_bytes(each.payload.size()));
            if (!admission.outcome()) break;
            auto head = record_header_of(record_type::entry_moved, log->id(), each);
            auto const placed = writer_.put(std::move(head), each.payload.view(), space::normal);
            moving_.staged(*log, each.index, detail::slot_of(head, *placed.home, placed.position), tail().next_flush());
            ++metrics_.moved_entries;
        }
        return std::nullopt;
    }

    Directory* where_;
    options limits_;
    random chance_;
    writer_type writer_;
    settler<Directory> settler_;
    moving_entries moving_;
    wal::metrics metrics_;
    std::error_code failed_;
    std::optional<finding> damage_;
    bool flushing_ = false;
    bool preparing_ = false;
    bool closed_ = false;
    bool must_sync_ = false;  ///< the next flush, whatever Sync says
    bool mark_due_ = false;   ///< the closing mark, after what is unsynced
};

}  // namespace chronik::wal
