// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker_world/plan.hpp>
#include <broker_world/trial.hpp>

#include <array>
#include <cstdint>
#include <utility>

namespace broker::world {

/// The broker's world as chronik::exploration::explorable.
struct explored {
    using plan_type = plan;
    using report_type = report;

    static constexpr char program[] = "tests/broker_world/run";
    static constexpr std::array counts{
        std::pair{"values sent", &report::sent},
        std::pair{"acknowledged", &report::acknowledged},
        std::pair{"read", &report::read},
        std::pair{"shares of generations", &report::assigned},
        std::pair{"offsets committed", &report::committed},
        std::pair{"terms with a leader", &report::leaders},
        std::pair{"entries of logs", &report::entries},
        std::pair{"pieces not in memory", &report::brought},
        std::pair{"reads for followers", &report::for_followers},
        std::pair{"brokers replaced", &report::replaced},
        std::pair{"connections lost", &report::connections_lost},
    };

    static plan plan_of(std::uint64_t seed) { return ::broker::world::plan_of(seed); }
    static report run(plan const& of) { return trial{of}.run(); }
    static std::uint32_t nodes_of(plan const& of) { return of.nodes; }
};

}  // namespace broker::world
