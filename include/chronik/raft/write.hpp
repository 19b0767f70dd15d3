// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/raft/hard_state.hpp>
#include <chronik/raft/shared_entries.hpp>
#include <chronik/raft/snapshot.hpp>

#include <optional>
#include <utility>

namespace chronik::raft {

/// Numbers the writes of one core, from 1. Writes become durable in this order.
using ticket = strong_position<struct ticket_tag, std::uint64_t>;

/// Proof that a write, and every write before it, is durable. Only write::completed() makes one.
class stored {
public:
    ticket number() const { return number_; }
    log_index last_index() const { return last_index_; }
    log_term last_term() const { return last_term_; }

private:
    friend class write;
    stored(ticket number, log_index last_index, log_term last_term)
        : number_(number), last_index_(last_index), last_term_(last_term) {}

    ticket number_;
    log_index last_index_;
    log_term last_term_;
};

/// What must become durable, in this order: the new beginning of the log, the end of a doubt, term and vote, entries.
///
/// install   the log holds nothing from now on and begins behind this snapshot, which is durable already; absent: not
/// state     absent: unchanged
/// sound     the member's doubt is over, and not a moment before this is durable
/// entries   contiguous; if entries[0].index is not beyond the stored log's last, the log is truncated from
///           there first
/// A driver keeps the write until the sync that covers it has returned, and then hands completed() to the core.
/// A write whose sync failed is never completed.
class write {
public:
    /// What it takes to make one; only an outbox has it.
    class permission {
        friend class outbox;
        permission() = default;
    };

    write(permission, ticket number, std::optional<snapshot_info>&& installed, std::optional<hard_state> const& changed,
          shared_entries&& appended, bool is_sound, log_index last_index, log_term last_term)
        : install(std::move(installed)),
          state(changed),
          entries(std::move(appended)),
          sound(is_sound),
          number_(number),
          last_index_(last_index),
          last_term_(last_term) {}
    write(write&& other) noexcept
        : install(std::move(other.install)),
          state(std::move(other.state)),
          entries(std::move(other.entries)),
          sound(other.sound),
          number_(std::exchange(other.number_, ticket{})),
          last_index_(other.last_index_),
          last_term_(other.last_term_) {}
    write& operator=(write&& other) noexcept {
        install = std::move(other.install);
        state = std::move(other.state);
        entries = std::move(other.entries);
        sound = other.sound;
        number_ = std::exchange(other.number_, ticket{});
        last_index_ = other.last_index_;
        last_term_ = other.last_term_;
        return *this;
    }
    ~write() = default;

    std::optional<snapshot_info> install;
    std::optional<hard_state> state;
    shared_entries entries;
    bool sound = false;

    ticket number() const { return number_; }

    /// Call it once, when the sync has returned; the write is spent.
    [[nodiscard]] stored completed() && {
        CHRONIK_ASSERT(number_ != ticket{});
        return {std::exchange(number_, ticket{}), last_index_, last_term_};
    }

private:
    ticket number_;
    log_index last_index_;  // of the whole log once this is written, also when the write carries no entry
    log_term last_term_;
};

}  // namespace chronik::raft
