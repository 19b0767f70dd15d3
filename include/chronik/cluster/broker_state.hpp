// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace chronik::cluster {

/// What a cluster knows of one of its brokers. The numbers stand in logs and snapshots.
///
/// starting         registered, not ready yet
/// alive            ready, and heard lately: the only state in which a broker is given anything new
/// draining         about to stop
/// failed           not heard for a whole lease
/// decommissioned   gone for good; only a new start of the process, as another member, leaves it
enum class broker_state : std::uint8_t { starting = 0, alive = 1, draining = 2, failed = 3, decommissioned = 4 };

inline constexpr bool is_known(broker_state state) { return state <= broker_state::decommissioned; }

/// Whether a broker may go from one state to the other without a new start.
inline constexpr bool may_become(broker_state from, broker_state to) {
    if (!is_known(from) || !is_known(to)) return false;
    return from == to || (to != broker_state::starting && from != broker_state::decommissioned);
}

constexpr std::string_view text(broker_state state) {
    switch (state) {
        case broker_state::starting: return "starting";
        case broker_state::alive: return "alive";
        case broker_state::draining: return "draining";
        case broker_state::failed: return "failed";
        case broker_state::decommissioned: return "decommissioned";
    }
    return "unknown";
}

}  // namespace chronik::cluster
