// SPDX-License-Identifier: Apache-2.0
#include <server/metadata_at_rest.hpp>

#include <composition.hpp>

#include <chronik/wal/snapshots_at_rest.hpp>

#include <algorithm>

namespace broker {

std::shared_ptr<metadata::image const> metadata_at_rest(journal_at_rest const& stored) {
    auto const found = stored.groups().find(metadata_group);
    if (found == stored.groups().end() || stored.unsettled().contains(metadata_group)) return nullptr;
    auto const& log = *found->second;
    metadata::machine machine;
    auto const before = chronik::wal::newest_snapshot_at_rest(stored.where(), stored.log_id(), metadata_group, log);
    bool const is_told = before && *before;
    // What the commands behind a lost beginning did depends on it.
    if (!is_told && log.base_index() != chronik::log_index{}) return nullptr;
    // A snapshot of a newer release has names that this one cannot read.
    if (is_told && !machine.restore((*before)->content)) return nullptr;
    auto const first = std::max(log.first_index(), machine.current()->version + 1);
    for (auto at = first; at <= stored.whole_to(log) && !machine.unreadable(); ++at) {
        auto const entry = log.read(at);
        if (!entry) break;
        if (entry->kind == chronik::entry_kind::command) machine.apply(*entry);
    }
    return machine.current();
}

}  // namespace broker
