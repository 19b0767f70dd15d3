// SPDX-License-Identifier: Apache-2.0
#include <server/metadata_at_rest.hpp>

#include <composition.hpp>

#include <chronik/wal/snapshots_at_rest.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace broker {

told_metadata metadata_at_rest(journal_at_rest const& stored) {
    auto const found = stored.groups().find(metadata_group);
    if (found == stored.groups().end() || stored.unsettled().contains(metadata_group)) return {};
    auto const& log = *found->second;
    metadata::machine machine;
    auto const before = chronik::wal::newest_snapshot_at_rest(stored.where(), stored.log_id(), metadata_group, log);
    bool const is_told = before && *before;
    // What the commands behind a lost beginning did depends on it.
    if (!is_told && log.base_index() != chronik::log_index{}) {
        return {nullptr, fmt::format("the metadata begins after entry {}, and no snapshot says what was before",
                                     log.base_index().value)};
    }
    // A snapshot of a newer release has names that this one cannot read.
    if (is_told && !machine.restore((*before)->content))
        return {nullptr, (*before)->name + " is no snapshot that this release knows"};
    auto const first = std::max(log.first_index(), machine.current()->version + 1);
    for (auto at = first; at <= stored.whole_to(log); ++at) {
        auto const entry = log.read(at);
        if (!entry) return {machine.current(), fmt::format("entry {} of the metadata log is damaged", at.value)};
        if (entry->kind == chronik::entry_kind::command) machine.apply(*entry);
        if (machine.unreadable()) {
            return {machine.current(),
                    fmt::format("entry {} of the metadata log is no command that this release knows", at.value)};
        }
    }
    return {machine.current(), {}};
}

}  // namespace broker
