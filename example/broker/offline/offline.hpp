// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <settings/exit.hpp>

#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// What is done with a data directory while no broker uses it: `chronik-broker inspect`, `verify` and `salvage`.
/// See docs/operating/offline.md.
namespace broker {

struct offline_request {
    std::string command;   ///< inspect, verify, salvage
    std::string data_dir;  ///< is read, and never written
    bool json = false;     ///< a line for each thing; otherwise lines for people
    std::string to;        ///< of salvage: a new directory
};

/// What the command line asks for: work, or only a text to be printed.
struct offline_invocation {
    offline_request request;
    std::optional<std::string> text;
};

/// Whether the first word of a command line is one of these commands.
bool is_offline_command(std::string_view word);

/// arguments   the command, and what follows it
/// errors      exit_code::configuration and one line
startup<offline_invocation> read_offline_options(std::span<char const* const> arguments);

/// What there is: segments, groups, settled files. To `out`; what went wrong, to `notes`.
exit_code inspect_data(offline_request const& request, std::FILE* out, std::FILE* notes);

/// Reads every byte that is needed and prints each fault, then how much was read.
exit_code verify_data(offline_request const& request, std::FILE* out, std::FILE* notes);

/// Writes what is sound into a new data directory and makes it durable, then prints what was kept and what was lost.
exit_code salvage_data(offline_request const& request, std::FILE* out, std::FILE* notes);

/// The whole command, on standard output and standard error; what it returns is the process's exit code.
int run_offline(std::span<char const* const> arguments);

}  // namespace broker
