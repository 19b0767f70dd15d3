// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string_view>

/// The version stands here and nowhere else: CMake, the package files and the broker's --version read it.
#define CHRONIK_VERSION_MAJOR 0
#define CHRONIK_VERSION_MINOR 1
#define CHRONIK_VERSION_PATCH 0

#define CHRONIK_DETAIL_TEXT_OF(value) #value
#define CHRONIK_DETAIL_TEXT(value) CHRONIK_DETAIL_TEXT_OF(value)
#define CHRONIK_VERSION                                                                     \
    CHRONIK_DETAIL_TEXT(CHRONIK_VERSION_MAJOR)                                              \
    "." CHRONIK_DETAIL_TEXT(CHRONIK_VERSION_MINOR) "." CHRONIK_DETAIL_TEXT(CHRONIK_VERSION_PATCH)

namespace chronik {

struct version_number {
    int major;
    int minor;
    int patch;

    constexpr auto operator<=>(version_number const&) const = default;
};

inline constexpr version_number library_version{CHRONIK_VERSION_MAJOR, CHRONIK_VERSION_MINOR, CHRONIK_VERSION_PATCH};
inline constexpr std::string_view version_text = CHRONIK_VERSION;

}  // namespace chronik
