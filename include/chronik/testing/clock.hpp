// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/time.hpp>

#include <cstdint>

namespace chronik::testing {

/// A node's own clock: it began at a moment of its own, and it runs a little too fast or too slow.
///
/// ppm   millionths by which it runs fast; negative: slow. Above -1'000'000
class clock {
public:
    clock() = default;
    clock(time_point world_now, time_point shows, std::int64_t ppm) : world_(world_now), own_(shows), ppm_(ppm) {}

    /// What the clock shows at a moment of the world.
    time_point at(time_point world) const {
        std::int64_t const passed = (world - world_).count();
        return own_ + duration{passed + share(passed, ppm_, million)};
    }

    /// A moment of the world at which the clock shows `own` or a rounding error more.
    time_point when(time_point own) const {
        if (own == never) return never;
        std::int64_t const passed = (own - own_).count();
        time_point guess = world_ + duration{passed - share(passed, ppm_, million + ppm_)};
        while (at(guess) < own) guess += duration{1};
        return guess;
    }

    /// From now on it runs at another rate; what it shows does not jump.
    void run_at(std::int64_t ppm, time_point world_now) { *this = clock{world_now, at(world_now), ppm}; }

private:
    static constexpr std::int64_t million = 1'000'000;

    /// value * part / whole without an overflow for days of nanoseconds.
    static std::int64_t share(std::int64_t value, std::int64_t part, std::int64_t whole) {
        return value / whole * part + value % whole * part / whole;
    }

    time_point world_{};
    time_point own_{};
    std::int64_t ppm_ = 0;
};

}  // namespace chronik::testing
