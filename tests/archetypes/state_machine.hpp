// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/machine/concepts.hpp>

#include <cstdint>

namespace chronik::archetypes {

/// The smallest state machine: it counts the commands it was given.
struct state_machine {
    using result_type = std::uint64_t;
    std::uint64_t commands = 0;

    result_type apply(entry const&) { return ++commands; }
};

}  // namespace chronik::archetypes
