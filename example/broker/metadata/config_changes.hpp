// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/commands.hpp>
#include <metadata/error.hpp>
#include <metadata/limits.hpp>
#include <metadata/topic_configs.hpp>

#include <algorithm>
#include <cstdint>
#include <expected>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace broker::metadata {

/// append and subtract are for lists.
enum class config_operation : std::uint8_t { set, remove, append, subtract };

/// One change of a topic's configurations, as a client asks for it.
struct config_step {
    std::string name;
    config_operation operation = config_operation::set;
    std::optional<std::string> value;
};

/// Why a topic cannot have these configurations, or an empty text.
inline std::string configs_problem(std::span<config_entry const> configs) {
    if (configs.size() > configs_per_topic_max)
        return "A topic can have at most " + std::to_string(configs_per_topic_max) + " configurations";
    std::set<std::string_view> names;
    for (config_entry const& each : configs) {
        if (!names.insert(each.name).second) return "Configuration given twice: " + each.name;
        if (each.value.size() > config_value_bytes_max)
            return "The value of configuration " + each.name + " is longer than " +
                   std::to_string(config_value_bytes_max);
        if (auto why = config_problem(each.name, each.value); !why.empty()) return why;
    }
    return {};
}

namespace detail {

inline std::vector<std::string> elements_of(std::string_view list) {
    std::vector<std::string> out;
    while (!list.empty()) {
        std::size_t const comma = std::min(list.find(','), list.size());
        if (comma > 0) out.emplace_back(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return out;
}

inline std::string joined(std::vector<std::string> const& elements) {
    std::string out;
    for (auto const& each : elements) out += (out.empty() ? "" : ",") + each;
    return out;
}

/// A list with more elements, each once, or with fewer.
inline std::string changed_list(std::string_view now, config_operation operation, std::string_view operand) {
    auto held = elements_of(now);
    for (auto const& each : elements_of(operand)) {
        if (operation == config_operation::subtract) std::erase(held, each);
        else if (std::ranges::find(held, each) == held.end()) held.push_back(each);
    }
    return joined(held);
}

inline std::optional<problem> take_step(std::vector<config_entry>& configs, config_step const& step) {
    known_config const* const known = find_config(step.name);
    if (known == nullptr) return problem{error::invalid_config, "Unknown topic config name: " + step.name};
    auto const held = std::ranges::find(configs, step.name, &config_entry::name);
    if (step.operation == config_operation::remove) {
        if (held != configs.end()) configs.erase(held);
        return std::nullopt;
    }
    if (!step.value) return problem{error::invalid_request, "Null value not supported for " + step.name};
    std::string value = *step.value;
    if (step.operation != config_operation::set) {
        if (!is_list(*known))
            return problem{error::invalid_config, "Cannot append to or subtract from " + step.name + ": it is no list"};
        value = changed_list(held == configs.end() ? known->otherwise : held->value, step.operation, value);
    }
    if (held == configs.end()) configs.push_back({step.name, std::move(value)});
    else held->value = std::move(value);
    return std::nullopt;
}

}  // namespace detail

/// What a topic's configurations become by these steps, each of another name.
inline std::expected<std::vector<config_entry>, problem> changed_configs(std::vector<config_entry> configs,
                                                                         std::span<config_step const> steps) {
    std::set<std::string_view> named;
    for (config_step const& each : steps) {
        if (!named.insert(each.name).second)
            return std::unexpected(problem{error::invalid_request, "Configuration given twice: " + each.name});
        if (auto why = detail::take_step(configs, each)) return std::unexpected(*std::move(why));
    }
    if (auto why = configs_problem(configs); !why.empty())
        return std::unexpected(problem{error::invalid_config, std::move(why)});
    return configs;
}

}  // namespace broker::metadata
