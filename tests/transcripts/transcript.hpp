// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage.hpp"

#include <sstream>
#include <string>

namespace chronik::transcripts {

/// The text as it should be: every line that is not indented stays, and below each command stands what it did.
inline std::string retold(std::string const& text) {
    std::istringstream in{text};
    std::ostringstream out;
    stage on;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("    ")) continue;
        out << line << '\n';
        if (line.empty() || line.starts_with('#')) continue;
        for (std::string const& sentence : on.carry_out(line)) out << "    " << sentence << '\n';
    }
    return out.str();
}

/// Where two texts part, for a person to read; empty if they are equal.
inline std::string first_difference(std::string const& written, std::string const& happened) {
    std::istringstream left{written};
    std::istringstream right{happened};
    for (int number = 1;; ++number) {
        std::string one, other;
        bool const more = static_cast<bool>(std::getline(left, one));
        bool const also_more = static_cast<bool>(std::getline(right, other));
        if (!more && !also_more) return {};
        if (more && also_more && one == other) continue;
        return "line " + std::to_string(number) + "\n  written:  " + (more ? one : "(the end)") +
               "\n  happened: " + (also_more ? other : "(the end)");
    }
}

}  // namespace chronik::transcripts
