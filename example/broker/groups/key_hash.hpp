// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace broker::groups {

/// Java's String.hashCode() of UTF-8 text: over its UTF-16 code units. Bytes that are no UTF-8 count one by one.
constexpr std::int32_t java_hash(std::string_view utf8) {
    std::uint32_t hash = 0;
    auto const add = [&](std::uint32_t unit) { hash = hash * 31 + unit; };
    for (std::size_t at = 0; at < utf8.size();) {
        auto const lead = static_cast<unsigned char>(utf8[at]);
        std::size_t const length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
        if (length == 1 || at + length > utf8.size()) {
            add(lead);
            ++at;
            continue;
        }
        std::uint32_t point = lead & (0xffU >> (length + 1));
        for (std::size_t i = 1; i < length; ++i) {
            point = (point << 6) | (static_cast<unsigned char>(utf8[at + i]) & 0x3fU);
        }
        at += length;
        if (point >= 0x10000) {
            add(0xd800 + ((point - 0x10000) >> 10));
            add(0xdc00 + ((point - 0x10000) & 0x3ff));
        } else {
            add(point);
        }
    }
    return static_cast<std::int32_t>(hash);
}

/// The partition of the offsets topic that a group belongs to; the same as with every other Kafka broker.
constexpr std::size_t partition_of(std::string_view group, std::size_t partitions) {
    return (static_cast<std::uint32_t>(java_hash(group)) & 0x7fffffffU) % partitions;
}

}  // namespace broker::groups
