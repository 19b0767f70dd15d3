// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/transport/concepts.hpp>

namespace chronik::archetypes {

/// The least that models transport::transport: it reaches nobody.
struct transport {
    chronik::transport::send_result send(chronik::node_id, chronik::transport::frame const&) {
        return chronik::transport::send_result::unreachable;
    }
};

}  // namespace chronik::archetypes
