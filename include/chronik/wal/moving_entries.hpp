// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>
#include <chronik/wal/detail/slots.hpp>
#include <chronik/wal/group_log.hpp>
#include <chronik/wal/replay.hpp>
#include <chronik/wal/segment.hpp>

#include <cstdint>
#include <vector>

namespace chronik::wal {

/// Entries that are staged in a new place. Until the flush that carries them has ended, they are read where they were.
///
/// threads   the journal's owner
class moving_entries {
public:
    bool empty() const { return all_.empty(); }

    /// flush   the number of the one that will carry it
    void staged(group_log const& log, log_index at, detail::slot const& to, std::uint64_t flush) {
        ++to.home->live;  // no log refers to it yet
        all_.push_back({log.id(), at, log.slot_of(at), to, flush});
    }

    void durable(std::uint64_t flush, group_map const& groups) {
        std::erase_if(all_, [&](one const& each) {
            if (each.flush > flush) return false;
            // What the log has cut, settled or written anew meanwhile is not there any more.
            auto const log = groups.find(each.group);
            if (log != groups.end() && has(*log->second, each)) log->second->move(each.index, each.to);
            --each.to.home->live;
            return true;
        });
    }

private:
    struct one {
        group_id group;
        log_index index;
        detail::slot from;
        detail::slot to;
        std::uint64_t flush;
    };

    /// A segment is not used again before its release is durable, so a place tells one record from all others.
    static bool has(group_log const& log, one const& each) {
        if (each.index <= log.floor().index || each.index > log.last_index()) return false;
        auto const& now = log.slot_of(each.index);
        return now.home == each.from.home && now.position == each.from.position;
    }

    std::vector<one> all_;
};

}  // namespace chronik::wal
