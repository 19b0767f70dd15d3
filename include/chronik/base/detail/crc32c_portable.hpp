// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/bytes.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

/// The arithmetic of CRC-32C, and a checksum for processors without instructions for it.
namespace chronik::crc32c::detail {

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

/// Slicing-by-8. State in, state out: no inversion here.
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

}  // namespace chronik::crc32c::detail
