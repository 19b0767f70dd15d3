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
/// Journal   inherits from this; groups_, pending_
template <class Journal>
class doubting {
public:
    /// The newest that was begun, be it over or not.
    doubt_token newest_doubt() const { return doubt_.token; }
    /// What groups that are made now are in.
    doubt_token doubt_of_newcomers() const { return doubt_.of_newcomers(); }

    /// The journal was repaired: all its groups are in doubt, and those that are made before trust_newcomers().
    void begin_doubt(doubt_token which) {
        CHRONIK_ASSERT(which != no_doubt);
        doubt_ = {which, true};
        for (auto const& [id, log] : journal().groups_) log->set_doubt(which);
        journal().pending_.doubted(group_id{}, which);
    }
    /// Every group that was here when the journal was damaged is here again.
    void trust_newcomers() {
        if (!doubt_.newcomers) return;
        doubt_.newcomers = false;
        journal().pending_.doubted(group_id{}, no_doubt);
    }
    /// The group is sound. Together with the next stage() of it, if that is taken.
    void end_doubt(group_id group) {
        auto const found = journal().groups_.find(group);
        if (found == journal().groups_.end()) return;
        found->second->set_doubt(no_doubt);
        journal().pending_.doubted(group, no_doubt);
    }

protected:
    doubt_of_journal doubt_;

private:
    Journal& journal() { return static_cast<Journal&>(*this); }
};

}  // namespace chronik::wal::detail
