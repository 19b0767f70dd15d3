// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>
#include <chronik/node/concepts.hpp>
#include <chronik/node/proposal.hpp>
#include <chronik/node/read_queue.hpp>
#include <chronik/node/waiters.hpp>
#include <chronik/raft/configuration.hpp>

#include <utility>
#include <vector>

namespace chronik::detail {

/// What can be asked of a group besides proposing: the part of chronik::host that begins something whose end is told
/// later. Unless it is refused, `done` is called once, on the host's thread, in a later turn.
///
/// Host   inherits from this; ask(id, now, begin): begin(group, effects) on the group's core, and what comes of it
template <class Host>
class asking {
public:
    /// Asks for a moment in which the machine has applied everything that was committed before this call.
    ///
    /// done     none: now, on this thread, find(id)->machine has; errc::not_leader: the leader was lost, ask again;
    ///          errc::storage_failed, closed
    /// errors   errc::not_leader (none is known), busy, unknown_group, storage_failed: then `done` is not called
    /// source   thesis section 6.4; see raft::core::read
    result<void> read(group_id id, time_point now, read_done done) {
        return host().ask(id, now, [&](auto& group, auto& out) -> result<void> {
            auto const begun = group.core.read(now, out);
            if (!begun) return std::unexpected(begun.error());
            group.waiting.ensure().reads.push(*begun, std::move(done));
            return {};
        });
    }

    /// Changes who takes part in a group; see raft::core::change_members.
    ///
    /// done     none: `target` is committed; errc::superseded: another change was asked for before the newcomers had
    ///          caught up; errc::unknown_outcome: leadership was lost on the way, and whoever leads next may go on with
    ///          it; errc::storage_failed, closed
    /// errors   errc::not_leader, busy, out_of_range, unknown_group, storage_failed: then `done` is not called
    result<void> change_members(group_id id, raft::configuration target, time_point now, change_done done = {}) {
        change_done replaced;
        auto const asked = host().ask(id, now, [&](auto& group, auto& out) -> result<void> {
            auto const begun = group.core.change_members(target, now, out);
            if (!begun) return std::unexpected(begun.error());
            replaced = group.waiting.ensure().change.begin(std::move(target), std::move(done));
            return {};
        });
        if (replaced) replaced(errc::superseded);
        return asked;
    }

    /// Hands the leadership of a group to a member that is up to date; see raft::core::transfer.
    ///
    /// done     this node leads no more; errc::unreachable: it gave up, and goes on leading
    /// errors   errc::not_leader, busy, out_of_range, unknown_group, storage_failed: then `done` is not called
    result<void> transfer(group_id id, node_id target, time_point now, transfer_done done = {}) {
        return host().ask(id, now, [&](auto& group, auto& out) {
            auto const begun = group.core.transfer(target, now, out);
            if (begun) group.waiting.ensure().transfer = std::move(done);
            return begun;
        });
    }

    /// Entries that the observer's wanted() was told of, and those behind them up to `last`, are in memory: they are
    /// sent on. Nothing happens where nobody needs them any more.
    void at_hand(group_id id, log_index first, log_index last, time_point now) {
        static_cast<void>(host().ask(id, now, [&](auto& group, auto& out) -> result<void> {
            group.core.at_hand(first, last, now, out);
            return {};
        }));
    }

protected:
    /// Who does not listen has nothing brought: then this thread waits for the device.
    template <class Group, class Observer>
    void tell_wanted(Group const& of, [[maybe_unused]] Observer& observer, std::vector<log_index> const& wanted) {
        for (log_index const at : wanted) {
            if constexpr (bringing_observer<Observer>) observer.wanted(of.id, at);
            else at_hand(of.id, at, of.core.last_index(), host().now());
        }
    }

private:
    Host& host() { return static_cast<Host&>(*this); }
};

}  // namespace chronik::detail
