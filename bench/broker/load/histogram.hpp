// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace load {

/// Counts durations so that every percentile is known to a thousandth of its value, in memory that does not grow.
///
/// The buckets are those of an HDR histogram: 2048 of width one, then for each further power of two 1024 of twice the
/// width before. (Debian has no C or C++ library of it.)
/// threads   one at a time; each thread keeps its own, and merge() adds them up
class histogram {
public:
    using value = std::uint64_t;  ///< nanoseconds

    /// Longer than an hour is counted as an hour; max() still says what it was.
    static constexpr value value_max = 3'600'000'000'000;

    histogram() : counts_(bucket_of(value_max) + 1) {}

    void record(value of) {
        ++counts_[bucket_of(std::min(of, value_max))];
        ++count_;
        sum_ += static_cast<double>(of);
        max_ = std::max(max_, of);
    }

    void merge(histogram const& other) {
        for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
        count_ += other.count_;
        sum_ += other.sum_;
        max_ = std::max(max_, other.max_);
    }

    std::uint64_t count() const { return count_; }
    value max() const { return max_; }
    double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

    /// The smallest value, to a thousandth, that at least this share of all values does not exceed.
    ///
    /// percent   0 to 100
    /// returns   0 when nothing was recorded
    value at(double percent) const {
        auto const wanted = static_cast<std::uint64_t>(std::ceil(percent / 100 * static_cast<double>(count_)));
        std::uint64_t seen = 0;
        for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
            seen += counts_[bucket];
            if (seen != 0 && seen >= wanted) return std::min(largest_of(bucket), max_);
        }
        return max_;
    }

private:
    static constexpr unsigned exact_bits = 11;
    static constexpr std::size_t half = std::size_t{1} << (exact_bits - 1);

    static std::size_t bucket_of(value of) {
        auto const bits = static_cast<unsigned>(std::bit_width(of));
        if (bits <= exact_bits) return static_cast<std::size_t>(of);
        unsigned const shift = bits - exact_bits;
        return half * shift + static_cast<std::size_t>(of >> shift);
    }

    static value largest_of(std::size_t bucket) {
        if (bucket < 2 * half) return bucket;
        auto const shift = static_cast<unsigned>(bucket / half - 1);
        return ((bucket - half * shift + 1) << shift) - 1;
    }

    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    double sum_ = 0;
    value max_ = 0;
};

}  // namespace load
