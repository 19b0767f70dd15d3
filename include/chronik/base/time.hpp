// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace chronik {

/// The clock of floors 0 to 3: it has no now(). Time is an input; a driver or a simulator supplies it.
struct logical_clock {
    using rep = std::chrono::nanoseconds::rep;
    using period = std::chrono::nanoseconds::period;
    using duration = std::chrono::nanoseconds;
    using time_point = std::chrono::time_point<logical_clock>;
    static constexpr bool is_steady = true;
};

using duration = logical_clock::duration;
/// Monotonic; comparable only within one run of one process.
using time_point = logical_clock::time_point;

/// "Nothing to wait for."
inline constexpr time_point never = time_point::max();

}  // namespace chronik
