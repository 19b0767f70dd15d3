// SPDX-License-Identifier: Apache-2.0
#include <server/dump_log.hpp>
#include <server/dump_print.hpp>

#include <composition.hpp>
#include <metadata/machine.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <tuple>
#include <utility>
#include <vector>

namespace broker {
namespace {

bool wanted(dump_request const& request, std::string const& topic, std::uint32_t partition) {
    return request.topic.value_or(topic) == topic && request.partition.value_or(partition) == partition;
}

/// The partitions this node has a log of and the metadata a name for, by topic and number.
///
/// damage   gets a line if the metadata log cannot be read to its end
std::vector<dumped_log> name_logs(journal_at_rest const& journal, dump_request const& request,
                                  std::vector<std::string>& damage) {
    std::vector<dumped_log> named;
    auto const found = journal.groups.find(metadata_group);
    if (found == journal.groups.end()) return named;
    log_at_rest const& log = found->second;
    // What the commands behind a lost beginning did depends on it.
    if (log.base.index != chronik::log_index{} && !journal.metadata) return named;
    metadata::machine machine;
    if (journal.metadata && !machine.restore(journal.metadata->content))
        damage.push_back(journal.metadata->name + " is no snapshot that this release knows");
    auto const told = machine.current()->version;
    for (auto const& entry : log.entries) {
        if (entry.index == chronik::log_index{}) break;
        if (entry.kind != chronik::entry_kind::command || entry.index <= told) continue;
        machine.apply(entry);
        if (!machine.unreadable()) continue;
        damage.push_back(fmt::format("entry {} of the metadata log is no command that this release knows",
                                     entry.index.value));
        break;
    }
    machine.current()->for_each_topic([&](metadata::topic const& topic) {
        for (std::uint32_t number = 0; number < topic.groups.size(); ++number) {
            auto const kept = journal.groups.find(topic.groups[number]);
            if (kept == journal.groups.end() || !wanted(request, topic.name, number)) continue;
            named.push_back({topic.name, number, kept->first, &kept->second});
        }
    });
    std::ranges::sort(named, {}, [](dumped_log const& each) { return std::tie(each.topic, each.partition); });
    return named;
}

exit_code say(std::FILE* notes, startup_error const& problem) {
    std::fprintf(notes, "chronik-broker: %s\n", problem.text.c_str());
    return problem.code;
}

}  // namespace

exit_code dump_log(dump_request const& request, std::FILE* out, std::FILE* notes) {
    auto found = read_journal_at_rest(request.data_dir);
    if (!found) return say(notes, found.error());

    auto damage = std::move(found->damage);
    auto const logs = name_logs(*found, request, damage);
    for (auto const& log : logs) {
        switch (request.format) {
            case dump_format::text: print_text(log, request.records, out, damage); break;
            case dump_format::json: print_json(log, request.records, out, damage); break;
            case dump_format::digest: print_digest(log, out); break;
        }
    }
    if (std::fflush(out) != 0 || std::ferror(out) != 0) {
        auto why = fmt::format("cannot write the dump: {}", std::strerror(errno));
        return say(notes, startup_error_of(exit_code::configuration, std::move(why)));
    }

    if (logs.empty() && (request.topic || request.partition)) {
        std::fputs("note: this node has no log of such a partition\n", notes);
    }
    if (!found->torn.empty()) {
        std::fprintf(notes, "note: %s: what a broker that starts here cuts\n", found->torn.c_str());
    }
    if (!found->closed) {
        std::fputs(
            "note: the log was not closed: its broker was killed, or it runs and the newest entries may be missing\n",
            notes);
    }
    if (damage.empty()) return exit_code::clean;
    std::string text = "the log is damaged: " + damage.front();
    if (damage.size() > 1) text += fmt::format(" (and {} more)", damage.size() - 1);
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
