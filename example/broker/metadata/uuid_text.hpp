// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/schema/uuid.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace broker::metadata {

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

/// The other way round; nothing for text that to_text() does not make.
inline std::optional<chronik::schema::uuid> uuid_from(std::string_view text) {
    chronik::schema::uuid id;
    std::size_t digits = 0;
    for (char const each : text) {
        if (each == '-') continue;
        unsigned const value = each >= '0' && each <= '9'   ? static_cast<unsigned>(each - '0')
                               : each >= 'a' && each <= 'f' ? static_cast<unsigned>(each - 'a') + 10
                                                            : 16U;
        if (value == 16 || digits == 2 * id.bytes.size()) return std::nullopt;
        id.bytes[digits / 2] |= static_cast<std::byte>(digits % 2 == 0 ? value << 4 : value);
        ++digits;
    }
    if (to_text(id) != text) return std::nullopt;
    return id;
}

}  // namespace broker::metadata
