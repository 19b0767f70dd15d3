// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker/load/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>

namespace load {

/// What each record says of itself, in the first bytes of its value and in this machine's byte order: readers measure
/// the way from the producer, and notice what is missing, doubled or foreign.
struct stamp {
    static constexpr std::uint32_t mark = 0x43684c64;

    std::uint32_t magic = mark;
    std::uint32_t producer = 0;
    std::uint64_t sequence = 0;  ///< 0, 1, ... of this producer, over all partitions
    nanoseconds due = 0;         ///< when it was to be sent, whether or not it was
};
static_assert(sizeof(stamp) == 24);

inline void write_stamp(std::span<char> value, stamp const& of) { std::memcpy(value.data(), &of, sizeof of); }

/// Nothing when the value was not written by a producer of ours.
inline std::optional<stamp> read_stamp(std::span<char const> value) {
    if (value.size() < sizeof(stamp)) return std::nullopt;
    stamp found;
    std::memcpy(&found, value.data(), sizeof found);
    if (found.magic != stamp::mark) return std::nullopt;
    return found;
}

/// Text that compresses as log lines do: words of a small vocabulary and numbers, the same for the same seed.
inline std::string filler(std::size_t bytes, std::uint64_t seed) {
    static constexpr char const* words[] = {"user",  "order",  "created", "region", "eu-west", "status", "ok",
                                            "price", "amount", "session", "device", "mobile",  "latency"};
    std::string text;
    std::uint64_t state = seed * 2 + 1;
    while (text.size() < bytes) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        text += words[(state >> 33) % std::size(words)];
        text += '=';
        text += std::to_string((state >> 40) % 1'000'000);
        text += ' ';
    }
    text.resize(bytes);
    return text;
}

}  // namespace load
