// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <partitions/command.hpp>
#include <partitions/producer_table.hpp>
#include <partitions/time_index.hpp>
#include <wire/record_batch.hpp>

#include <chronik/base/assert.hpp>
#include <chronik/base/entry.hpp>
#include <chronik/wal/settled_format.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>
#include <utility>
#include <variant>

namespace broker::partitions {

/// Whether an entry of a partition's log is a record batch, and not a command or Raft's own.
inline bool is_batch(chronik::entry const& each) {
    return each.kind == chronik::entry_kind::command && each.record_count > 0;
}

/// The largest timestamp of a batch; what is no batch, or has lost its records, has none.
inline std::int64_t timestamp_of(chronik::entry_kind kind, std::span<std::byte const> payload) {
    if (kind != chronik::entry_kind::command) return chronik::wal::no_timestamp;
    auto const batch = wire::batch_view::parse(payload);
    return batch && batch->record_count() > 0 ? batch->max_timestamp() : chronik::wal::no_timestamp;
}

inline producer_batch producer_of(wire::batch_view const& batch) {
    // Sequences wrap at 2^31, so the sum is taken modulo that.
    auto const last =
        (static_cast<std::uint32_t>(batch.base_sequence()) + static_cast<std::uint32_t>(batch.last_offset_delta())) &
        0x7fffffffU;
    return {batch.producer_id(), batch.producer_epoch(), batch.base_sequence(), static_cast<std::int32_t>(last)};
}

/// The state that a partition's log builds up: who produced what last, when, and what was deleted. The records
/// themselves stay in the log, so applying costs a look at each batch's header.
///
/// Replicas that have applied the same entries are equal.
class machine {
public:
    using result_type = std::monostate;
    /// Told of every batch as it is applied: a topic of the broker's own builds its state from its records.
    using batch_listener = std::function<void(wire::batch_view const&)>;

    explicit machine(batch_listener told = {}) : told_(std::move(told)) {}

    result_type apply(chronik::entry const& command) {
        if (!is_batch(command)) return run(command);
        // Validated before it was proposed, and checked by the journal since: only a record batch can be here.
        auto const batch = wire::batch_view::parse(command.payload.view());
        CHRONIK_ASSERT(batch.has_value());
        if (batch->has_producer()) producers_.append(producer_of(*batch), {command.index, command.base_offset});
        if (batch->record_count() > 0) times_.append(command.index, batch->max_timestamp());
        if (told_) told_(*batch);
        return {};
    }

    /// Goes on from what another life of this replica had built; see saved_state.hpp.
    void restore(producer_table producers, time_index times, chronik::log_offset deleted_before) {
        producers_ = std::move(producers);
        times_ = std::move(times);
        deleted_before_ = deleted_before;
    }
    /// What is told to somebody else cannot be restored here.
    bool is_whole_state() const { return !told_; }

    /// Where readers begin, unless the log itself begins later.
    chronik::log_offset deleted_before() const { return deleted_before_; }
    producer_table const& producers() const { return producers_; }
    time_index const& times() const { return times_; }
    /// The rows of settled entries have their times.
    void forget_times_up_to(chronik::log_index settled) { times_.forget_up_to(settled); }

private:
    result_type run(chronik::entry const& committed) {
        auto const command = command_set::decode(committed.payload);
        // This build wrote it, or one whose commands this build knows: the feature level sees to that.
        CHRONIK_ASSERT(command.has_value());
        auto const& deletion = std::get<delete_records>(*command);
        // What is not yet there cannot be deleted, whoever says so.
        deleted_before_ = std::max(deleted_before_, std::min(deletion.before, committed.base_offset));
        return {};
    }

    producer_table producers_;
    time_index times_;
    batch_listener told_;
    chronik::log_offset deleted_before_;
};

/// What a leader has appended beyond what is applied: the producers' newest batches, committed or not.
///
/// It is made from the applied state when a term begins to serve, and dropped with the term: what another leader
/// truncated was never in the applied state.
class appended_producers {
public:
    /// Call when the leader of `term` can serve; everything before its term is in `applied` then, which is the state
    /// after the entry `last`.
    void begin(chronik::log_term term, producer_table const& applied, chronik::log_index last) {
        if (term_ == term) return;
        term_ = term;
        began_after_ = last;
        producers_ = applied;
        gaps_.clear();
    }
    bool serves(chronik::log_term term) const { return term_ == term; }

    /// A gap is called one only when its batch has come several times, if the missing one may have been refused for a
    /// while: by this leader, or by whoever was asked before it served. A client that is told of a gap goes on under a
    /// new epoch and sends everything again that it has no answer for, although the log may have it.
    sequence_check check(producer_batch const& batch) {
        if (batch.producer_id < 0) return {};
        auto const known = producers_.check(batch);
        if (known.verdict != sequence_verdict::out_of_order) return known;
        auto expected = gaps_.find(batch.producer_id);
        if (expected == gaps_.end() && !appended_in_this_term(batch.producer_id)) expected = expect_gap(batch);
        if (expected == gaps_.end() || expected->second.epoch != batch.producer_epoch) return known;
        if (expected->second.early_left == 0) return known;
        --expected->second.early_left;
        return {sequence_verdict::early, {}};
    }
    void append(producer_batch const& batch, batch_place place) {
        producers_.append(batch, place);
        gaps_.erase(batch.producer_id);
    }

    /// A batch is refused, to be sent again. What its producer has sent behind it already is early for that.
    void put_off(producer_batch const& batch) {
        if (batch.producer_id >= 0) expect_gap(batch);
    }

private:
    struct gap {
        std::int16_t epoch;
        /// As many as a client keeps in flight; one that never sends the missing batch again must hear of the gap.
        std::size_t early_left = producer_table::batches_kept;
    };
    using gap_table = std::unordered_map<std::int64_t, gap>;
    /// Beyond it all are forgotten: a client then asks for a new epoch and goes on.
    static constexpr std::size_t gaps_max = 10'000;

    bool appended_in_this_term(std::int64_t producer_id) const {
        auto const newest = producers_.newest(producer_id);
        return newest && newest->index > began_after_;
    }
    gap_table::iterator expect_gap(producer_batch const& behind) {
        if (gaps_.size() >= gaps_max) gaps_.clear();
        return gaps_.insert_or_assign(behind.producer_id, gap{behind.producer_epoch}).first;
    }

    chronik::log_term term_;
    chronik::log_index began_after_;
    producer_table producers_;
    gap_table gaps_;  ///< by producer: where one is expected before the producer's next batch
};

}  // namespace broker::partitions
