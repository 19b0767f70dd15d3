// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/rare.hpp>
#include <chronik/raft/configuration_format.hpp>
#include <chronik/raft/log.hpp>
#include <chronik/raft/shared_configurations.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace chronik::raft {

/// The configurations of one log, oldest first. The newest is in force from when it is appended, committed or not.
///
/// Who waited for the commit could count votes of members that others no longer know: a configuration is no secret of
/// the leader. If its entry is truncated, the one before is in force again.
/// source   Raft paper (extended) section 6; thesis section 4.1
class membership {
public:
    /// at   the index that `first` belongs to: the log's base
    membership(configuration first, log_index at) : active_{at, made(std::move(first))} {}

    configuration const& active() const { return *active_.members; }
    /// Of the entry that carries the active one; the base's if none does.
    log_index index() const { return active_.index; }

    /// The one that is in force again if the active one's entry is truncated; nothing if that cannot happen.
    configuration const* previous() const { return older_ ? older_->back().members.get() : nullptr; }

    void append(log_index at, configuration members) {
        CHRONIK_ASSERT(at > index());
        older_.ensure().push_back(std::exchange(active_, {at, made(std::move(members))}));
    }

    /// returns   true if another configuration is in force now
    bool truncate_from(log_index first) {
        bool const changes = older_ && active_.index >= first;
        while (older_ && active_.index >= first) {
            active_ = std::move(older_->back());
            older_->pop_back();
            if (older_->empty()) older_.reset();
        }
        return changes;
    }

    shared_configuration shared() const { return active_.members; }
    /// The active one is kept once with those of other groups that are equal.
    void share(shared_configurations& known) { active_.members = known.equal_to(active_.members); }

    /// What a snapshot at this index has to carry.
    ///
    /// errors   errc::compacted: the log begins later
    result<configuration> at(log_index index) const {
        if (index >= active_.index) return *active_.members;
        if (!older_) return failure(errc::compacted);
        auto const next = std::ranges::upper_bound(*older_, index, {}, &version::index);
        if (next == older_->begin()) return failure(errc::compacted);
        return *std::prev(next)->members;
    }

    /// The log begins after `base` now.
    void forget_before(log_index base) {
        if (base >= active_.index) older_.reset();
        if (!older_) return;
        auto const next = std::ranges::upper_bound(*older_, base, {}, &version::index);
        if (next - older_->begin() > 1) older_->erase(older_->begin(), next - 1);
    }

    /// Takes over what another member's snapshot says; nothing before it is known.
    void restart_from(configuration first, log_index at) {
        older_.reset();
        active_ = {at, made(std::move(first))};
    }

private:
    struct version {
        log_index index;
        shared_configuration members;
    };
    static shared_configuration made(configuration members) {
        return std::make_shared<configuration const>(std::move(members));
    }

    version active_;
    rare<std::vector<version>> older_;  ///< never an empty one
};

/// The history that a stored log holds, read once at the start.
///
/// base   the members as of the log's base: the group's first ones, or those of the snapshot that the log begins after
///
/// A store that can say where the next configuration stands, by next_configuration(index), is asked for those alone.
template <log_view Store>
membership read_membership(configuration base, Store const& stored) {
    membership found{normalized(std::move(base)), stored.base_index()};
    for (log_index at = stored.first_index(); at <= stored.last_index(); ++at) {
        if constexpr (requires { stored.next_configuration(at); }) {
            auto const next = stored.next_configuration(at);
            CHRONIK_ASSERT(next.has_value());
            if (!*next) break;
            at = **next;
        }
        result<entry> const item = stored.read(at);
        if (!item || item->kind != entry_kind::configuration) continue;
        auto members = decode_configuration(item->payload.view());
        // It was decoded before it was accepted, and the store has checked that its bytes are the same.
        CHRONIK_ASSERT(members.has_value());
        found.append(at, std::move(*members));
    }
    return found;
}

}  // namespace chronik::raft
