// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/overloaded.hpp>
#include <chronik/node/raft_frames.hpp>
#include <chronik/raft/effects.hpp>
#include <chronik/raft/options.hpp>
#include <chronik/testing/checkers.hpp>
#include <chronik/testing/client_history.hpp>
#include <chronik/testing/commit_checks.hpp>
#include <chronik/testing/durable_logs.hpp>
#include <chronik/testing/message_checks.hpp>
#include <chronik/testing/model/specification.hpp>
#include <chronik/testing/storm_check.hpp>
#include <chronik/testing/trace.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace chronik::testing {

/// Everything that looks at a simulated cluster while it runs.
class observation {
public:
    observation(raft::options const& limits, duration window, std::uint64_t frames_max)
        : allowed(disks, limits.reads == raft::read_mode::lease, seen.found()), limits_(limits),
          storms_(window, frames_max, limits.inflight_messages_max, seen.found()) {}
    observation(observation const&) = delete;
    observation& operator=(observation const&) = delete;

    checkers seen;
    durable_logs disks{seen.found()};
    commit_checks commits{disks, seen.found()};
    client_history clients{seen.found()};
    model::specification allowed;
    trace told;

    /// The node is a witness wherever it takes part.
    void keeps_places_only(node_id node) {
        disks.keeps_places_only(node);
        allowed.is_witness(node);
    }
    /// The node has another disk, with nothing on it, and is one that was never there.
    void forgets(node_id node) {
        disks.wiped(node);
        allowed.forgets(node);
        messages_.forgets(node);
        storms_.forgets(node);
    }
    /// The node has repaired its disk: it has lost what it has lost, and may have forgotten what it promised.
    template <class ViewOf>
    void repaired(node_id node, ViewOf view_of) {
        disks.repaired(node, view_of);
        allowed.repaired(node);
        messages_.forgets(node);
        storms_.forgets(node);
    }
    /// A node begins with a group, with an empty machine. `first`: the members that it knows from outside.
    void started(node_id node, group_id group, raft::configuration const& first, doubt_token doubt) {
        seen.began(node, group);
        commits.started(node, group);
        allowed.started(node, group, first, doubt);
    }

    /// A core has told that something changed; who leads is noted by the caller. Null: it is not open yet.
    template <class Core>
    void event(time_point now, node_id node, group_id group, raft::event const& happened, Core const* core) {
        allowed.event(node, group, happened);
        bool const has_new_members = std::holds_alternative<raft::members_changed>(happened);
        if (has_new_members && core != nullptr) allowed.has_members(node, group, core->members());
        static constexpr std::array names{"follows in term", "asks whether it could win, in term",
                                          "stands for election in term"};
        if (happened.index() >= names.size()) return;
        auto const term_in = [](auto const& each) {
            if constexpr (requires { each.term; }) return each.term;
            else return log_term{};
        };
        told.count(now, names[happened.index()], node, group, std::visit(term_in, happened).value);
    }

    /// A frame is about to leave. `core_of(group)` is the sender's core.
    template <class CoreOf>
    void leaves(node_id from, node_id to, shared_bytes const& body, time_point now, CoreOf core_of) {
        auto const of_group = [&](group_id group, raft::message&& what) {
            auto const* const core = core_of(group);
            if (core != nullptr) look(from, group, *core);
            messages_.leaves(from, group, to, what);
            storms_.carries(from, group, to, what);
            if (core != nullptr) allowed.leaves(from, group, to, what, *core);
            spare_.recycle(std::move(what));
        };
        decode(body, of_group);
        storms_.leaves(from, now);
    }

    /// A frame is about to be given to a node.
    template <class CoreOf>
    void arrives(node_id at, node_id from, shared_bytes const& body, CoreOf core_of) {
        auto const of_group = [&](group_id group, raft::message&& what) {
            if (auto const* const core = core_of(group)) allowed.arrives(at, group, from, what, *core);
            spare_.recycle(std::move(what));
        };
        decode(body, of_group);
    }

    /// Whatever a core shows of itself, after each of its steps.
    template <class Core>
    void look(node_id node, group_id group, Core const& core) {
        commits.look(node, group, core);
        allowed.look(node, group, core);
        auto const unstable = (core.last_index() - core.durable_index()) * raft::entry_overhead_bytes;
        if (unstable > limits_.uncommitted_bytes_max + limits_.unstable_bytes_max + limits_.append_bytes_max)
            seen.report(durable_logs::about(node, group, "more waits for the disk than the limits allow"));
    }

private:
    template <class Receive>
    void decode(shared_bytes const& body, Receive receive) {
        static_cast<void>(decode_raft_frame(body, overloaded{receive, [](pair_message const&) {}}, &spare_.spare));
    }

    raft::options limits_;
    raft::effects spare_;  ///< memory for what is decoded
    message_checks messages_{disks, limits_, seen.found()};
    storm_check storms_;
};

}  // namespace chronik::testing
