// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <settings/exit.hpp>

#include <cstdint>
#include <cstdio>
#include <optional>
#include <span>
#include <string>

/// `chronik-broker dump-log`: what one node's own log says, without a broker. See docs/operating/dump-log.md.
namespace broker {

enum class dump_format {
    text,    ///< for people
    json,    ///< a line for each batch and each record
    digest,  ///< a line for each partition: replicas that agree have equal ones
};

struct dump_request {
    std::string data_dir;
    std::optional<std::string> topic;        ///< nothing: all
    std::optional<std::uint32_t> partition;  ///< nothing: all
    dump_format format = dump_format::text;
    bool records = true;
};

/// What the command line asks for: a dump, or only a text to be printed.
struct dump_invocation {
    dump_request request;
    std::optional<std::string> text;
};

/// arguments   what follows the word dump-log
/// errors      exit_code::configuration and one line
startup<dump_invocation> read_dump_options(std::span<char const* const> arguments);

/// Prints the log to `out` and what is wrong with it, if anything, to `notes`. Reads only, and takes no lock.
exit_code dump_log(dump_request const& request, std::FILE* out, std::FILE* notes);

/// The whole command, on standard output and standard error; what it returns is the process's exit code.
int run_dump_log(std::span<char const* const> arguments);

}  // namespace broker
