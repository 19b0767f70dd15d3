// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/limits.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace broker::metadata {

/// Why Kafka would refuse this topic name, or an empty text.
inline std::string name_problem(std::string_view name) {
    auto const allowed = [](char each) {
        return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') || (each >= '0' && each <= '9') ||
            each == '.' ||
               each == '_' || each == '-';
    };
    if (name.empty()) return "a topic name must not be empty";
    if (name == "." || name == "..") return "a topic name must not be \".\" or \"..\"";
    if (name.size() > topic_name_bytes_max)
        return "a topic name must not be longer than " + std::to_string(topic_name_bytes_max) + " characters";
    if (!std::ranges::all_of(name, allowed))
        return "a topic name must consist of ASCII letters, digits, '.', '_' and '-'";
    return {};
}

}  // namespace broker::metadata
