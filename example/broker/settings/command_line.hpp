// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <settings/exit.hpp>

#include <CLI/CLI.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace broker {

/// Fills what the options of `app` refer to.
///
/// arguments   without the name of the program
/// help        what a refusal points to
/// returns     the text to print instead of doing anything, when --help was given
inline startup<std::optional<std::string>> read_command_line(CLI::App& app, std::span<char const* const> arguments,
                                                             std::string const& help) {
    try {
        // CLI11 takes them last first.
        std::vector<std::string> words(arguments.rbegin(), arguments.rend());
        app.parse(words);
    } catch (CLI::CallForHelp const&) {
        return app.help();
    } catch (CLI::ParseError const& error) {
        return refuse(std::string{error.what()} + ": see " + help);
    }
    return std::nullopt;
}

}  // namespace broker
