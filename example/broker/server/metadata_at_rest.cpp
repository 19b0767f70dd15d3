// SPDX-License-Identifier: Apache-2.0
#include <server/metadata_at_rest.hpp>

#include <composition.hpp>

#include <chronik/wal/snapshots_at_rest.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace broker {
namespace {

using chronik::wal::finding_kind;

chronik::wal::finding trouble_at(chronik::wal::group_log const& log, chronik::log_index at, finding_kind kind,
                                 std::string what) {
    auto const* const slot = at > log.floor().index ? &log.slot_of(at) : nullptr;
    return {.kind = kind,
            .file = slot != nullptr ? slot->home->name : "settled files",
            .position = slot != nullptr ? slot->position : 0U,
            .group = metadata_group,
            .index = at,
            .what = std::move(what)};
}

}  // namespace

told_metadata metadata_at_rest(journal_at_rest const& stored) {
    auto const found = stored.groups().find(metadata_group);
    if (found == stored.groups().end() || stored.unsettled().contains(metadata_group)) return {};
    auto const& log = *found->second;
    metadata::machine machine;
    auto const before = chronik::wal::newest_snapshot_at_rest(stored.where(), stored.log_id(), metadata_group, log);
    bool const is_told = before && *before;
    // What the commands behind a lost beginning did depends on it.
    if (!is_told && log.base_index() != chronik::log_index{}) {
        return {nullptr, chronik::wal::finding{.kind = finding_kind::missing,
                                               .file = fmt::format("{}{}-*{}", chronik::wal::snapshot_prefix,
                                                                   metadata_group.value, chronik::wal::snapshot_suffix),
                                               .group = metadata_group,
                                               .index = log.base_index(),
                                               .what = "no snapshot says what was before"}};
    }
    if (is_told) {
        if (auto const done = machine.restore((*before)->content); !done) {
            bool const newer = done.error() == chronik::errc::unsupported_version;
            return {nullptr, chronik::wal::finding{.kind = newer ? finding_kind::unknown : finding_kind::contradiction,
                                                   .file = (*before)->name,
                                                   .group = metadata_group,
                                                   .what = "the snapshot is none that this release knows"}};
        }
    }
    auto const first = std::max(log.first_index(), machine.current()->version + 1);
    for (auto at = first; at <= stored.whole_to(log); ++at) {
        auto const entry = log.read(at);
        if (!entry) return {machine.current(), trouble_at(log, at, finding_kind::corrupt, "the entry is damaged")};
        if (entry->kind == chronik::entry_kind::command) machine.apply(*entry);
        if (machine.unreadable()) {
            return {machine.current(),
                    trouble_at(log, at, finding_kind::unknown, "the entry is no command that this release knows")};
        }
    }
    return {machine.current()};
}

}  // namespace broker
