// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/overloaded.hpp>
#include <chronik/node/raft_frames.hpp>
#include <chronik/raft/options.hpp>
#include <chronik/testing/checkers.hpp>
#include <chronik/testing/client_history.hpp>
#include <chronik/testing/commit_checks.hpp>
#include <chronik/testing/durable_logs.hpp>
#include <chronik/testing/message_checks.hpp>
#include <chronik/testing/trace.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace chronik::testing {

/// Everything that looks at a simulated cluster while it runs.
class observation {
public:
    observation(raft::options const& limits, duration window, std::uint64_t frames_max)
        : limits_(limits), window_(window), frames_max_(frames_max) {}
    observation(observation const&) = delete;
    observation& operator=(observation const&) = delete;

    checkers seen;
    durable_logs disks{seen.found()};
    commit_checks commits{disks, seen.found()};
    client_history clients{seen.found()};
    trace told;

    /// A frame is about to leave. `core_of(group)` is the sender's core.
    template <class CoreOf>
    void leaves(node_id from, node_id to, shared_bytes const& body, time_point now, CoreOf core_of) {
        auto const of_group = [&](group_id group, raft::message&& what) {
            if (auto const* core = core_of(group)) look(from, group, *core);
            messages_.leaves(from, group, to, what);
        };
        static_cast<void>(decode_raft_frame(body, overloaded{of_group, [](pair_message const&) {}}));
        sent& lately = sent_[from];
        if (now - lately.since >= window_) lately = {now, 0};
        if (++lately.frames == frames_max_)
            seen.report("node " + std::to_string(from.value) + ": a storm of frames");
    }

    /// Whatever a core shows of itself, after each of its steps.
    template <class Core>
    void look(node_id node, group_id group, Core const& core) {
        commits.look(node, group, core);
        auto const unstable = (core.last_index() - core.durable_index()) * raft::entry_overhead_bytes;
        if (unstable > limits_.uncommitted_bytes_max + limits_.unstable_bytes_max + limits_.append_bytes_max)
            seen.report(durable_logs::about(node, group, "more waits for the disk than the limits allow"));
    }

private:
    struct sent {
        time_point since{};
        std::uint64_t frames = 0;
    };

    raft::options limits_;
    duration window_;
    std::uint64_t frames_max_;
    message_checks messages_{disks, limits_, seen.found()};
    std::map<node_id, sent> sent_;
};

}  // namespace chronik::testing
