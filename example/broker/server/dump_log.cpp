// SPDX-License-Identifier: Apache-2.0
#include <server/dump_log.hpp>
#include <server/dump_print.hpp>
#include <server/journal_text.hpp>
#include <server/metadata_at_rest.hpp>

#include <metadata/image.hpp>

#include <chronik/posix/directory.hpp>
#include <chronik/wal/finding.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <tuple>
#include <utility>
#include <vector>

namespace broker {
namespace {

namespace wal = chronik::wal;
using chronik::posix::directory;

bool wanted(dump_request const& request, std::string const& topic, std::uint32_t partition) {
    return request.topic.value_or(topic) == topic && request.partition.value_or(partition) == partition;
}

/// A broker that runs removes files and writes over them while they are read. Damage is what looks so each time.
constexpr int attempts_max = 3;

startup<journal_at_rest> read_journal(std::string const& path, directory& where, wal::findings& found) {
    auto stored = journal_at_rest::read(where, true, found);
    for (int attempt = 1; stored && found.refused() > 0 && attempt < attempts_max; ++attempt) {
        found = {};
        stored = journal_at_rest::read(where, true, found);
    }
    if (!stored) return storage_failure(fmt::format("cannot read the journal {}: {}", path, stored.error().message()));
    return std::move(*stored);
}

/// The partitions this node has a log of and the metadata a name for, by topic and number.
std::vector<dumped_log> name_logs(journal_at_rest const& stored, dump_request const& request, dump_damage& damage) {
    auto const [image, trouble] = metadata_at_rest(stored);
    if (trouble) damage.add_unread(describe_damage(*trouble));
    std::vector<dumped_log> named;
    if (image == nullptr) return named;
    image->for_each_topic([&](metadata::topic const& topic) {
        for (std::uint32_t number = 0; number < topic.groups.size(); ++number) {
            auto const kept = stored.groups().find(topic.groups[number]);
            if (kept == stored.groups().end() || !wanted(request, topic.name, number)) continue;
            named.push_back({topic.name, number, {stored, *kept->second}});
        }
    });
    std::ranges::sort(named, {}, [](dumped_log const& each) { return std::tie(each.topic, each.partition); });
    return named;
}

void print(std::vector<dumped_log> const& logs, dump_request const& request, std::FILE* out, dump_damage& damage) {
    for (auto const& log : logs) {
        switch (request.format) {
            case dump_format::text: print_text(log, request.records, out, damage); break;
            case dump_format::json: print_json(log, request.records, out, damage); break;
            case dump_format::digest: print_digest(log, out, damage); break;
        }
    }
}

void note_end(journal_at_rest const& stored, wal::findings const& found, std::FILE* notes) {
    for (auto const& each : found.kept()) {
        if (each.kind != wal::finding_kind::torn_tail) continue;
        std::fprintf(notes, "note: %s: what a broker that starts here cuts\n", describe_damage(each).c_str());
    }
    if (stored.is_closed()) return;
    std::fputs(
        "note: the log was not closed: its broker was killed, or it runs and the newest entries may be missing\n",
        notes);
}

/// One line; empty if nothing is wrong.
std::string text_of(dump_damage const& damage) {
    auto const count = damage.found.refused() + damage.unread_count;
    if (count == 0) return {};
    auto const refused = std::ranges::find_if(damage.found.kept(), wal::is_refused, &wal::finding::kind);
    auto text = "the log is damaged: " +
                (refused == damage.found.kept().end() ? damage.unread : describe_damage(*refused));
    if (count > 1) text += fmt::format(" (and {} more)", count - 1);
    return text;
}

exit_code say(std::FILE* notes, startup_error const& problem) {
    std::fprintf(notes, "chronik-broker: %s\n", problem.text.c_str());
    return problem.code;
}

}  // namespace

exit_code dump_log(dump_request const& request, std::FILE* out, std::FILE* notes) {
    std::string const path = request.data_dir + "/journal";
    auto where = directory::open_shared(path);
    if (!where) {
        auto why = fmt::format("cannot read the journal {}: {}", path, where.error().message());
        return say(notes, startup_error_of(exit_code::configuration, std::move(why)));
    }
    dump_damage damage;
    auto const stored = read_journal(path, *where, damage.found);
    if (!stored) return say(notes, stored.error());

    auto const logs = name_logs(*stored, request, damage);
    print(logs, request, out, damage);
    if (std::fflush(out) != 0 || std::ferror(out) != 0) {
        auto why = fmt::format("cannot write the dump: {}", std::strerror(errno));
        return say(notes, startup_error_of(exit_code::configuration, std::move(why)));
    }

    if (logs.empty() && (request.topic || request.partition)) {
        std::fputs("note: this node has no log of such a partition\n", notes);
    }
    note_end(*stored, damage.found, notes);
    auto text = text_of(damage);
    if (text.empty()) return exit_code::clean;
    return say(notes, startup_error_of(exit_code::storage, std::move(text)));
}

int run_dump_log(std::span<char const* const> arguments) {
    auto const asked = read_dump_options(arguments);
    if (!asked) return static_cast<int>(say(stderr, asked.error()));
    if (asked->text) {
        std::fputs(asked->text->c_str(), stdout);
        return static_cast<int>(exit_code::clean);
    }
    return static_cast<int>(dump_log(asked->request, stdout, stderr));
}

}  // namespace broker
