// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker_world/event_loop.hpp>
#include <broker_world/lanes.hpp>
#include <broker_world/wires.hpp>

#include <chronik/base/ids.hpp>
#include <chronik/net/tcp_options.hpp>
#include <chronik/testing/disk_files.hpp>
#include <chronik/transport/concepts.hpp>

/// What the broker stands on in the deterministic world: the page that takes the place of
/// example/broker/environment.hpp, with the same words.
namespace broker {

namespace environment {

using directory = chronik::testing::disk_directory;
using lanes = world::lanes;

/// One process's end of the connections to the other brokers.
class links {
public:
    links(world::wires& through, chronik::node_id self) : through_(&through), self_(self) {}

    void add_peer(chronik::net::peer_address const& at) { through_->add_peer(self_, at.node); }
    void remove_peer(chronik::node_id node) { through_->remove_peer(self_, node); }
    bool connected(chronik::node_id to) const { return through_->connected(self_, to); }
    chronik::transport::send_result send(chronik::node_id to, chronik::transport::frame const& message) {
        return through_->send(self_, to, message);
    }

private:
    world::wires* through_;
    chronik::node_id self_;
};

static_assert(chronik::transport::transport<links>, "what slot::transport asks for");

}  // namespace environment

}  // namespace broker
