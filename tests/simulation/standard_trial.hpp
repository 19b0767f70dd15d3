// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/testing/trial.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace chronik::simulation {

/// A machine that notices a command left out or out of place: its answer depends on everything before.
struct chained {
    using result_type = std::uint64_t;
    testing::digest all;
    result_type apply(entry const& command) {
        all.add(command.payload.view());
        return all.value();
    }
};

using standard_trial = testing::trial<chained>;

inline shared_bytes some_command(chronik::random& chance) {
    std::size_t const size = chance.chance(5) ? 2000 : chance.below(250);
    return shared_bytes::copy_of(std::to_string(chance()) + std::string(size, 'x'));
}

inline testing::trial_report run_trial(testing::trial_plan plan, testing::trace::listener told = {}) {
    standard_trial one{std::move(plan), [](node_id, group_id) { return chained{}; }, some_command};
    if (told) one.listen(std::move(told));
    return one.run();
}

}  // namespace chronik::simulation
