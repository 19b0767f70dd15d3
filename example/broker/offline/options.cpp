// SPDX-License-Identifier: Apache-2.0
#include <offline/offline.hpp>
#include <settings/command_line.hpp>

#include <map>

namespace broker {
namespace {

struct command {
    char const* about;
    char const* codes;
    exit_code (*run)(offline_request const&, std::FILE*, std::FILE*);
};

constexpr char const* footer =
    "Of a node whose broker is stopped, or of a copy of its data directory. Nothing in it is changed.\n"
    "Ends with 0; with 2 for wrong arguments, without a journal, or while a broker runs there; ";
constexpr char const* damage = "with 3 when\nsomething is damaged, after printing what.";

std::map<std::string_view, command> const commands{
    {"inspect",
     {"Print what a data directory holds: journal segments, the log of each partition, settled files.", damage,
      inspect_data}},
    {"verify",
     {"Read every byte that is needed of a data directory, and print each fault with file, position and partition.",
      damage, verify_data}},
    {"salvage",
     {"Write what is sound of a damaged data directory into a new one that a broker starts from: of each partition\n"
      "all up to the first entry that is damaged. For a node that has no others to get it from.",
      "with 3 when\nthe new directory could not be written. That entries were lost is printed, and no failure.",
      salvage_data}},
};

exit_code say(startup_error const& problem) {
    std::fprintf(stderr, "chronik-broker: %s\n", problem.text.c_str());
    return problem.code;
}

}  // namespace

bool is_offline_command(std::string_view word) { return commands.contains(word); }

startup<offline_invocation> read_offline_options(std::span<char const* const> arguments) {
    offline_invocation asked;
    auto& request = asked.request;
    request.command = arguments.front();
    CLI::App app{commands.at(request.command).about, "chronik-broker " + request.command};
    app.footer(std::string{footer} + commands.at(request.command).codes);
    app.add_option("--data-dir", request.data_dir, "The node's data directory, the one with journal/ in it.")
        ->type_name("DIR")
        ->required();
    if (request.command == "salvage") {
        app.add_option("--to", request.to, "A new or an empty directory, outside of the other.")
            ->type_name("NEW")
            ->required();
    }
    app.add_flag("--json", request.json, "One object a line.");
    auto const help = read_command_line(app, arguments.subspan(1), request.command + " --help");
    if (!help) return std::unexpected(help.error());
    asked.text = *help;
    return asked;
}

int run_offline(std::span<char const* const> arguments) {
    auto const asked = read_offline_options(arguments);
    if (!asked) return static_cast<int>(say(asked.error()));
    if (asked->text) {
        std::fputs(asked->text->c_str(), stdout);
        return static_cast<int>(exit_code::clean);
    }
    return static_cast<int>(commands.at(asked->request.command).run(asked->request, stdout, stderr));
}

}  // namespace broker
