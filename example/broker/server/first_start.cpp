// SPDX-License-Identifier: Apache-2.0
#include <server/first_start.hpp>

#include <partitions/state_keeper.hpp>

#include <chronik/wal/repair.hpp>
#include <chronik/wal/segment_files.hpp>
#include <chronik/wal/snapshot_file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

namespace broker {
namespace {

namespace wal = chronik::wal;
using chronik::posix::directory;

/// False only where recovery would find an empty journal; what is wrong with another one is for recovery to say.
bool has_records(directory& where) {
    auto const names = where.list();
    // In the middle of a repair there may be no segment of the name that it will have.
    if (names && wal::has_unfinished_repair(*names)) return true;
    wal::recovery_report report;
    auto const found = wal::open_segments(where, wal::access::read, std::nullopt, report);
    return !found || std::ranges::any_of(found->segments, [](auto const& each) { return wal::is_started(*each); });
}

std::unexpected<startup_error> lost(std::string const& data_dir, std::string const& path) {
    return storage_failure(
        fmt::format("the journal in {} has no records, but this node has stored some and synced them: it is lost, or "
                    "its disk is not mounted; nothing was changed. Bring it back, or, if other nodes have the data, "
                    "see the manual on a node that lost its disk. A single node starts anew with an empty directory "
                    "in place of {}",
                    path, data_dir));
}

/// Those of a history that is gone. returns   whether there were any
startup<bool> forget_snapshots(std::string const& path) {
    auto const wrong = [&](std::error_code error) {
        return refuse(fmt::format("cannot remove old snapshots from {}: {}", path, error.message()));
    };
    auto where = directory::open_shared(path);
    auto names = where ? where->list() : std::unexpected(where.error());
    if (!names) return wrong(names.error());
    std::erase_if(*names, [](auto const& name) { return !wal::is_snapshot_name(name); });
    for (auto const& name : *names)
        if (auto removed = where->remove(name); !removed) return wrong(removed.error());
    if (names->empty()) return false;
    if (auto synced = where->sync(); !synced) return wrong(synced.error());
    return true;
}

}  // namespace

startup<std::unique_ptr<directory>> open_journal_directory(data_directory const& data) {
    std::string const path = data.path() + "/journal";
    if (data.owner().synced) {
        auto there = directory::open_shared(path);
        if (!there && there.error() == std::errc::no_such_file_or_directory) return lost(data.path(), path);
        if (there && !has_records(*there)) return lost(data.path(), path);
    }
    auto where = directory::open_exclusive(path);
    if (!where) return refuse("cannot open " + path + ": " + where.error().message());
    // Also where it was there: whoever made it may have been killed before this.
    if (auto synced = data.sync(); !synced) return std::unexpected(std::move(synced.error()));
    return std::make_unique<directory>(std::move(*where));
}

startup<bool> begin_again(data_directory& data, wal::recovery_report const& found) {
    if (found.records != 0) return false;
    auto const snapshots = forget_snapshots(data.path() + "/journal");
    if (!snapshots) return std::unexpected(snapshots.error());
    bool const has_cluster = !data.owner().cluster_id.empty();
    if (auto forgotten = data.forget_cluster(); !forgotten) return std::unexpected(std::move(forgotten.error()));
    // They would be of entries that another history may have at the same places.
    auto where = directory::open_shared(data.path());
    auto const removed = where ? where->remove(partitions::state_keeper::file_name) : std::unexpected(where.error());
    if (!removed && removed.error() != std::errc::no_such_file_or_directory) {
        return refuse(fmt::format("cannot remove {}/{}: {}", data.path(), partitions::state_keeper::file_name,
                                  removed.error().message()));
    }
    if (removed) {
        if (auto synced = data.sync(); !synced) return std::unexpected(std::move(synced.error()));
    }
    return *snapshots || removed.has_value() || (has_cluster && data.owner().cluster_id.empty());
}

}  // namespace broker
