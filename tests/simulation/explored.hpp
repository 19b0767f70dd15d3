// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "simulation/standard_trial.hpp"

#include <array>
#include <cstdint>
#include <utility>

namespace chronik::simulation {

/// The library's world as chronik::exploration::explorable.
struct explored {
    using plan_type = testing::trial_plan;
    using report_type = testing::trial_report;

    static constexpr char program[] = "tests/simulation/run";
    static constexpr std::array counts{
        std::pair{"proposals", &report_type::proposed},
        std::pair{"acknowledged", &report_type::acknowledged},
        std::pair{"reads", &report_type::reads},
        std::pair{"changes of members", &report_type::changes},
        std::pair{"machines restored", &report_type::restored},
        std::pair{"terms with a leader", &report_type::leaders},
        std::pair{"disks lost for good", &report_type::nodes_lost},
        std::pair{"disks repaired", &report_type::nodes_repaired},
        std::pair{"disks wiped", &report_type::nodes_wiped},
        std::pair{"asked after a rest", &report_type::rested},
        std::pair{"one voter to five", &report_type::grown},
        std::pair{"five voters to one", &report_type::shrunk},
        std::pair{"frames lost", &report_type::frames_lost},
        std::pair{"frames repeated", &report_type::frames_repeated},
        std::pair{"frames late by far", &report_type::frames_late},
    };

    static plan_type plan_of(std::uint64_t seed) { return testing::plan_of(seed); }
    static report_type run(plan_type const& of) { return run_trial(of); }
    static std::uint32_t nodes_of(plan_type const& of) { return of.world.nodes; }
};

}  // namespace chronik::simulation
