// SPDX-License-Identifier: Apache-2.0
#include <offline/offline.hpp>
#include <offline/print.hpp>
#include <partitions/saved_state.hpp>
#include <partitions/state_keeper.hpp>
#include <server/identity_file.hpp>
#include <server/journal_options.hpp>
#include <server/metadata_at_rest.hpp>

#include <chronik/wal/verify.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace broker {
namespace {

namespace wal = chronik::wal;
using wal::finding_kind;

/// The identity file, and whether the journal is that node's.
std::optional<identity> verify_identity(data_at_rest& data, wal::findings& found) {
    auto owner = data.owner();
    if (owner) return *std::move(owner);
    auto const kind = owner.error().code == exit_code::storage ? finding_kind::corrupt : finding_kind::unknown;
    found.add({.kind = kind, .file = std::string{identity_file_name}, .what = owner.error().text});
    return std::nullopt;
}

/// A start without this file only takes longer, so damage to it is mended.
void verify_states(data_at_rest& data, wal::findings& found) {
    constexpr char const* name = partitions::state_keeper::file_name;
    auto const wrong = [&](std::error_code error) {
        auto const what = "the saved states of partitions: " + error.message() + "; a start reads the logs instead";
        found.add({.kind = finding_kind::mended, .file = name, .what = what});
    };
    auto const file = data.files().open(name, wal::access::read);
    if (!file && file.error() == std::errc::no_such_file_or_directory) return;
    auto const size = file ? file->size() : std::unexpected(file.error());
    if (!size) return wrong(size.error());
    if (*size > partitions::saved_header_bytes + partitions::saved_bytes_max)
        return wrong(make_error_code(chronik::errc::too_large));
    std::vector<std::byte> bytes(*size);
    auto const got = file->read_at(0, bytes);
    if (!got) return wrong(got.error());
    auto const states = partitions::decode_states(chronik::shared_bytes{std::move(bytes)});
    if (!states) wrong(states.error());
}

/// Where they cannot be read to their end, a start refuses. Damage to an entry is among the journal's faults already.
void verify_metadata(journal_at_rest const& stored, wal::findings& found) {
    auto const trouble = metadata_at_rest(stored).trouble;
    if (trouble && trouble->kind != finding_kind::corrupt) found.add(*trouble);
}

std::string verdict_of(wal::findings const& found) {
    if (found.faults() == 0) return "sound";
    auto text = fmt::format("{} {}", found.faults(), found.faults() == 1 ? "fault" : "faults");
    if (found.refused() == 0) text += ", which the next start mends";
    return text;
}

}  // namespace

exit_code verify_data(offline_request const& request, std::FILE* out, std::FILE* notes) {
    auto data = data_at_rest::open(request.data_dir);
    if (!data) return say(notes, data.error());

    wal::findings found;
    auto const owner = verify_identity(*data, found);
    auto const stored = journal_at_rest::read(data->journal(), !(owner && owner->single_node), found);
    auto const seen = stored ? wal::verify(*stored, found) : std::unexpected(stored.error());
    if (!seen) {
        return say(notes, startup_error_of(exit_code::storage, fmt::format("cannot read the journal {}/journal: {}",
                                                                           data->path(), seen.error().message())));
    }
    if (owner && !stored->parts().empty() && stored->log_id() != journal_name_of(owner->node)) {
        found.add({.kind = finding_kind::foreign,
                   .file = std::string{identity_file_name},
                   .what = fmt::format("the journal is not that of node {}", owner->node.value)});
    }
    if (owner && owner->synced && seen->records == 0) {
        found.add({.kind = finding_kind::missing,
                   .file = std::string{identity_file_name},
                   .what = "the node has synced records, and the journal has none"});
    }
    verify_states(*data, found);
    verify_metadata(*stored, found);

    auto const names = names_of(*stored);
    print_findings(found, names, request.json, out);
    if (request.json) {
        print_line({{"type", "summary"},
                    {"sound", found.faults() == 0},
                    {"faults", found.faults()},
                    {"refused", found.refused()},
                    {"segments", seen->segments},
                    {"records", seen->records},
                    {"groups", seen->groups},
                    {"settled_runs", seen->settled_runs},
                    {"settled_rows", seen->settled_rows},
                    {"settled_bytes", seen->settled_bytes}},
                   out);
    } else {
        std::fputs(fmt::format("read {} records of {} groups in {} segments, and {} settled runs with {} rows and {} "
                               "bytes: {}\n",
                               seen->records, seen->groups, seen->segments, seen->settled_runs, seen->settled_rows,
                               seen->settled_bytes, verdict_of(found))
                       .c_str(),
                   out);
    }
    return finish(out, notes, found.faults() == 0 ? exit_code::clean : exit_code::storage);
}

}  // namespace broker
