// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>

#include <cstdint>

namespace chronik::bench {

/// The least that a machine can do with a command: it costs nothing that would hide what the log costs.
struct counting {
    using result_type = std::uint64_t;
    std::uint64_t bytes = 0;
    result_type apply(entry const& command) { return bytes += command.payload.size(); }
};

}  // namespace chronik::bench
