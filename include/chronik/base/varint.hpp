// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/bytes.hpp>

#include <cstdint>

namespace chronik {

/// Base-128 integers, low group first, at most 5 bytes for 32 bits and 10 for 64.
///
/// out      a byte_writer, or anything that takes numbers as one does
/// source   Kafka's "unsigned varint" and zig-zag "varint"/"varlong" (the Protocol Buffers encoding)
template <class Writer>
void write_uvarint(Writer& out, std::uint64_t value) {
    while (value >= 0x80) {
        out.template number<std::uint8_t, std::endian::little>(static_cast<std::uint8_t>(value | 0x80));
        value >>= 7;
    }
    out.template number<std::uint8_t, std::endian::little>(static_cast<std::uint8_t>(value));
}

/// Fails the reader on an encoding that is too long or overflows `Bits`.
template <unsigned Bits = 64>
std::uint64_t read_uvarint(byte_reader& in) {
    static_assert(Bits == 32 || Bits == 64, "varints are 32 or 64 bits wide");
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < Bits; shift += 7) {
        std::uint64_t const group = in.number<std::uint8_t, std::endian::little>();
        if (in.failed()) return 0;
        if (shift + 7 > Bits && (group & 0x7f) >> (Bits - shift) != 0) break;
        value |= (group & 0x7f) << shift;
        if ((group & 0x80) == 0) return value;
    }
    in.fail();
    return 0;
}

inline constexpr std::uint64_t zigzag(std::int64_t value) {
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
inline constexpr std::int64_t unzigzag(std::uint64_t value) {
    return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

inline constexpr std::size_t uvarint_size(std::uint64_t value) {
    std::size_t size = 1;
    while (value >= 0x80) { value >>= 7; ++size; }
    return size;
}

}  // namespace chronik
