// SPDX-License-Identifier: Apache-2.0
#include <settings/settings_table.hpp>

#include <fmt/format.h>

#include <utility>

namespace broker {

startup<invocation> load_settings(std::span<char const* const> arguments, std::span<char const* const> environment) {
    auto options = read_options(arguments);
    if (!options) return std::unexpected(std::move(options.error()));
    if (options->text) return invocation{{}, std::move(options->text)};
    auto variables = read_environment(environment);
    if (!variables) return std::unexpected(std::move(variables.error()));

    std::string const& file = options->config_file.empty() ? variables->config_file : options->config_file;
    std::vector<given> values;
    if (!file.empty()) {
        auto found = read_settings_file(file);
        if (!found) return std::unexpected(std::move(found.error()));
        values = std::move(*found);
    }
    // Later wins.
    values.insert(values.end(), variables->values.begin(), variables->values.end());
    values.insert(values.end(), options->values.begin(), options->values.end());

    invocation asked;
    for (given const& each : values) {
        if (auto assigned = each.row->assign(asked.settings, each.text); !assigned) {
            bool const named = each.origin == option_name(each.row->key) || each.origin == variable_name(each.row->key);
            return refuse(fmt::format("{}{}{}: {}", each.origin, named ? "" : ": ", named ? "" : each.row->key,
                                      assigned.error()));
        }
    }
    if (auto completed = complete_settings(asked.settings, values, !file.empty()); !completed) {
        return std::unexpected(std::move(completed.error()));
    }
    if (options->check_only) asked.text = settings_listing(asked.settings);
    return asked;
}

}  // namespace broker
