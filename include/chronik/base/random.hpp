// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace chronik {

namespace detail {
// The attribute tells -Wpedantic that the extension is meant.
__extension__ typedef unsigned __int128 uint128;
}  // namespace detail

/// xoshiro256** seeded by splitmix64: small state, the same numbers on every compiler.
///
/// Chance is a field of whoever needs it, never a global, so that one seed replays a whole run.
/// Not for secrets.
/// source   Blackman, Vigna: "Scrambled linear pseudorandom number generators"
class random {
public:
    using result_type = std::uint64_t;

    explicit constexpr random(std::uint64_t seed) {
        for (auto& word : state_) {
            seed += 0x9e3779b97f4a7c15ULL;
            std::uint64_t mixed = seed;
            mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
            mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
            word = mixed ^ (mixed >> 31);
        }
    }

    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return ~std::uint64_t{0}; }

    constexpr result_type operator()() {
        std::uint64_t const result = std::rotl(state_[1] * 5, 7) * 9;
        std::uint64_t const shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

    /// Uniform in [0, bound); bound > 0. The bias of the multiply-shift is below 2^-32 for the bounds used here.
    constexpr std::uint64_t below(std::uint64_t bound) {
        return static_cast<std::uint64_t>((static_cast<detail::uint128>((*this)()) * bound) >> 64);
    }

    /// Uniform in [low, high], both included.
    constexpr std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }

    /// True with probability percent / 100.
    constexpr bool chance(unsigned percent) { return below(100) < percent; }

private:
    std::array<std::uint64_t, 4> state_{};
};

}  // namespace chronik
