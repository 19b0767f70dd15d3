// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/commands.hpp>
#include <metadata/limits.hpp>

#include <algorithm>
#include <span>
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

/// Whether a topic can have them, as far as all builds must agree: which names exist depends on the build.
inline bool configs_fit(std::span<config_entry const> configs) {
    return configs.size() <= configs_per_topic_max && std::ranges::all_of(configs, [](config_entry const& each) {
               return !each.name.empty() && each.name.size() <= config_name_bytes_max &&
                      each.value.size() <= config_value_bytes_max;
           });
}

}  // namespace broker::metadata
