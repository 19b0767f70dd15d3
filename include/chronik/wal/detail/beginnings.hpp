// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/wal/group_log.hpp>
#include <chronik/wal/record.hpp>
#include <chronik/wal/table.hpp>

#include <vector>

namespace chronik::wal::detail {

/// The part of wal::journal that moves where logs begin.
///
/// Journal   inherits from this; writer_, settler_
template <class Journal>
class beginnings {
public:
    /// The log of the group begins at `first_kept`; segments and settled files without needed entries become free.
    /// Durable with the next flush.
    ///
    /// errors   errc::unknown_group; errc::out_of_range beyond last_index() + 1; nothing happens up to first_index()
    result<void> compact(group_id id, log_index first_kept) {
        auto const found = journal().writer_.groups().find(id);
        if (found == journal().writer_.groups().end()) return failure(errc::unknown_group);
        group_log& log = *found->second;
        if (first_kept > log.last_index() + 1) return failure(errc::out_of_range);
        if (first_kept <= log.first_index()) return {};

        auto const base = log.base_before(first_kept);
        if (!base) return std::unexpected(base.error());
        std::vector<group_log::settled_ptr> dropped;
        log.compact_to(*base, &dropped);
        journal().settler_.unneeded(dropped);
        journal().writer_.pending().moved(record_type::prefix_compacted, id, *base);
        return {};
    }

    /// The log is empty and begins behind an entry that it never had: a snapshot of another member takes its place.
    /// Durable with the next flush. errors   errc::unknown_group; errc::out_of_range: settled or compacted
    result<void> replace_log(group_id id, log_index index, log_term term, log_offset next_offset) {
        auto const found = journal().writer_.groups().find(id);
        if (found == journal().writer_.groups().end()) return failure(errc::unknown_group);
        if (index <= found->second->floor().index) return failure(errc::out_of_range);
        journal().settler_.unneeded(found->second->replace({index, term, next_offset}));
        journal().writer_.pending().replaced(id, {index, term, next_offset});
        return {};
    }

    /// Settled files of the group are there already, for entries up to `floor` that this journal never had: a repair
    /// takes them over. The log is empty, and begins before them.
    void take_over_settled(group_id id, log_base floor) {
        journal().writer_.groups().at(id)->release_to(floor);
        journal().writer_.pending().moved(record_type::settled, id, floor);
    }

private:
    Journal& journal() { return static_cast<Journal&>(*this); }
};

}  // namespace chronik::wal::detail
