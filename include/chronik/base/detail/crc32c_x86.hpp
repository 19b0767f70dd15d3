// SPDX-License-Identifier: Apache-2.0
#pragma once

#if defined(__x86_64__)

#include <chronik/base/bytes.hpp>
#include <chronik/base/detail/crc32c_portable.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>

#include <immintrin.h>

/// Checksums by the processor's own instructions. State in, state out: no inversion here.
namespace chronik::crc32c::detail {

/// A carry-less product of two reflected values stands one bit too low, and a factor of 32 bits stands 32 bits too low
/// in its register: what moves a value over `bits` zero bits is x^(bits - 33).
consteval long long factor(std::size_t bits) { return power(bits - 33); }

/// Three independent lanes hide the latency of the crc32 instruction; PCLMUL puts them together again.
template <std::size_t Lane>
[[gnu::target("sse4.2,pclmul")]] inline std::uint64_t three_lanes(std::uint64_t state, std::byte const*& data,
                                                                  std::size_t& size) {
    auto const factors = _mm_set_epi64x(factor(8 * Lane), factor(8 * 2 * Lane));
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

#define CHRONIK_WIDE [[gnu::target("sse4.2,pclmul,avx512f,vpclmulqdq")]]

/// Below this, what folding needs at its end takes longer than it saves.
inline constexpr std::size_t wide_from = 128;

/// Four blocks of 16 bytes, each moved over as many bits as `factors` says and put on top of one of `next`.
CHRONIK_WIDE inline __m512i folded(__m512i blocks, __m512i factors, __m512i next) {
    constexpr int exclusive_or_of_three = 0x96;
    return _mm512_ternarylogic_epi64(_mm512_clmulepi64_epi128(blocks, factors, 0x00),
                                     _mm512_clmulepi64_epi128(blocks, factors, 0x11), next, exclusive_or_of_three);
}

/// To move each block: its first half is 64 bits further from where it goes.
template <std::size_t Bits>
CHRONIK_WIDE inline __m512i factors_of_blocks() {
    constexpr long long front = factor(Bits + 64);
    constexpr long long back = factor(Bits);
    return _mm512_set_epi64(back, front, back, front, back, front, back, front);
}

/// Folds 64 bytes onto the next 64, and four times as many where there are as many; the rest is less than 64 bytes.
///
/// size     at least 64
/// source   Gopal et al., Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction, 2009
CHRONIK_WIDE inline std::uint64_t fold(std::uint64_t state, std::byte const*& data, std::size_t& size) {
    constexpr std::size_t ahead = 2048;  // what is summed at a start is in memory, and in no cache
    auto const begin = _mm512_zextsi128_si512(_mm_cvtsi64_si128(static_cast<long long>(state)));
    auto last = _mm512_xor_si512(_mm512_loadu_si512(data), begin);
    auto const by_one = factors_of_blocks<512>();
    if (size >= 256) {
        auto const by_four = factors_of_blocks<2048>();
        auto first = last;
        auto second = _mm512_loadu_si512(data + 64);
        auto third = _mm512_loadu_si512(data + 128);
        last = _mm512_loadu_si512(data + 192);
        for (data += 256, size -= 256; size >= 256; data += 256, size -= 256) {
            for (std::size_t line = 0; line < 256; line += 64) __builtin_prefetch(data + ahead + line);
            first = folded(first, by_four, _mm512_loadu_si512(data));
            second = folded(second, by_four, _mm512_loadu_si512(data + 64));
            third = folded(third, by_four, _mm512_loadu_si512(data + 128));
            last = folded(last, by_four, _mm512_loadu_si512(data + 192));
        }
        second = folded(first, by_one, second);
        third = folded(second, by_one, third);
        last = folded(third, by_one, last);
    } else {
        data += 64, size -= 64;
    }
    for (; size >= 64; data += 64, size -= 64) last = folded(last, by_one, _mm512_loadu_si512(data));

    // The four blocks onto the last of them; their 16 bytes have the same checksum as all that came before.
    auto const ends = _mm512_set_epi64(0, 0, factor(128), factor(128 + 64), factor(256), factor(256 + 64), factor(384),
                                       factor(384 + 64));
    auto const moved = folded(last, ends, _mm512_setzero_si512());
    auto const front = _mm_xor_si128(__builtin_shufflevector(moved, moved, 0, 1),
                                     __builtin_shufflevector(moved, moved, 2, 3));
    auto const back = _mm_xor_si128(__builtin_shufflevector(moved, moved, 4, 5),
                                    __builtin_shufflevector(last, last, 6, 7));
    auto const block = _mm_xor_si128(front, back);
    auto const half = _mm_crc32_u64(0, static_cast<std::uint64_t>(_mm_cvtsi128_si64(block)));
    return _mm_crc32_u64(half, static_cast<std::uint64_t>(_mm_extract_epi64(block, 1)));
}

#undef CHRONIK_WIDE

/// False until dynamic initialisation has run; an early caller takes the other way and gets the same value.
inline bool const hardware_present = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
inline bool const wide_present =
    hardware_present && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("vpclmulqdq");

/// hardware_present is true.
///
/// wide   whether to fold where it pays: wide_present is true
[[gnu::target("sse4.2,pclmul")]] inline std::uint32_t hardware(std::uint32_t start, std::byte const* data,
                                                               std::size_t size, bool wide) {
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
    if (wide && size >= wide_from) {
        state = fold(state, data, size);
    } else {
        state = three_lanes<4096>(state, data, size);
        state = three_lanes<512>(state, data, size);
        state = three_lanes<64>(state, data, size);
    }
    for (; size > 0; data += 8, size -= 8) {
        state = _mm_crc32_u64(state, load<std::uint64_t, std::endian::little>(data));
    }
    return static_cast<std::uint32_t>(state);
}

}  // namespace chronik::crc32c::detail

#endif
