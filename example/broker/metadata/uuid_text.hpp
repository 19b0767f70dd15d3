// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/random.hpp>
#include <chronik/schema/uuid.hpp>

#include <string>

namespace broker::metadata {

/// A random UUID.
/// source   RFC 9562 section 5.4 (version 4)
inline chronik::schema::uuid new_uuid(chronik::random& chance) {
    chronik::schema::uuid id;
    for (auto& each : id.bytes) each = static_cast<std::byte>(chance.below(256));
    id.bytes[6] = (id.bytes[6] & std::byte{0x0f}) | std::byte{0x40};
    id.bytes[8] = (id.bytes[8] & std::byte{0x3f}) | std::byte{0x80};
    return id;
}

/// 123e4567-e89b-42d3-a456-426614174000
/// source   RFC 9562 section 4
inline std::string to_text(chronik::schema::uuid const& id) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(36);
    for (std::size_t at = 0; at < id.bytes.size(); ++at) {
        if (at == 4 || at == 6 || at == 8 || at == 10) text += '-';
        auto const byte = std::to_integer<unsigned>(id.bytes[at]);
        text += digits[byte >> 4];
        text += digits[byte & 0x0f];
    }
    return text;
}

}  // namespace broker::metadata
