// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/node/raft_frames.hpp>
#include <chronik/raft/effects.hpp>
#include <chronik/transport/concepts.hpp>

#include <cstddef>
#include <map>
#include <utility>

namespace chronik {

/// The messages of all groups to each peer, sent as few frames: many idle groups share one heartbeat frame.
///
/// What a peer's queue has no room for is dropped; Raft sends it again.
class outbox {
public:
    void add(group_id group, raft::outgoing const& released) {
        auto const place = frames_.try_emplace(released.to(), frame_bytes_target).first;
        place->second.add(group, released.body());
    }

    void add(node_id to, pair_message const& message) {
        frames_.try_emplace(to, frame_bytes_target).first->second.add(message);
    }

    template <transport::transport Carrier>
    void send(Carrier& carrier) {
        for (auto& [to, builder] : frames_) {
            if (builder.empty()) continue;
            for (auto const& built : builder.take()) static_cast<void>(carrier.send(to, built));
        }
    }

    /// Frames are cut at this many bytes, so that one lagging group does not hold up the heartbeats of the rest.
    static constexpr std::size_t frame_bytes_target = std::size_t{1} << 20;

private:
    std::map<node_id, frame_builder> frames_;
};

}  // namespace chronik
