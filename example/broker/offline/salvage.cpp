// SPDX-License-Identifier: Apache-2.0
#include <offline/offline.hpp>
#include <offline/print.hpp>
#include <server/identity_file.hpp>
#include <server/journal_options.hpp>

#include <chronik/wal/salvage.hpp>
#include <chronik/wal/verify.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <random>
#include <span>
#include <string>
#include <system_error>

namespace broker {
namespace {

namespace wal = chronik::wal;
namespace fs = std::filesystem;
using chronik::posix::directory;
using nlohmann::ordered_json;

std::uint64_t seed_from_system() {
    std::random_device source;
    return (std::uint64_t{source()} << 32) | source();
}

/// A new directory, or an empty one, outside of `source`; its name is durable.
startup<directory> make_target(std::string const& path, std::string const& source) {
    std::error_code error;
    auto const absolute = fs::weakly_canonical(path, error);
    auto const other = fs::weakly_canonical(source, error);
    if (error) return refuse(fmt::format("cannot find {} or {}: {}", path, source, error.message()));
    auto const inside = absolute.lexically_relative(other);
    if (inside == "." || (!inside.empty() && *inside.begin() != ".."))
        return refuse(fmt::format("{} is in the data directory that is salvaged: set --to to another place", path));
    if (::mkdir(absolute.c_str(), 0750) != 0 && errno != EEXIST) {
        auto const why = std::generic_category().message(errno);
        return refuse(fmt::format("cannot create {}: {}: set --to to a new directory", path, why));
    }
    if (!fs::is_empty(absolute, error) || error)
        return refuse(fmt::format("{} is not an empty directory: set --to to a new one", path));
    auto parent = directory::open_shared(absolute.parent_path().string());
    auto const synced = parent ? parent->sync() : std::unexpected(parent.error());
    auto made = synced ? directory::open_shared(absolute.string()) : std::unexpected(synced.error());
    if (!made) return storage_failure(fmt::format("cannot make {} durable: {}", path, made.error().message()));
    return std::move(*made);
}

/// Last of all: a directory without it is no data directory, so no broker starts with half a copy.
chronik::result<void> write_identity(directory& target, std::string const& text) {
    std::string const name{identity_file_name};
    auto file = target.create(name + ".new");
    if (!file) return std::unexpected(file.error());
    if (auto done = file->write_at(0, std::as_bytes(std::span{text})); !done) return done;
    if (auto done = file->sync(); !done) return done;
    if (auto done = target.rename(name + ".new", name); !done) return done;
    return target.sync();
}

/// What is there may be larger than today's setting.
wal::options limits_of(journal_at_rest const& stored, chronik::node_id node) {
    settings config;
    config.node_id = node;
    for (auto const& part : stored.parts())
        config.segment_bytes = std::max(config.segment_bytes, part.file->header.bytes);
    auto limits = journal_options(config);
    limits.staged_bytes_max = std::max(limits.staged_bytes_max, limits.segment_bytes);
    return limits;
}

/// Writes the journal, and reads it back as a start would.
startup<wal::salvage_outcome> copy(journal_at_rest const& stored, wal::options const& limits, std::string const& to,
                                   bool may_cut, wal::findings& found) {
    auto target = directory::open_exclusive(to);
    auto done = target ? wal::salvage(stored, *target, limits, seed_from_system(), found)
                       : std::unexpected(target.error());
    if (!done) {
        return storage_failure(fmt::format("cannot write {}: {}: what is in there is of no use, remove it", to,
                                           done.error().message()));
    }
    wal::findings wrong;
    auto const written = journal_at_rest::read(*target, may_cut, wrong);
    auto const seen = written ? wal::verify(*written, wrong) : std::unexpected(written.error());
    if (!seen || wrong.faults() > 0) {
        auto const why = seen ? text_of(wrong.kept().front(), {}) : seen.error().message();
        return storage_failure(fmt::format("{} is not as it was written: {}: look at the disk", to, why));
    }
    return std::move(*done);
}

void print_group(wal::salvaged_group const& group, partition_names const& names, bool json, std::FILE* out) {
    if (json) {
        ordered_json line{{"type", "group"}};
        line.update(json_of(group.group, names));
        line.update({{"whole", group.is_whole()},
                     {"first_index", group.first.value},
                     {"last_index", group.last.value},
                     {"first_offset", group.first_offset.value},
                     {"next_offset", group.next_offset.value},
                     {"bytes", group.bytes},
                     {"state_raised", group.state_raised}});
        if (!group.is_whole()) {
            line["lost"] = {{"first_index", group.last.value + 1}, {"last_index", group.lost_to.value}};
            if (group.at)
                line["lost"].update({{"file", group.at->file},
                                     {"position", group.at->position},
                                     {"bytes", group.at->bytes}});
        }
        return print_line(line, out);
    }
    auto text = fmt::format("{}: kept entries {}..{}, offsets {}..{}", text_of(group.group, names), group.first.value,
                            group.last.value, group.first_offset.value, group.next_offset.value);
    if (!group.is_whole()) {
        text += fmt::format("; lost entries {}..{}", group.last.value + 1, group.lost_to.value);
        if (group.at) text += fmt::format(", from {} at byte {} on", group.at->file, group.at->position);
        if (group.at && group.at->bytes != 0) text += fmt::format(" ({} bytes damaged)", group.at->bytes);
    }
    if (group.state_raised) text += "; its hard state was lost";
    std::fprintf(out, "%s\n", text.c_str());
}

}  // namespace

exit_code salvage_data(offline_request const& request, std::FILE* out, std::FILE* notes) {
    auto data = data_at_rest::open(request.data_dir);
    if (!data) return say(notes, data.error());
    auto const owner = data->owner();
    if (!owner) return say(notes, owner.error());
    auto const identity = data->identity_file();
    if (!identity) return say(notes, identity.error());

    wal::findings found;
    auto const stored = journal_at_rest::read(data->journal(), !owner->single_node, found);
    if (!stored) {
        return say(notes, startup_error_of(exit_code::storage, fmt::format("cannot read the journal {}/journal: {}",
                                                                           data->path(), stored.error().message())));
    }
    if (!stored->parts().empty() && stored->log_id() != journal_name_of(owner->node)) {
        return say(notes, startup_error_of(exit_code::configuration,
                                           fmt::format("the journal in {} is not that of node {}, whose directory "
                                                       "it is in",
                                                       data->path(), owner->node.value)));
    }
    auto target = make_target(request.to, data->path());
    if (!target) return say(notes, target.error());
    auto const limits = limits_of(*stored, owner->node);
    auto const done = copy(*stored, limits, request.to + "/journal", !owner->single_node, found);
    if (!done) return say(notes, done.error());
    if (auto const written = write_identity(*target, *identity); !written) {
        return say(notes, startup_error_of(exit_code::storage, fmt::format("cannot write {}/{}: {}", request.to,
                                                                           identity_file_name,
                                                                           written.error().message())));
    }

    auto const names = names_of(*stored);
    print_findings(found, names, request.json, out);
    auto const whole = std::ranges::count_if(done->groups, &wal::salvaged_group::is_whole);
    for (auto const& group : done->groups) print_group(group, names, request.json, out);
    if (request.json) {
        print_line({{"type", "summary"}, {"groups", done->groups.size()}, {"whole", whole}, {"faults", found.faults()}},
                   out);
    } else {
        std::fputs(fmt::format("{} of {} groups are whole; the rest has what is said above. Start the broker with "
                               "--data-dir {}, and keep {}\n",
                               whole, done->groups.size(), request.to, request.data_dir)
                       .c_str(),
                   out);
    }
    return finish(out, notes, exit_code::clean);
}

}  // namespace broker
