// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <composition.hpp>
#include <partitions/cleanup.hpp>
#include <partitions/in_sync.hpp>
#include <partitions/machine.hpp>
#include <partitions/retention.hpp>
#include <partitions/signal.hpp>
#include <wire/records.hpp>

#include <chronik/schema/shared_chain.hpp>
#include <chronik/wal/settled_reader.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace broker::partitions {

/// A partition as this node holds it: Raft's log seen as Kafka's.
///
/// Raft's index counts entries, Kafka's offset counts records; a leader epoch is a Raft term.
/// threads   the loop's
class replica {
public:
    replica(std::string topic, chronik::schema::uuid topic_id, std::int32_t partition, host::group_type& group)
        : topic_(std::move(topic)), topic_id_(topic_id), partition_(partition), group_(&group) {}

    std::string const& topic() const { return topic_; }
    chronik::schema::uuid const& topic_id() const { return topic_id_; }
    std::int32_t partition() const { return partition_; }
    chronik::group_id group() const { return group_->id; }
    raft_core const& core() const { return group_->core; }
    machine const& state() const { return std::get<machine>(group_->machine.which); }

    /// True when this node leads and has applied an entry of its own term: only then does it know what is committed.
    bool serves() const {
        if (!group_->is_leader()) return false;
        auto const term = core().term_at(group_->applied);
        return term && *term == core().term();
    }
    std::int32_t leader_epoch() const { return static_cast<std::int32_t>(core().term().value); }
    /// The first offset that readers find: what is before it was dropped, or deleted by a client.
    chronik::log_offset log_start() const { return std::max(group_->log.base_offset(), state().deleted_before()); }
    /// Behind the newest record, committed or not.
    chronik::log_offset log_end() const { return core().next_offset(); }
    std::uint64_t payload_bytes() const { return group_->log.payload_bytes(); }
    /// The first offset that is not yet committed and applied here: where readers stop.
    chronik::log_offset high_watermark() const { return group_->applied_offset; }
    chronik::log_index applied() const { return group_->applied; }
    /// What may leave the journal. Applied is also what waits to be written; where that takes the place of entries that
    /// a leader of an earlier term had sent, the journal has those still.
    chronik::log_index settleable() const { return std::min(applied(), core().durable_index()); }

    /// What a reader gets, and what it will ask for next.
    ///
    /// next     behind the last batch; where it asked for, if there is none
    /// settled  some are of a settled run
    /// passed   as many payloads of that run, before those: who asks for what is behind them has got them
    /// coming   the payloads of that run behind those
    struct batches_read {
        chronik::schema::shared_chain batches;
        chronik::log_offset next;
        bool settled = false;
        chronik::shared_bytes passed;
        chronik::shared_bytes coming;
    };
    /// Whether bytes of a settled file may be looked at: errc::busy if that would wait for a device.
    using may_look = std::function<chronik::result<void>(std::span<std::byte const>)>;
    /// Whole committed batches from the one that holds `from` on. What `ready` does not allow ends it early.
    ///
    /// bytes_max   not passed, except that the first batch always comes if `first_always`
    /// errors      errc::out_of_range outside [log_start, high_watermark]; errc::busy: `ready` does not allow the first
    ///             batch; the storage's otherwise
    chronik::result<batches_read> read(chronik::log_offset from, std::size_t bytes_max, bool first_always,
                                       may_look const& ready) const;
    /// What is settled of such a read. Without runs if nothing is: the journal is in memory.
    ///
    /// from   at or behind log_start()
    chronik::wal::settled_range settled_part(chronik::log_offset from, std::size_t bytes) const {
        return chronik::wal::settled_range_of(group_->log.settled_from(from), from, bytes);
    }

    /// The epoch that wrote the record before `at`; -1 at the beginning of the log.
    std::int32_t epoch_before(chronik::log_offset at) const;

    struct epoch_end {
        std::int32_t epoch = -1;
        std::int64_t end_offset = -1;
    };
    /// Where the records of this epoch end, as far as they are committed; of an epoch without records, those of the one
    /// before it. -1 twice: an epoch that has not been.
    ///
    /// source   KIP-101, KIP-320
    epoch_end end_of_epoch(std::int32_t epoch) const;

    struct timed_offset {
        chronik::log_offset offset;
        std::int64_t timestamp_ms;
        std::int32_t leader_epoch;
    };
    /// The first committed record that is not older than `timestamp_ms`.
    chronik::result<std::optional<timed_offset>> find_time(std::int64_t timestamp_ms) const;
    /// The first committed record with the largest timestamp of all.
    chronik::result<std::optional<timed_offset>> find_newest() const;

    /// What is settled is found by its rows; the memory of it goes.
    void forget_settled() { std::get<machine>(group_->machine.which).forget_times_up_to(group_->log.floor().index); }

    /// The first entry to keep: by retention and by what was deleted, but nothing that a follower which this leader
    /// hears still has to get.
    chronik::log_index first_retained(chronik::time_point now, std::int64_t now_ms) const;

    /// True once in each term, when this node has begun to serve in it.
    bool begins_to_serve() {
        if (!serves() || serving_term_ == core().term()) return false;
        serving_term_ = core().term();
        return true;
    }

    appended_producers appended;
    in_sync_set in_sync;
    std::vector<chronik::node_id> in_sync_now;  ///< as of the last look; meaningful while this node leads
    std::int32_t min_insync_replicas = 1;
    std::size_t message_bytes_max = 0;
    retention_limits retention;
    partitions::cleanup cleanup;
    signal advanced;  ///< fires when the high watermark moves, the role changes, or the replica goes

private:
    class gathering;
    chronik::result<bool> read_settled(chronik::log_offset from, may_look const& ready, gathering& into) const;
    chronik::result<void> read_journal(chronik::log_offset from, gathering& into) const;
    chronik::result<chronik::log_index> index_of(chronik::log_offset offset) const;
    chronik::result<chronik::log_offset> offset_at(chronik::log_index index) const;
    chronik::result<std::optional<timed_offset>> find_from(chronik::log_index index, std::int64_t timestamp_ms) const;
    chronik::result<std::int64_t> newest_left(chronik::log_index first) const;
    chronik::result<chronik::log_index> first_left() const;

    std::string topic_;
    chronik::schema::uuid topic_id_;
    std::int32_t partition_;
    host::group_type* group_;
    chronik::log_term serving_term_;
};

}  // namespace broker::partitions
