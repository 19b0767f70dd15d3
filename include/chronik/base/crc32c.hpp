// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/detail/crc32c_portable.hpp>
#include <chronik/base/detail/crc32c_x86.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

/// CRC-32C (Castagnoli), the checksum of the journal and of Kafka's record batches.
/// The check value of "123456789" is e3069283.
namespace chronik::crc32c {

namespace detail {

/// may_fold   whether more than a word may be read at once
inline std::uint32_t extend(std::uint32_t crc, std::span<std::byte const> bytes, [[maybe_unused]] bool may_fold) {
#if defined(__x86_64__)
    if (hardware_present) return ~hardware(~crc, bytes.data(), bytes.size(), may_fold && wide_present);
#endif
    return ~portable(~crc, bytes.data(), bytes.size());
}

}  // namespace detail

/// The CRC of what `crc` covers followed by `bytes`; a crc of 0 covers nothing.
/// Any other start is a salt: two users with different salts never accept each other's bytes.
inline std::uint32_t extend(std::uint32_t crc, std::span<std::byte const> bytes) {
    return detail::extend(crc, bytes, true);
}

/// The same of little that was written just now, word by word: what reads more at once would wait until the words are
/// through.
inline std::uint32_t extend_fresh(std::uint32_t crc, std::span<std::byte const> bytes) {
    return detail::extend(crc, bytes, false);
}

inline std::uint32_t value(std::span<std::byte const> bytes) { return extend(0, bytes); }

/// What extend() makes of `first` and of `size` bytes whose own value() is `second`, without those bytes.
inline std::uint32_t combine(std::uint32_t first, std::uint32_t second, std::uint64_t size) {
    for (std::size_t k = 0; size != 0; ++k, size >>= 1) {
        if ((size & 1) != 0) first = detail::multiply(first, detail::moves[k]);
    }
    return first ^ second;
}

/// Copies and checksums in one pass over the cache: each piece is summed while it is still in L1.
inline std::uint32_t copy_extend(std::uint32_t crc, std::byte* target, std::span<std::byte const> source) {
    constexpr std::size_t piece = 12288;  // three lanes of 4096
    while (!source.empty()) {
        auto const part = source.first(std::min(piece, source.size()));
        std::memcpy(target, part.data(), part.size());
        crc = extend(crc, part);
        target += part.size();
        source = source.subspan(part.size());
    }
    return crc;
}

}  // namespace chronik::crc32c
