// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/node/concepts.hpp>
#include <chronik/node/trace_event.hpp>
#include <chronik/raft/effects.hpp>

#include <span>
#include <variant>

namespace chronik::detail {

/// The part of chronik::host that tells its observer each step of each group. For an observer that does not listen all
/// of it is empty.
///
/// Host   inherits from this; self(), now(), observer()
template <class Host, class Observer>
class tracing {
public:
    static constexpr bool listens = tracing_observer<Observer>;

protected:
    /// What the storage holds of a group: whoever reads the trace needs to know nothing from before.
    template <class Group>
    void trace_open(Group& opened) {
        if constexpr (listens) {
            auto const& core = opened.core;
            in_term(opened, trace_kind::open, core.term(), core.vote());
            at_index(opened, trace_kind::members, core.members_index(), &core.members());
            if (core.doubt() != no_doubt) in_term(opened, trace_kind::doubt_begun, core.term());
            opened.traced = {core.commit_index(), core.term(), {}};
            trace_commit(opened);
        }
    }
    template <class Group>
    void trace_close(Group const& closed) {
        if constexpr (listens) in_term(closed, trace_kind::close, closed.core.term());
    }

    /// What a core has told in one call. Commits wait for the end of the turn, or for what comes after them.
    template <class Group>
    void trace_events(Group& of, std::span<raft::event const> happened) {
        if constexpr (listens) {
            for (raft::event const& each : happened) {
                auto const* const moved = std::get_if<raft::commit_advanced>(&each);
                if (moved == nullptr) {
                    trace_commit(of);
                    std::visit([&](auto const& what) { this->trace(of, what); }, each);
                    continue;
                }
                of.traced.known = moved->index;
                of.traced.term = of.core.term();
                // A snapshot leaves nothing to apply, so no turn would look at it.
                if (moved->index <= of.applied) trace_commit(of);
            }
        }
    }
    /// How far the commit index has come, if it has moved since it was told.
    template <class Group>
    void trace_commit(Group& of) {
        if constexpr (listens) {
            if (of.traced.known <= of.traced.told) return;
            of.traced.told = of.traced.known;
            trace_event made = step(of, trace_kind::commit);
            made.term = of.traced.term;
            made.index = of.traced.told;
            host().observer().traced(made);
        }
    }
    template <class Group>
    void trace_snapshot_taken(Group const& of, log_index at) {
        if constexpr (listens) at_index(of, trace_kind::snapshot_taken, at);
    }

private:
    Host& host() { return static_cast<Host&>(*this); }

    template <class Group>
    trace_event step(Group const& of, trace_kind kind) {
        return {.at = host().now(),
                .node = host().self(),
                .group = of.id,
                .term = of.core.term(),
                .index = of.core.last_index(),
                .kind = kind};
    }
    template <class Group>
    void in_term(Group const& of, trace_kind kind, log_term term, node_id peer = no_node) {
        trace_event made = step(of, kind);
        made.term = term;
        made.peer = peer;
        host().observer().traced(made);
    }
    template <class Group>
    void at_index(Group const& of, trace_kind kind, log_index index, raft::configuration const* members = nullptr) {
        trace_event made = step(of, kind);
        made.index = index;
        made.members = members;
        host().observer().traced(made);
    }

    template <class Group>
    void trace(Group const& of, raft::became_follower const& now) {
        in_term(of, trace_kind::follower, now.term, now.leader);
    }
    template <class Group>
    void trace(Group const& of, raft::became_pre_candidate const& now) {
        in_term(of, trace_kind::pre_candidate, now.term);
    }
    template <class Group>
    void trace(Group const& of, raft::became_candidate const& now) {
        in_term(of, trace_kind::candidate, now.term);
    }
    template <class Group>
    void trace(Group const& of, raft::became_leader const& now) {
        in_term(of, trace_kind::leader, now.term);
    }
    template <class Group>
    void trace(Group const& of, raft::voted const& done) {
        in_term(of, trace_kind::vote, done.term, done.candidate);
    }
    /// trace_commit() tells it.
    template <class Group>
    void trace(Group const&, raft::commit_advanced const&) {}
    template <class Group>
    void trace(Group const& of, raft::log_truncated const& done) {
        at_index(of, trace_kind::truncate, done.first);
    }
    template <class Group>
    void trace(Group const& of, raft::snapshot_installed const& done) {
        at_index(of, trace_kind::snapshot_installed, done.index);
    }
    template <class Group>
    void trace(Group const& of, raft::members_changed const& now) {
        // One call may have changed them more than once.
        auto const members = of.core.members_at(now.index);
        CHRONIK_ASSERT(members.has_value());
        at_index(of, trace_kind::members, now.index, &*members);
    }
    template <class Group>
    void trace(Group const& of, raft::members_settled const& now) {
        at_index(of, trace_kind::settled, now.index);
    }
    template <class Group>
    void trace(Group const& of, raft::transfer_begun const& now) {
        in_term(of, trace_kind::transfer_begun, of.core.term(), now.target);
    }
    template <class Group>
    void trace(Group const& of, raft::transfer_ended const& now) {
        in_term(of, trace_kind::transfer_ended, of.core.term(), now.target);
    }
    template <class Group>
    void trace(Group const& of, raft::doubt_ended const&) {
        in_term(of, trace_kind::doubt_ended, of.core.term());
    }
};

}  // namespace chronik::detail
