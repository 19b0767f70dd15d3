// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ctime>

namespace load {

/// Nanoseconds of CLOCK_MONOTONIC: the same clock in every process of the machine, so compare's own stamps fit.
using nanoseconds = std::uint64_t;

inline constexpr nanoseconds second = 1'000'000'000;

inline nanoseconds now() {
    timespec at{};
    ::clock_gettime(CLOCK_MONOTONIC, &at);
    return static_cast<nanoseconds>(at.tv_sec) * second + static_cast<nanoseconds>(at.tv_nsec);
}

inline void sleep_until(nanoseconds when) {
    timespec const at{static_cast<std::time_t>(when / second), static_cast<long>(when % second)};
    while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) != 0) {}
}

/// What is measured: everything that is due in [begins, ends).
struct window {
    nanoseconds begins = 0;
    nanoseconds ends = 0;

    bool has(nanoseconds when) const { return when >= begins && when < ends; }
};

}  // namespace load
