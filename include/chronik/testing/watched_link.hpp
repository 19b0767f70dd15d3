// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/testing/network.hpp>
#include <chronik/transport/concepts.hpp>

namespace chronik::testing {

/// A node's end of the simulated network. What leaves is looked at first.
///
/// World   links(), observed(), now(), group_on(node, group)
template <class World>
class watched_link {
public:
    watched_link(World& world, node_id self) : world_(&world), link_(world.links(), self), self_(self) {}

    transport::send_result send(node_id to, transport::frame const& frame) {
        transport::frame const whole{frame.channel, {frame.joined()}};
        auto const core_of = [this](group_id group) {
            auto const* open = world_->group_on(self_, group);
            return open == nullptr ? nullptr : &open->core;
        };
        world_->observed().leaves(self_, to, whole.parts.front(), world_->now(), core_of);
        return link_.send(to, whole);
    }

private:
    World* world_;
    network::endpoint link_;
    node_id self_;
};

}  // namespace chronik::testing
