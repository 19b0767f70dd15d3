// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/entry.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/base/time.hpp>
#include <chronik/node/proposal.hpp>
#include <chronik/raft/effects.hpp>
#include <chronik/raft/options.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace chronik::detail {

/// What is appended: the part of chronik::host that takes proposals, and sends and writes those of a turn together.
///
/// Host   inherits from this
template <class Host, class Machine>
class proposing {
public:
    using done_type = proposal_done<typename Machine::result_type>;

    /// Appends to a group's log if this node leads it.
    ///
    /// record_count   offsets the payload takes; kind no_op: for no machine, but a moment that a read may wait for
    /// level          what `done` waits for; it is called once, on this thread, never before propose returns
    /// copies_min     for committed: durable copies asked for, this node included, where more than a quorum
    /// errors         errc::not_leader, busy (a limit is reached), too_large (the storage's payload_bytes_max()),
    ///                unknown_group, storage_failed: then `done` is not called
    result<raft::accepted> propose(group_id id, shared_bytes payload, std::uint32_t record_count, acknowledge level,
                                   std::uint32_t copies_min, time_point now, done_type done,
                                   entry_kind kind = entry_kind::command) {
        host().now_ = now;
        auto* const target = host().find(id);
        auto const accepted = try_propose(target, std::move(payload), record_count, kind);
        if (!accepted) {
            ++host().metrics_.proposals_refused;
            return accepted;
        }
        ++host().metrics_.proposals;
        if (done)
            target->await(level, {accepted->index, accepted->term, accepted->base_offset, copies_min, std::move(done)});
        // What one turn proposes to a group becomes one write, and one message to each peer.
        host().groups_.mark_proposed(*target);
        return accepted;
    }

    /// Waits for an entry that was appended before: for a client that asks again. `done` is called as for propose();
    /// if this node does not lead the group it is called at the end of the turn with errc::unknown_outcome.
    void await(group_id id, raft::accepted const& entry, acknowledge level, std::uint32_t copies_min, done_type done) {
        auto* const target = host().find(id);
        CHRONIK_ASSERT(target != nullptr);
        target->await(level, {entry.index, entry.term, entry.base_offset, copies_min, std::move(done)});
        host().groups_.mark_ready(*target);
    }

protected:
    void release_proposals() {
        if (host().groups_.visiting_proposed()) return;  // who was told proposes
        bytes_ = count_ = 0;
        host().groups_.visit_proposed([this](auto& target) { this->release(target); });
    }

    /// To those whom no entry of this turn has told: what was applied has not been followed by proposals.
    void tell_commits() {
        host().groups_.visit_untold([this](auto& target) { this->release(target); });
    }

private:
    Host& host() { return static_cast<Host&>(*this); }

    template <class Group>
    result<raft::accepted> try_propose(Group* to, shared_bytes&& payload, std::uint32_t count, entry_kind kind) {
        if (host().failed_) return failure(errc::storage_failed);
        if (to == nullptr) return failure(errc::unknown_group);
        auto const& staging = host().staging_;
        std::size_t const payload_max = host().storage().payload_bytes_max();
        std::size_t const unstaged_max = host().options_.unstaged_bytes_max;
        // What a turn proposes to a group is one write, and must fit at once, with whatever headers the storage adds.
        // And only staging shows whether there is room for what this turn has proposed so far.
        std::size_t const bytes = bytes_ + payload.size();
        std::size_t const cost = bytes + ++count_ * raft::entry_overhead_bytes;
        if (cost > payload_max / 2 || staging.waiting_bytes() + bytes > unstaged_max) release_proposals();
        bytes_ += payload.size();
        // What waits for room in the storage waits in order; only without end it must not.
        if (staging.waiting_bytes() + payload.size() > unstaged_max && staging.waits(to->id))
            return failure(errc::busy);
        // Found out by the storage it would be too late: the core cannot take an entry back.
        if (payload.size() > payload_max) return failure(errc::too_large);
        return to->core.append(kind, std::move(payload), count, host().now_);
    }

    template <class Group>
    void release(Group& target) {
        target.untold = false;
        target.core.release(host().effects_);
        host().absorb(target);
    }

    std::size_t bytes_ = 0;  ///< proposed by this turn, and not released yet
    std::size_t count_ = 0;  ///< the same
};

}  // namespace chronik::detail
