// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/wal/group_log.hpp>
#include <chronik/wal/pending_records.hpp>
#include <chronik/wal/replay.hpp>
#include <chronik/wal/table.hpp>

namespace chronik::wal::detail {

/// The part of wal::journal that knows which groups are in doubt. All of it is durable with the next flush.
///
/// Journal   inherits from this; writer_
template <class Journal>
class doubting {
public:
    /// The newest that was begun, be it over or not.
    doubt_token newest_doubt() const { return journal().writer_.doubt().token; }
    /// What groups that are made now are in.
    doubt_token doubt_of_newcomers() const { return journal().writer_.doubt().of_newcomers(); }

    /// The journal was repaired: all its groups are in doubt, and those that are made before trust_newcomers().
    void begin_doubt(doubt_token which) {
        CHRONIK_ASSERT(which != no_doubt);
        journal().writer_.doubt() = {which, true};
        for (auto const& [id, log] : journal().writer_.groups()) log->set_doubt(which);
        journal().writer_.pending().doubted(group_id{}, which);
    }
    /// Every group that was here when the journal was damaged is here again.
    void trust_newcomers() {
        auto& doubt = journal().writer_.doubt();
        if (!doubt.newcomers) return;
        doubt.newcomers = false;
        journal().writer_.pending().doubted(group_id{}, no_doubt);
    }
    /// The group is sound. Together with the next stage() of it, if that is taken.
    void end_doubt(group_id group) {
        auto const found = journal().writer_.groups().find(group);
        if (found == journal().writer_.groups().end()) return;
        found->second->set_doubt(no_doubt);
        journal().writer_.pending().doubted(group, no_doubt);
    }

private:
    Journal& journal() { return static_cast<Journal&>(*this); }
    Journal const& journal() const { return static_cast<Journal const&>(*this); }
};

}  // namespace chronik::wal::detail
