// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace chronik {

/// A string that can be a template argument: field<"group_id", ...>.
template <std::size_t Size>
struct fixed_string {
    char text[Size]{};

    consteval fixed_string(char const (&literal)[Size]) { std::copy_n(literal, Size, text); }

    constexpr std::string_view view() const { return {text, Size - 1}; }
    constexpr bool operator==(fixed_string const&) const = default;
};

}  // namespace chronik
