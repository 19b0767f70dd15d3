// SPDX-License-Identifier: Apache-2.0
#include <offline/offline.hpp>
#include <offline/print.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string>

namespace broker {
namespace {

namespace wal = chronik::wal;
using nlohmann::ordered_json;

void print_segment(journal_at_rest::part const& part, bool json, std::FILE* out) {
    auto const& file = *part.file;
    bool const is_read = part.use == wal::segment_use::current || part.use == wal::segment_use::needed;
    if (json) {
        ordered_json line{{"type", "segment"},
                          {"file", file.name},
                          {"sequence", file.header.sequence},
                          {"life", file.header.update},
                          {"use", wal::name_of(part.use)},
                          {"bytes", file.header.bytes}};
        if (is_read) {
            line.update({{"records", part.records},
                         {"first_position", wal::segment_header_area_bytes},
                         {"end_position", file.end},
                         {"sealed", file.sealed}});
        }
        return print_line(line, out);
    }
    auto text = fmt::format("{}  sequence {}, life {}, {}, {} bytes", file.name, file.header.sequence,
                            file.header.update, wal::name_of(part.use), file.header.bytes);
    if (is_read) {
        text += fmt::format(": {} records in bytes {}..{}, {}", part.records, wal::segment_header_area_bytes, file.end,
                            file.sealed ? "sealed" : "open");
    }
    std::fprintf(out, "%s\n", text.c_str());
}

void print_group(journal_at_rest const& stored, wal::group_log const& log, partition_names const& names, bool json,
                 std::FILE* out) {
    auto const state = log.hard_state();
    if (json) {
        ordered_json line{{"type", "group"}};
        line.update(json_of(log.id(), names));
        line.update({{"first_index", log.first_index().value},
                     {"last_index", log.last_index().value},
                     {"settled_to", log.floor().index.value},
                     {"first_offset", log.base_offset().value},
                     {"next_offset", log.next_offset().value},
                     {"term", state.term.value},
                     {"vote", state.vote.value},
                     {"bytes", log.payload_bytes()},
                     {"whole", stored.whole_to(log) == stored.spoken_of(log) &&
                                   !stored.unsettled().contains(log.id())}});
        print_line(line, out);
    } else {
        auto const text = fmt::format("{}  entries {}..{}, offsets {}..{}, settled to {}, term {}, vote {}, {} bytes",
                                      text_of(log.id(), names), log.first_index().value, log.last_index().value,
                                      log.base_offset().value, log.next_offset().value, log.floor().index.value,
                                      state.term.value, state.vote.value, log.payload_bytes());
        std::fprintf(out, "%s\n", text.c_str());
    }
    for (auto const& run : log.settled()) {
        if (json) {
            print_line({{"type", "settled"},
                        {"group", log.id().value},
                        {"file", run->name().data()},
                        {"first_index", run->first_index().value},
                        {"last_index", run->last_index().value},
                        {"first_offset", run->before().next_offset.value},
                        {"next_offset", run->end().next_offset.value},
                        {"cleaned", run->name().generation},
                        {"rows", run->rows()},
                        {"bytes", run->data_bytes()}},
                       out);
        } else {
            auto const text = fmt::format("  {}  entries {}..{}, offsets {}..{}, {} rows, {} bytes\n",
                                          run->name().data(), run->first_index().value, run->last_index().value,
                                          run->before().next_offset.value, run->end().next_offset.value, run->rows(),
                                          run->data_bytes());
            std::fputs(text.c_str(), out);
        }
    }
}

void print_owner(data_at_rest& data, journal_at_rest const& stored, bool json, std::FILE* out) {
    auto const owner = data.owner();
    if (json) {
        ordered_json line{{"type", "node"}, {"closed", stored.is_closed()}};
        if (owner) {
            line["node"] = owner->node.value;
            line["cluster"] = owner->cluster_id;
            line["single_node"] = owner->single_node;
        }
        return print_line(line, out);
    }
    auto const who = owner ? fmt::format("node {} of cluster '{}'{}", owner->node.value, owner->cluster_id,
                                         owner->single_node ? ", alone" : "")
                           : owner.error().text;
    std::fprintf(out, "%s; the journal %s\n", who.c_str(), stored.is_closed() ? "was closed" : "was not closed");
}

}  // namespace

exit_code inspect_data(offline_request const& request, std::FILE* out, std::FILE* notes) {
    auto data = data_at_rest::open(request.data_dir);
    if (!data) return say(notes, data.error());
    wal::findings found;
    auto const stored = journal_at_rest::read(data->journal(), true, found);
    if (!stored) {
        return say(notes, startup_error_of(exit_code::storage, fmt::format("cannot read the journal {}/journal: {}",
                                                                           data->path(), stored.error().message())));
    }
    auto const names = names_of(*stored);
    print_owner(*data, *stored, request.json, out);
    for (auto const& part : stored->parts()) print_segment(part, request.json, out);
    for (auto const id : stored->sorted_groups())
        print_group(*stored, *stored->groups().at(id), names, request.json, out);
    print_findings(found, names, request.json, out);
    if (found.faults() == 0) return finish(out, notes, exit_code::clean);
    auto const code = finish(out, notes, exit_code::storage);
    if (code != exit_code::storage) return code;
    return say(notes, startup_error_of(code, fmt::format("damaged; for all of it: chronik-broker verify --data-dir {}",
                                                         data->path())));
}

}  // namespace broker
