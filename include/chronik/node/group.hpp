// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>
#include <chronik/base/rare.hpp>
#include <chronik/machine/concepts.hpp>
#include <chronik/node/waiters.hpp>
#include <chronik/node/write_stages.hpp>
#include <chronik/raft/core.hpp>

#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

namespace chronik {

template <class... Kinds>
bool is_one_of(raft::event const& event) {
    return (std::holds_alternative<Kinds>(event) || ...);
}

/// A change of role, term, leader or members, or the end of a doubt.
inline bool is_change_of_role(raft::event const& event) {
    return is_one_of<raft::became_follower, raft::became_pre_candidate, raft::became_candidate, raft::became_leader,
                     raft::members_changed, raft::members_settled, raft::doubt_ended>(event);
}

/// A change of role, or news that the snapshots' driver waits for.
inline bool is_told(raft::event const& event) {
    return is_change_of_role(event) || is_one_of<raft::snapshot_installed>(event);
}

/// The commit index, for an observer that listens.
struct commit_trace {
    log_index known{};  ///< has moved to here
    log_term term{};    ///< of the group then
    log_index told{};
};

/// The same for one that does not: nothing.
struct no_commit_trace {};

/// One replicated log on one node: its core, its machine, and who waits for it. Owned by a host.
///
/// Traced   the host's observer listens to each step
/// Invariant: applied <= core.commit_index().
template <class Storage, machine::state_machine Machine, bool Traced>
struct group {
    using log_type = std::remove_cvref_t<decltype(*std::declval<Storage&>().find(group_id{}))>;
    using result_type = typename Machine::result_type;
    static_assert(raft::log_view<log_type>,
                  "chronik::host: the storage's log of a group does not model raft::log_view");

    group(group_id which, node_id self, raft::configuration members, raft::options const& options,
          log_type const& stored, Machine machine_of_group, std::uint64_t seed, time_point now)
        : id(which),
          log(stored),
          core(self, std::move(members), options, {stored.hard_state().term, stored.hard_state().vote}, stored, seed,
               now),
          machine(std::move(machine_of_group)),
          applied(stored.base_index()),
          applied_offset(stored.base_offset()) {
        if constexpr (requires { stored.doubt(); }) {
            if (stored.doubt() != no_doubt) core.begin_in_doubt(stored.doubt());
        }
    }

    bool is_leader() const { return core.current_role() == raft::role::leader; }

    bool somebody_waits() const { return waiting && waiting->for_entries(); }
    void await(acknowledge level, typename proposal_queue<result_type>::waiting proposal) {
        auto& here = waiting.ensure();
        (level == acknowledge::committed ? here.commit : here.sync).push(std::move(proposal));
    }

    /// It rests. What it may need again is made again then.
    void give_back(raft::shared_configurations& known) {
        core.share_members(known);
        if (waiting && waiting->none()) waiting.reset();
    }

    /// The machine has been restored from this.
    void begin_behind(raft::snapshot newest) {
        applied = newest.info.last_index;
        applied_offset = newest.info.next_offset;
        core.use_snapshot(std::move(newest));
    }

    /// The machine stands for everything up to there, which was committed and is durable here. Before the first turn.
    void begin_at(log_index index, log_offset next_offset) {
        CHRONIK_ASSERT(index >= applied);
        core.know_committed(index);
        applied = index;
        applied_offset = next_offset;
    }

    /// Applies what is committed, at most `entries_max` entries, and answers who waited for it.
    ///
    /// returns   how many entries were applied
    /// errors    the storage's, if a committed entry cannot be read: nothing after it is applied
    result<std::size_t> apply(std::size_t entries_max) {
        std::size_t count = 0;
        entry next;
        while (applied < core.commit_index() && count < entries_max) {
            if (auto const read = core.read_entry(applied + 1, next); !read) return std::unexpected(read.error());
            if (next.kind == entry_kind::command) {
                result_type const answer = machine.apply(next);
                move_to(next);
                finish_committed(&answer, &next);
            } else {
                move_to(next);
                finish_committed(nullptr, &next);
            }
            ++count;
        }
        finish_committed(nullptr, nullptr);
        while (waiting && !waiting->sync.empty() && waiting->sync.front().index <= core.durable_index())
            finish(waiting->sync, nullptr, nullptr);
        if (waiting) waiting->reads.finish(applied);
        return count;
    }

    /// Voters that have everything up to `index` on disk, as far as this leader knows. A witness never has anything, a
    /// learner may be sent away before it votes, and in a joint configuration either set may stay: there the smaller
    /// number counts.
    std::uint32_t copies_of(log_index index) const {
        raft::configuration const& members = core.members();
        auto const peers = core.peers({});
        auto const copies_among = [&](std::vector<node_id> const& voters) {
            bool const own = core.durable_index() >= index && raft::configuration::holds(voters, core.self());
            return static_cast<std::uint32_t>(std::ranges::count_if(peers, [&](raft::peer_status const& peer) {
                return peer.match >= index && !peer.in_doubt && raft::configuration::holds(voters, peer.node) &&
                       !members.is_witness(peer.node);
            })) + (own ? 1U : 0U);
        };
        auto const copies = copies_among(members.voters);
        return members.is_joint() ? std::min(copies, copies_among(members.outgoing)) : copies;
    }

    void fail_above(log_index index, std::error_code error) {
        if (waiting) waiting->commit.fail_above(index, error);
        if (waiting) waiting->sync.fail_above(index, error);
    }
    void fail_all(std::error_code error) {
        fail_above(log_index{0}, error);
        if (waiting) waiting->reads.fail_all(error);
        if (waiting) waiting->change.fail(error);
        if (waiting && waiting->transfer) std::exchange(waiting->transfer, nullptr)(error);
    }

    /// Tells who waits for a change of the members what has become of it, if this event says so.
    void tell_change(raft::event const& event) {
        if (waiting && std::holds_alternative<raft::members_settled>(event)) waiting->change.settled(core.members());
        // Whoever leads next may go on with it, or may not have heard of it.
        if (waiting && !is_leader()) waiting->change.fail(errc::unknown_outcome);
    }

    /// Tells who waits for a transfer, once it is over.
    void tell_transfer() {
        if (!waiting || !waiting->transfer || core.transferring()) return;
        auto done = std::exchange(waiting->transfer, nullptr);
        done(is_leader() ? make_error_code(errc::unreachable) : std::error_code{});
    }

    group_id id;
    log_type const& log;
    raft::core<log_type> core;
    Machine machine;
    log_index applied;
    std::uint64_t applied_bytes = 0;  ///< of payloads, in this run
    log_offset applied_offset;  ///< the first offset that is not applied: the high watermark
    rare<waiters<result_type>> waiting;
    write_stages::mark newest_write;       ///< of those staged
    raft::resting rest;                    ///< as the pairs of nodes count it
    raft::shared_configuration rest_with;  ///< of a leader: those that it is counted with
    time_point scheduled = never;          ///< when the host will look at this group next
    [[no_unique_address]] std::conditional_t<Traced, commit_trace, no_commit_trace> traced;
    bool ready = false;     ///< already listed to be applied in this turn
    bool proposed = false;  ///< already listed: its core holds proposals that have not been released
    bool untold = false;    ///< already listed: not all of its members have been told what is committed

private:
    void move_to(entry const& next) {
        applied = next.index;
        applied_bytes += next.payload.size();
        applied_offset = next.next_offset();
    }

    /// newest   the entry that was applied last, where it is at hand
    void finish_committed(result_type const* answer, entry const* newest) {
        while (waiting && !waiting->commit.empty()) {
            auto const& oldest = waiting->commit.front();
            if (oldest.index > applied) return;
            if (is_leader() && oldest.copies_min > copies_of(oldest.index)) return;
            // Several may wait for one entry: a client that asks again while its first try is under way.
            finish(waiting->commit, oldest.index == applied ? answer : nullptr, newest);
        }
    }

    /// The entry at the waiter's index is the waiter's own only if its term is.
    void finish(proposal_queue<result_type>& queue, result_type const* answer, entry const* newest) {
        auto oldest = queue.pop();
        bool const is_newest = newest != nullptr && newest->index == oldest.index;
        auto const term = is_newest ? result<log_term>{newest->term} : core.term_at(oldest.index);
        bool const own = term && *term == oldest.term;
        if (own) return oldest.finish({}, answer);
        oldest.finish(term ? make_error_code(errc::superseded) : make_error_code(errc::unknown_outcome));
    }
};

}  // namespace chronik
