// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/concepts.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// What an operator says of a broker so that replicas are placed by it: its capacity, and its tags, KEY=VALUE or a
/// word. The limits are part of the metadata commands' meaning: all nodes must refuse alike.
namespace broker {

inline constexpr std::uint32_t capacity_max = 1'000'000;
inline constexpr std::size_t tags_per_broker_max = 32;
inline constexpr std::size_t tag_bytes_max = 63;  ///< of a key, and of a value

/// Every broker has these without being told: its number, and its rack where it has one.
inline constexpr std::string_view node_tag = "node";
inline constexpr std::string_view rack_tag = "rack";

/// A key or a value: nothing that a list or a policy takes for the end of it.
inline bool is_tag_word(std::string_view text) {
    auto const allowed = [](char each) {
        return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') || (each >= '0' && each <= '9') ||
               each == '.' || each == '_' || each == '-' || each == '/';
    };
    return !text.empty() && text.size() <= tag_bytes_max && std::ranges::all_of(text, allowed);
}

/// "zone=a" is a tag with a value, "ssd" one with an empty value.
inline chronik::assign::tag as_tag(std::string_view text) {
    std::size_t const equals = std::min(text.find('='), text.size());
    return {std::string{text.substr(0, equals)}, std::string{text.substr(std::min(equals + 1, text.size()))}};
}

/// What completes "tags: ...", or an empty text.
inline std::string tags_problem(std::span<std::string const> tags) {
    if (tags.size() > tags_per_broker_max)
        return "more than " + std::to_string(tags_per_broker_max) + " tags";
    for (std::string const& each : tags) {
        auto const [name, value] = as_tag(each);
        bool const has_value = name.size() != each.size();
        if (!is_tag_word(name) || (has_value && !is_tag_word(value)))
            return "'" + each + "' is not a tag, which is KEY=VALUE or a word, each of at most " +
                   std::to_string(tag_bytes_max) + " letters, digits and . _ - /";
        if (name == node_tag || name == rack_tag)
            return "'" + name + "' is a tag that every broker has without being told";
        auto const same = [&](std::string const& other) { return as_tag(other).name == name; };
        if (std::ranges::count_if(tags, same) > 1) return "the tag '" + name + "' is given twice";
    }
    return {};
}

}  // namespace broker
