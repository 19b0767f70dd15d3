// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/bytes.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#if defined(__x86_64__)
#include <nmmintrin.h>
#include <wmmintrin.h>
#endif

/// CRC-32C (Castagnoli), the checksum of the journal and of Kafka's record batches.
/// The check value of "123456789" is e3069283.
namespace chronik::crc32c {

namespace detail {

inline constexpr std::uint32_t polynomial = 0x82f63b78;  // reflected

/// Entry [k][b] is the effect of byte b followed by k zero bytes.
consteval std::array<std::array<std::uint32_t, 256>, 8> make_tables() {
    std::array<std::array<std::uint32_t, 256>, 8> tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
        tables[0][byte] = crc;
    }
    for (std::size_t k = 1; k < 8; ++k) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            std::uint32_t const before = tables[k - 1][byte];
            tables[k][byte] = (before >> 8) ^ tables[0][before & 0xff];
        }
    }
    return tables;
}

inline constexpr auto tables = make_tables();

/// Slicing-by-8, for processors without the instruction. State in, state out: no inversion here.
inline std::uint32_t portable(std::uint32_t state, std::byte const* data, std::size_t size) {
    for (; size >= 8; data += 8, size -= 8) {
        std::uint32_t const low = load<std::uint32_t, std::endian::little>(data) ^ state;
        std::uint32_t const high = load<std::uint32_t, std::endian::little>(data + 4);
        state = tables[7][low & 0xff] ^ tables[6][(low >> 8) & 0xff] ^ tables[5][(low >> 16) & 0xff] ^
                tables[4][low >> 24] ^ tables[3][high & 0xff] ^ tables[2][(high >> 8) & 0xff] ^
                tables[1][(high >> 16) & 0xff] ^ tables[0][high >> 24];
    }
    for (; size > 0; ++data, --size) {
        state = (state >> 8) ^ tables[0][(state ^ std::to_integer<std::uint32_t>(*data)) & 0xff];
    }
    return state;
}

/// Product of two reflected polynomials modulo the CRC's.
constexpr std::uint32_t multiply(std::uint32_t left, std::uint32_t right) {
    std::uint32_t product = 0;
    for (int bit = 0; bit < 32; ++bit) {
        if ((right & 0x80000000U) != 0) product ^= left;
        right <<= 1;
        left = (left >> 1) ^ ((left & 1) != 0 ? polynomial : 0);
    }
    return product;
}

/// x to the n-th, reflected.
consteval std::uint32_t power(std::uint64_t n) {
    std::uint32_t result = 0x80000000U;
    for (std::uint32_t base = 0x40000000U; n > 0; n >>= 1, base = multiply(base, base)) {
        if ((n & 1) != 0) result = multiply(result, base);
    }
    return result;
}

/// Entry [k] is the factor that moves a CRC over 2^k zero bytes.
consteval std::array<std::uint32_t, 64> make_moves() {
    std::array<std::uint32_t, 64> moves{};
    std::uint32_t factor = power(8);
    for (auto& each : moves) {
        each = factor;
        factor = multiply(factor, factor);
    }
    return moves;
}

inline constexpr auto moves = make_moves();

#if defined(__x86_64__)

/// A carry-less product of two reflected values stands one bit too low and the crc32 instruction adds
/// 32 more, so moving a CRC over `bytes` zero bytes takes the factor x^(8 * bytes - 33).
consteval long long shift_factor(std::size_t bytes) { return power(8 * bytes - 33); }

/// Three independent lanes hide the latency of the crc32 instruction; PCLMUL puts them together again.
template <std::size_t Lane>
[[gnu::target("sse4.2,pclmul")]] inline std::uint64_t three_lanes(std::uint64_t state, std::byte const*& data,
                                                                  std::size_t& size) {
    auto const factors = _mm_set_epi64x(shift_factor(Lane), shift_factor(2 * Lane));
    for (; size >= 3 * Lane; data += 3 * Lane, size -= 3 * Lane) {
        std::uint64_t first = state;
        std::uint64_t second = 0;
        std::uint64_t third = 0;
        for (std::size_t at = 0; at < Lane; at += 8) {
            first = _mm_crc32_u64(first, load<std::uint64_t, std::endian::little>(data + at));
            second = _mm_crc32_u64(second, load<std::uint64_t, std::endian::little>(data + Lane + at));
            third = _mm_crc32_u64(third, load<std::uint64_t, std::endian::little>(data + 2 * Lane + at));
        }
        auto const moved_first = _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<long long>(first)), factors, 0x00);
        auto const moved_second =
            _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<long long>(second)), factors, 0x10);
        auto const both = static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_xor_si128(moved_first, moved_second)));
        state = _mm_crc32_u64(0, both) ^ third;
    }
    return state;
}

[[gnu::target("sse4.2,pclmul")]] inline std::uint32_t hardware(std::uint32_t start, std::byte const* data,
                                                               std::size_t size) {
    // The odd bytes first, in three steps at most. What ends at a multiple of eight, as a record does, is then read in
    // the words in which it was just written: a word put together from two stores would wait until both are through.
    if ((size & 1) != 0) {
        start = _mm_crc32_u8(start, std::to_integer<std::uint8_t>(*data));
        data += 1;
    }
    if ((size & 2) != 0) {
        start = _mm_crc32_u16(start, load<std::uint16_t, std::endian::little>(data));
        data += 2;
    }
    if ((size & 4) != 0) {
        start = _mm_crc32_u32(start, load<std::uint32_t, std::endian::little>(data));
        data += 4;
    }
    size -= size % 8;
    std::uint64_t state = start;
    state = three_lanes<4096>(state, data, size);
    state = three_lanes<512>(state, data, size);
    state = three_lanes<64>(state, data, size);
    for (; size > 0; data += 8, size -= 8) {
        state = _mm_crc32_u64(state, load<std::uint64_t, std::endian::little>(data));
    }
    return static_cast<std::uint32_t>(state);
}

/// False until dynamic initialisation has run; an early caller takes the portable way and gets the same value.
inline bool const hardware_present = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");

#endif

}  // namespace detail

/// The CRC of what `crc` covers followed by `bytes`; a crc of 0 covers nothing.
/// Any other start is a salt: two users with different salts never accept each other's bytes.
inline std::uint32_t extend(std::uint32_t crc, std::span<std::byte const> bytes) {
#if defined(__x86_64__)
    if (detail::hardware_present) return ~detail::hardware(~crc, bytes.data(), bytes.size());
#endif
    return ~detail::portable(~crc, bytes.data(), bytes.size());
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
        crc = extend(crc, {target, part.size()});
        target += part.size();
        source = source.subspan(part.size());
    }
    return crc;
}

}  // namespace chronik::crc32c
