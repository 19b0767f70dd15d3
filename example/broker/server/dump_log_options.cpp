// SPDX-License-Identifier: Apache-2.0
#include <server/dump_log.hpp>
#include <settings/command_line.hpp>

#include <map>

namespace broker {
namespace {

constexpr char const* about =
    "Print what one node's own log holds: of a stopped node, or of a copy of a running one's data directory.\n"
    "Nothing is written and no lock is taken, so it also works beside a running broker; the newest entries may then\n"
    "be missing. A tail that a crash left half-written is left out.";

constexpr char const* footer =
    "The log also holds entries that are not committed yet, and the commit index is not stored: the end of this log\n"
    "may still be replaced, and entries of the metadata that decide which topics there are may be too.\n"
    "Ends with 0; with 2 for wrong arguments or when there is no journal; with 3 and the reason when the log is\n"
    "damaged, after printing what is good.";

std::map<std::string, dump_format> const formats{
    {"text", dump_format::text}, {"json", dump_format::json}, {"digest", dump_format::digest}};

}  // namespace

startup<dump_invocation> read_dump_options(std::span<char const* const> arguments) {
    dump_invocation asked;
    auto& request = asked.request;
    std::string format = "text";
    bool without_records = false;
    CLI::App app{about, "chronik-broker dump-log"};
    app.footer(footer);
    app.add_option("--data-dir", request.data_dir, "The node's data directory, the one with journal/ in it.")
        ->type_name("DIR")
        ->required();
    app.add_option("--topic", request.topic, "Only this topic.")->type_name("NAME");
    app.add_option("--partition", request.partition, "Only partitions with this number.")->type_name("NUMBER");
    app.add_option("--format", format, "text; json: a line for each batch and record; digest: one for each partition.")
        ->type_name("FORMAT")
        ->check(CLI::IsMember(formats))
        ->capture_default_str();
    app.add_flag("--no-records", without_records, "Batches only, not the records in them.");
    auto const help = read_command_line(app, arguments, "dump-log --help");
    if (!help) return std::unexpected(help.error());
    asked.text = *help;
    request.format = formats.at(format);
    request.records = !without_records;
    return asked;
}

}  // namespace broker
