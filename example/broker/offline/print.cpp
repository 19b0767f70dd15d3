// SPDX-License-Identifier: Apache-2.0
#include <offline/print.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>

namespace broker {

namespace wal = chronik::wal;
using nlohmann::ordered_json;

std::string text_of(wal::finding const& found, partition_names const& names) {
    std::string text = fmt::format("{}: {} at byte {}", wal::name_of(found.kind), found.file, found.position);
    if (found.bytes != 0) text += fmt::format(" ({} bytes)", found.bytes);
    if (found.group) text += ", " + text_of(*found.group, names);
    if (found.index) text += fmt::format(", entry {}", found.index->value);
    return text + ": " + found.what;
}

ordered_json json_of(chronik::group_id group, partition_names const& names) {
    ordered_json line;
    line["group"] = group.value;
    if (auto const found = names.find(group); found != names.end()) {
        line["topic"] = found->second.topic;
        line["partition"] = found->second.number;
    }
    return line;
}

ordered_json json_of(wal::finding const& found, partition_names const& names) {
    ordered_json line{{"type", "finding"},
                      {"kind", wal::name_of(found.kind)},
                      {"fault", wal::is_fault(found.kind)},
                      {"refused", wal::is_refused(found.kind)},
                      {"file", found.file},
                      {"position", found.position}};
    if (found.bytes != 0) line["bytes"] = found.bytes;
    if (found.group) line.update(json_of(*found.group, names));
    if (found.index) line["index"] = found.index->value;
    line["what"] = found.what;
    return line;
}

void print_line(ordered_json const& line, std::FILE* out) {
    // What a file name or a topic contains is no reason not to print the rest.
    auto const text = line.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    std::fprintf(out, "%s\n", text.c_str());
}

void print_findings(wal::findings const& found, partition_names const& names, bool json, std::FILE* out) {
    for (auto const& each : found.kept()) {
        if (json) print_line(json_of(each, names), out);
        else std::fprintf(out, "%s\n", text_of(each, names).c_str());
    }
    auto const more = found.count() - found.kept().size();
    if (more > 0 && !json) std::fprintf(out, "and %llu more\n", static_cast<unsigned long long>(more));
}

exit_code say(std::FILE* notes, startup_error const& problem) {
    std::fprintf(notes, "chronik-broker: %s\n", problem.text.c_str());
    return problem.code;
}

exit_code finish(std::FILE* out, std::FILE* notes, exit_code code) {
    if (std::fflush(out) == 0 && std::ferror(out) == 0) return code;
    return say(notes, startup_error_of(exit_code::configuration,
                                       fmt::format("cannot write the output: {}", std::strerror(errno))));
}

}  // namespace broker
