// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/entry.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/random.hpp>
#include <chronik/wal/appender.hpp>
#include <chronik/wal/detail/slots.hpp>
#include <chronik/wal/group_log.hpp>
#include <chronik/wal/options.hpp>
#include <chronik/wal/pending_records.hpp>
#include <chronik/wal/record.hpp>
#include <chronik/wal/recovery.hpp>
#include <chronik/wal/replay.hpp>
#include <chronik/wal/segment_pool.hpp>
#include <chronik/wal/table.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace chronik::wal {

/// What a journal writes: entries of its groups, and what keeps the segments readable without those before them: a
/// table where a segment begins, what has been created and removed, and which segments are dead.
///
/// Sink, Sync   policies of wal::journal, checked there
template <directory Directory, sink Sink, sync_policy Sync>
class writer {
public:
    using file_type = typename Directory::file_type;
    using appender_type = appender<file_type, Sink, Sync>;
    using admission_type = admission<appender_type>;
    using flush_job = typename appender_type::job_type;
    using place = typename appender_type::place;

    writer(options const& limits, recovered<Directory>&& found, random& chance)
        : limits_(limits), groups_(std::move(found.groups)),
          // The jump keeps the number of a flush that was lost without a trace from being used again.
          tail_(limits, found.kept.empty() ? nullptr : found.kept.back(), {found.spares.begin(), found.spares.end()},
                found.last_flush + 2 + (chance() >> 32)),
          pool_(limits, found, chance(), stored_into()), doubt_(found.doubt) {}

    /// Segments that are written next are ready for the sink. Blocks.
    static result<void> prepare(recovered<Directory>& found) {
        if constexpr (Sink::stores_in_place) {
            auto ready = found.spares;
            if (!found.kept.empty()) ready.push_back(found.kept.back());
            for (auto const& each : ready) {
                if (auto done = prepare_to_store(*each, *stored_into()); !done) return done;
            }
        }
        return {};
    }

    /// What segments are brought into memory for; nothing if nobody stores into them.
    static constexpr std::optional<touch> stored_into() {
        if (!Sink::stores_in_place) return std::nullopt;
        // Pages that were stored into are written by the next sync, also those that nothing came to.
        return Sync::is_rare ? touch::store : touch::read;
    }

    group_map& groups() { return groups_; }
    group_map const& groups() const { return groups_; }
    segment_pool<Directory>& pool() { return pool_; }
    segment_pool<Directory> const& pool() const { return pool_; }
    appender_type& tail() { return tail_; }
    appender_type const& tail() const { return tail_; }
    pending_records& pending() { return pending_; }
    doubt_of_journal& doubt() { return doubt_; }
    doubt_of_journal const& doubt() const { return doubt_; }

    admission_type ask(space kind) { return {tail_, kind, table_bytes()}; }

    /// The caller has been admitted.
    place put(record_header&& header, std::span<std::byte const> payload, space kind) {
        if (tail_.needs_roll(record_bytes(payload.size()), kind)) roll();
        return tail_.put(std::move(header), payload);
    }
    void put_state(group_log& log, hard_state const& state) {
        log.set_hard_state(state);
        put({.type = record_type::hard_state, .group = log.id(), .term = state.term, .index = {state.vote.value}}, {},
            space::normal);
    }
    void put_entry(group_log& log, entry const& each) {
        auto header = record_header_of(record_type::entry, log.id(), each);
        auto const placed = put(std::move(header), each.payload.view(), space::normal);
        log.append(each.index, detail::slot_of(header, *placed.home, placed.position));
    }

    /// Room for a payload where it will stand. The caller has been admitted, and puts nothing before commit() or
    /// abandon().
    std::span<std::byte> claim(std::size_t payload_bytes) {
        std::size_t const size = record_bytes(payload_bytes);
        if (tail_.needs_roll(size, space::normal)) roll();
        claimed_ = payload_bytes;
        return {tail_.claim(size) + record_header_bytes, payload_bytes};
    }
    bool is_claimed() const { return claimed_.has_value(); }
    void abandon() { claimed_.reset(); }
    /// The first `used` bytes of what was claimed are the payload of the entry.
    void commit(group_log& log, entry const& head, std::size_t used) {
        CHRONIK_ASSERT(claimed_ && used <= *claimed_);
        claimed_.reset();
        auto header = record_header_of(record_type::entry, log.id(), head);
        auto const placed = tail_.commit(std::move(header), used);
        log.append(head.index, detail::slot_of(header, *placed.home, placed.position));
    }

    /// errors   as admission::outcome(): what did not fit is still pending
    result<void> stage_pending(space kind) {
        while (!pending_.empty()) {
            auto admitted = ask(kind);
            admitted.add(record_bytes(0));
            if (auto outcome = admitted.outcome(); !outcome) return outcome;
            put(record_header{pending_.front()}, {}, kind);
            pending_.pop_front();
        }
        return {};
    }

    /// Segments without live entries are named in a record first; only when that is durable may their files be reused.
    ///
    /// returns   whether there is one now
    bool stage_releases() {
        auto const dead = pool_.dead_sequences(tail_.current().get());
        if (dead.empty()) return false;
        auto const payload = encode_sequences(dead);
        auto admitted = ask(space::with_reserve);
        admitted.add(record_bytes(payload.size()));
        if (!admitted.outcome()) return false;
        put({.type = record_type::segments_released}, payload, space::with_reserve);
        pool_.release(dead, tail_.next_flush());
        return true;
    }

    /// In a flush of its own: all before it is synced. Nothing if the last segment is full, which says as much.
    void put_closing_mark() {
        CHRONIK_ASSERT(tail_.unsynced() == 0);
        if (tail_.current() == nullptr || tail_.current()->sealed) return;
        if (!tail_.needs_roll(record_bytes(0), space::with_reserve))
            put({.type = record_type::closed}, {}, space::with_reserve);
    }

private:
    std::size_t table_bytes() const {
        std::size_t const doubt = doubt_.token == no_doubt ? 0 : table_doubt_bytes(groups_.size());
        std::size_t const segments = pool_.kept_count() + limits_.spare_segments + 1;
        return record_bytes(table_payload_bytes(groups_.size(), segments) + doubt);
    }

    void roll() {
        tail_.roll();
        table_bytes_.clear();
        encode(table_of(groups_, pool_.kept_sequences(), doubt_), table_bytes_);
        tail_.put({.type = record_type::table}, table_bytes_);
        pool_.keep(tail_.current());
    }

    options limits_;
    group_map groups_;
    appender_type tail_;
    segment_pool<Directory> pool_;
    pending_records pending_;
    doubt_of_journal doubt_;
    std::vector<std::byte> table_bytes_;  ///< reused
    std::optional<std::size_t> claimed_;  ///< bytes of payload
};

}  // namespace chronik::wal
