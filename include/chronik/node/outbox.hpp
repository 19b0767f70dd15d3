// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/node/raft_frames.hpp>
#include <chronik/raft/effects.hpp>
#include <chronik/transport/concepts.hpp>

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <vector>

namespace chronik {

/// The messages of all groups to each peer, sent as few frames: many idle groups share one heartbeat frame.
///
/// What a peer's queue has no room for is dropped; Raft sends it again.
class outbox {
public:
    void add(group_id group, raft::outgoing const& released) {
        frames_to(released.to()).add(group, released.body());
    }

    void add(node_id to, pair_message const& message) { frames_to(to).add(message); }

    template <transport::transport Carrier>
    void send(Carrier& carrier) {
        // What is sent first is the same in every run, whoever was written to first.
        std::ranges::sort(filled_);
        for (node_id const to : filled_)
            for (auto const& built : frames_.at(to).take()) static_cast<void>(carrier.send(to, built));
        filled_.clear();
    }

    /// Frames are cut at this many bytes, so that one lagging group does not hold up the heartbeats of the rest, and a
    /// peer can begin with the first while the others are on their way.
    static constexpr std::size_t frame_bytes_target = std::size_t{128} << 10;

private:
    frame_builder& frames_to(node_id to) {
        frame_builder& frames = frames_.try_emplace(to, frame_bytes_target).first->second;
        if (frames.empty()) filled_.push_back(to);
        return frames;
    }

    std::unordered_map<node_id, frame_builder> frames_;
    std::vector<node_id> filled_;  ///< those with something to send: one turn writes to few of many peers
};

}  // namespace chronik
