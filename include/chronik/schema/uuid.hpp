// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>

namespace chronik::schema {

/// Sixteen bytes that name one thing for ever; all zero names nothing.
struct uuid {
    std::array<std::byte, 16> bytes{};

    constexpr bool is_zero() const { return *this == uuid{}; }
    constexpr auto operator<=>(uuid const&) const = default;
};

}  // namespace chronik::schema

template <>
struct std::hash<chronik::schema::uuid> {
    std::size_t operator()(chronik::schema::uuid const& id) const noexcept {
        std::uint64_t halves[2];
        std::memcpy(halves, id.bytes.data(), sizeof halves);
        return static_cast<std::size_t>(halves[0] ^ (halves[1] * 0x9e3779b97f4a7c15ULL));
    }
};
