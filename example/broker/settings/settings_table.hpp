// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <settings/settings.hpp>

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace broker {

/// One row of the table that the file, the environment, the options, --help and the docs page are read from.
struct setting {
    std::string_view section;
    std::string_view key;      ///< in the file; kafka_port is CHRONIK_KAFKA_PORT and --kafka-port elsewhere
    std::string_view value;    ///< what a value looks like: PORT, BYTES
    std::string_view derived;  ///< how the default comes about when it is not a constant; else empty
    std::string_view meaning;
    std::string_view elsewhere;  ///< names that other brokers use for it, comma separated: found by nearest_setting()
    std::expected<void, std::string> (*assign)(settings&, std::string_view text);
    std::string (*show)(settings const&);
    bool is_switch = false;  ///< an option without a value means true
    bool is_list = false;    ///< an array in the file, commas elsewhere; an option may be repeated
};

std::span<setting const> settings_table();
setting const* find_setting(std::string_view key);

/// The row whose key, or whose name in another broker, is the fewest edits away.
setting const& nearest_setting(std::string_view key);

std::string variable_name(std::string_view key);  ///< kafka_port -> CHRONIK_KAFKA_PORT
std::string option_name(std::string_view key);    ///< kafka_port -> --kafka-port
/// "kafka_port / --kafka-port / CHRONIK_KAFKA_PORT": the three places where an operator can change it.
std::string places(std::string_view key);
/// The default as an operator reads it: how it is derived, or the constant.
std::string default_text(setting const&);

/// docs/operating/settings.md; a test holds the page equal to it.
std::string settings_page();
/// Every setting and its value, one a line: what --check-config prints.
std::string settings_listing(settings const&);

/// A value found in one of the sources, not yet understood.
struct given {
    setting const* row = nullptr;
    std::string text;
    std::string origin;  ///< "chronik.toml:3", "CHRONIK_KAFKA_PORT", "--kafka-port"
};

/// The command line: values, and the words that ask for printing instead of running.
struct options_given {
    std::vector<given> values;
    std::string config_file;
    std::optional<std::string> text;  ///< --help, --version, --print-settings-doc
    bool check_only = false;          ///< --check-config
};

startup<options_given> read_options(std::span<char const* const> arguments);
startup<std::vector<given>> read_settings_file(std::string const& path);

struct environment_given {
    std::vector<given> values;
    std::string config_file;
};
startup<environment_given> read_environment(std::span<char const* const> environment);

/// Fills in what is derived and refuses what cannot work.
///
/// values      what was given, so that a default is told from a choice
/// with_file   a settings file was named: then a missing peer list is a mistake, not a single node
startup<void> complete_settings(settings&, std::span<given const> values, bool with_file);

}  // namespace broker
