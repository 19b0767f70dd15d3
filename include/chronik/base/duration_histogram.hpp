// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/time.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace chronik {

/// Durations, counted by powers of two of a microsecond: what a process can afford to keep of everything it does.
///
/// Adding one is a shift and two additions, and never allocates. A negative duration counts as none.
/// threads   one
class duration_histogram {
public:
    /// Bucket i holds what took at most 2^i microseconds and more than bucket i - 1; what took longer than the last
    /// (33.6 s) is above().
    static constexpr std::size_t bucket_count = 26;

    static constexpr duration upper_bound(std::size_t bucket) {
        return std::chrono::microseconds{std::int64_t{1} << bucket};
    }

    void add(duration spent) {
        spent = std::max(spent, duration::zero());
        sum_ += spent;
        auto const whole = static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::microseconds>(spent).count());
        auto const bucket = whole <= 1 ? std::size_t{0} : static_cast<std::size_t>(std::bit_width(whole - 1));
        if (bucket < bucket_count) ++counts_[bucket]; else ++above_;
    }

    std::array<std::uint64_t, bucket_count> const& counts() const { return counts_; }
    std::uint64_t above() const { return above_; }
    duration sum() const { return sum_; }

private:
    std::array<std::uint64_t, bucket_count> counts_{};
    std::uint64_t above_ = 0;
    duration sum_{};
};

}  // namespace chronik
