// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/snapshot_file.hpp>

#include <optional>
#include <string>
#include <utility>

namespace chronik::wal {

/// The newest whole snapshot of a group that its log goes on from, in a directory that is only read: what a
/// snapshot_store would restore the group from. Damaged ones are passed over; verify() names them.
///
/// owner   the journal's id
/// log     of the group: has base_index() and last_index()
/// errors  the directory's, if it cannot even be listed
template <directory Directory, class Log>
result<std::optional<stored_snapshot>> newest_snapshot_at_rest(Directory& where, log_uuid owner, group_id group,
                                                               Log const& log) {
    auto const names = where.list();
    if (!names) return std::unexpected(names.error());
    auto const of_group = std::string{snapshot_prefix} + std::to_string(group.value) + "-";
    std::optional<stored_snapshot> newest;
    std::optional<stored_snapshot> beyond;
    for (auto const& name : *names) {
        if (!is_snapshot_name(name) || !name.starts_with(of_group)) continue;
        // Its owner may be at work, and have removed it since.
        auto const opened = where.open(name, access::read);
        auto const mapped = opened ? opened->map() : std::unexpected(opened.error());
        auto read = mapped ? read_snapshot(*mapped, owner, name) : std::unexpected(mapped.error());
        if (!read || read->group != group) continue;
        if (read->base.index < log.base_index()) continue;
        auto& among = read->base.index > log.last_index() ? beyond : newest;
        if (!among || read->base.index > among->base.index) among = std::move(*read);
    }
    return newest || log.base_index() == log_index{} ? newest : beyond;
}

}  // namespace chronik::wal
