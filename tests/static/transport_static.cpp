// SPDX-License-Identifier: Apache-2.0
#include "archetypes/transport.hpp"

#include <chronik/transport/concepts.hpp>
#include <chronik/transport/framing.hpp>
#include <chronik/transport/loopback.hpp>

namespace {

namespace transport = chronik::transport;

static_assert(transport::transport<chronik::archetypes::transport>);
static_assert(transport::transport<chronik::archetypes::transport&>, "a slot may hold a reference");
static_assert(transport::transport<transport::loopback::endpoint>);

struct tells_nothing {
    void send(chronik::node_id, transport::frame const&);
};
static_assert(!transport::transport<tells_nothing>, "a dropped frame must be told from a sent one");

struct wants_to_own {
    transport::send_result send(chronik::node_id, transport::frame&);
};
static_assert(!transport::transport<wants_to_own>, "one frame goes to many peers");

static_assert(transport::frame_header::bytes == 8, "docs/formats/frame.md");

}  // namespace
