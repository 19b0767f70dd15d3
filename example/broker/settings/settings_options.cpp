// SPDX-License-Identifier: Apache-2.0
#include <settings/command_line.hpp>
#include <settings/settings_table.hpp>

#include <chronik/version.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace broker {
namespace {

constexpr char const* footer =
    "Every setting can also stand in the file (kafka_port = 9092) and in the environment (CHRONIK_KAFKA_PORT=9092);\n"
    "options win over the environment, the environment over the file. Without any, one node starts on port 9092.";

struct command_line {
    CLI::App app{"A Kafka-compatible broker: durable by default, on one node or many.", "chronik-broker"};
    std::map<setting const*, std::string> texts;
    std::string config_file;
    bool check_only = false;
    bool version = false;
    bool page = false;

    command_line() {
        app.footer(footer);
        app.allow_extras();
        app.get_formatter()->column_width(44);
        app.add_option("--config,--cluster-config", config_file, "Read settings from a TOML file.")
            ->type_name("FILE")
            ->take_last();
        app.add_flag("--check-config", check_only, "Check the settings, print them, and stop.");
        app.add_flag("--print-settings-doc", page, "Print the reference of all settings as Markdown, and stop.");
        app.add_flag("--version", version, "Print the version, and stop.");
        for (setting const& row : settings_table()) add(row);
    }

    void add(setting const& row) {
        std::string const meaning = fmt::format("{} [{}]", row.meaning, default_text(row));
        auto* option = app.add_option(option_name(row.key), texts[&row], meaning);
        option->group(std::string(row.section))->type_name(std::string(row.value));
        if (row.is_switch) option->expected(0, 1);
        if (row.is_list) {
            option->join(',');
        } else {
            option->take_last();
        }
    }
};

std::unexpected<startup_error> unknown_word(std::string word) {
    if (!word.starts_with('-')) {
        return refuse(fmt::format("unexpected argument '{}': settings are given as --name value, see --help", word));
    }
    word.resize(std::min(word.find('='), word.size()));
    std::string_view key = word;
    key.remove_prefix(std::min(key.find_first_not_of('-'), key.size()));
    return refuse(fmt::format("unknown option {}; did you mean {}?", word, option_name(nearest_setting(key).key)));
}

}  // namespace

startup<options_given> read_options(std::span<char const* const> arguments) {
    command_line line;
    options_given found;
    auto const help = read_command_line(line.app, arguments, "--help");
    if (!help) return std::unexpected(help.error());
    found.text = *help;
    if (found.text) return found;
    if (auto const extra = line.app.remaining(); !extra.empty()) return unknown_word(extra.front());

    if (line.version) found.text = fmt::format("chronik-broker {}\n", chronik::version_text);
    if (line.page) found.text = settings_page();
    found.config_file = line.config_file;
    found.check_only = line.check_only;
    for (setting const& row : settings_table()) {
        std::string const name = option_name(row.key);
        if (line.app.count(name) == 0) continue;
        std::string& text = line.texts[&row];
        found.values.push_back({&row, row.is_switch && text.empty() ? "true" : std::move(text), name});
    }
    return found;
}

}  // namespace broker
