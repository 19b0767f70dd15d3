// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/entry_memory.hpp>
#include <chronik/raft/message.hpp>
#include <chronik/raft/snapshot_receiver.hpp>
#include <chronik/raft/write.hpp>

#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace chronik::raft {

/// A message that may leave now: all it depends on is durable. Only the core makes one.
class outgoing {
public:
    /// What it takes to make one; only an outbox has it.
    class permission {
        friend class outbox;
        permission() = default;
    };

    template <class Body>
    outgoing(permission, node_id to, Body&& body) : to_(to), body_(std::forward<Body>(body)) {}
    outgoing(outgoing&&) noexcept = default;
    outgoing& operator=(outgoing&&) noexcept = default;

    node_id to() const { return to_; }
    message const& body() const& { return body_; }
    message&& body() && { return std::move(body_); }

private:
    node_id to_;
    message body_;
};

/// leader   no_node while it is unknown
struct became_follower {
    log_term term;
    node_id leader;
    bool operator==(became_follower const&) const = default;
};
/// The election timeout has passed: the leader is unknown, and this member asks whether it could win.
struct became_pre_candidate {
    log_term term;
    bool operator==(became_pre_candidate const&) const = default;
};
struct became_candidate {
    log_term term;
    bool operator==(became_candidate const&) const = default;
};
struct became_leader {
    log_term term;
    bool operator==(became_leader const&) const = default;
};
/// Entries up to and including `index` may be applied.
struct commit_advanced {
    log_index index;
    bool operator==(commit_advanced const&) const = default;
};
/// Entries from `first` on were replaced by another leader's; they were never committed.
struct log_truncated {
    log_index first;
    bool operator==(log_truncated const&) const = default;
};

/// The log begins behind a snapshot of the leader's, durably; entries up to `index` were not applied one by one.
struct snapshot_installed {
    log_index index;
    bool operator==(snapshot_installed const&) const = default;
};

/// Another configuration is in force, core::members(): its entry was appended at `index`, or one after it truncated.
struct members_changed {
    log_index index;
    bool operator==(members_changed const&) const = default;
};
/// The configuration in force is committed, and no change is under way.
struct members_settled {
    log_index index;
    bool operator==(members_settled const&) const = default;
};

/// This member has given its vote of the term to another one. Who stands for election has given it to itself.
struct voted {
    log_term term;
    node_id candidate;
    bool operator==(voted const&) const = default;
};

/// This leader hands over to another voter, and takes no proposals meanwhile.
struct transfer_begun {
    node_id target;
    bool operator==(transfer_begun const&) const = default;
};
/// It does so no more: became_follower comes next, or it gave up and goes on leading.
struct transfer_ended {
    node_id target;
    bool operator==(transfer_ended const&) const = default;
};

/// The doubt of this member is over, durably: it votes and counts as any other.
struct doubt_ended {
    doubt_token token;
    bool operator==(doubt_ended const&) const = default;
};

using event = std::variant<became_follower, became_pre_candidate, became_candidate, became_leader, commit_advanced,
                           log_truncated, snapshot_installed, members_changed, members_settled, voted, transfer_begun,
                           transfer_ended, doubt_ended>;

/// Where a proposal stands in the log. Not committed yet, and lost if another leader takes over first.
struct accepted {
    log_index index;
    log_term term;
    log_offset base_offset;

    bool operator==(accepted const&) const = default;
};

/// Names a read for its outcome. Never used again, not even after a restart: answers come late and twice.
struct read_ticket {
    log_term term;
    std::uint64_t number = 0;

    bool operator==(read_ticket const&) const = default;
};

/// index   the read sees everything committed before it began once this is applied; absent: unknown, ask again
struct read_outcome {
    read_ticket ticket;
    std::optional<log_index> index;

    bool operator==(read_outcome const&) const = default;
};

/// What one call of the core asks its driver to do. The caller owns it and reuses its memory.
///
/// persist    at most one write for each call; stage it before the next call
/// part       a piece of a leader's snapshot to be written down: answer with part_stored() or part_failed()
/// messages   may leave at once, in any order, and may be lost
/// events     in the order in which they happened; not durable before `persist` is
/// reads      those that are decided; the state at their index may be read when it is applied here
/// wanted     entries that some peer needs and that the store would have to wait for (log_view's is_at_hand): when they
///            and some behind them are at hand, tell core::at_hand()
/// spare      memory for the entries of the next writes and messages; what is not recycled is only allocated again
///
/// A driver that hears of a commit mostly has the next proposals soon, and their entries can tell the others of it. One
/// that says so, once and for all, is told with which core it owes a release() before it waits for anything:
/// will_release   set by the driver; else a commit index has messages of its own
/// to_release     core::release() has something to tell
struct effects {
    std::optional<write> persist;
    std::optional<snapshot_part> part;
    std::vector<outgoing> messages;
    std::vector<event> events;
    std::vector<read_outcome> reads;
    std::vector<log_index> wanted;
    entry_memory spare;
    bool will_release = false;
    bool to_release = false;

    bool empty() const {
        return !persist && !part && messages.empty() && events.empty() && reads.empty() && wanted.empty() &&
               !to_release;
    }
    void clear() {
        persist.reset();
        part.reset();
        messages.clear();
        events.clear();
        reads.clear();
        wanted.clear();
        to_release = false;
    }

    /// Takes back the memory of a write that is durable, or of a message that was sent or received.
    void recycle(write&& done) { spare.give(std::move(done.entries)); }
    void recycle(message&& done) {
        if (auto* const request = std::get_if<append_request>(&done)) spare.give(std::move(request->entries));
    }
};

}  // namespace chronik::raft
