// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <partitions/cold_reads.hpp>

#include <chronik/base/ids.hpp>
#include <chronik/wal/settled_reader.hpp>

#include <cstddef>
#include <functional>
#include <set>
#include <span>
#include <utility>

namespace broker::partitions {

/// Has old entries brought into memory that a leader on this node needs for followers that are far behind, and sent on
/// then: a leader does not read what it would have to wait for.
///
/// threads   the loop's
class follower_reads {
public:
    struct parts {
        cold_reads& reads;
        /// Of the group's log, from the run with the entry on; none if the entry is not settled, or is gone.
        std::function<std::span<chronik::wal::settled_run_ptr const>(chronik::group_id, chronik::log_index)> runs;
        /// They are in memory, for whoever needs them.
        std::function<void(chronik::group_id, chronik::log_index first, chronik::log_index last)> at_hand;
    };

    /// window_bytes   brought for one follower at a time, and once more ahead
    explicit follower_reads(parts with, std::size_t window_bytes = std::size_t{4} << 20)
        : with_(std::move(with)), window_bytes_(window_bytes) {}

    /// Some follower needs this entry. Repeated while it is on its way, nothing happens.
    void wanted(chronik::group_id group, chronik::log_index at) {
        if (under_way_.contains({group, at})) return;
        auto what = window_at(group, at);
        // It has become one that nobody can send.
        if (what.runs.empty()) return;
        under_way_.insert({group, at});
        with_.reads.bring(std::move(what), cold_reads::reason::follower, [this, group, at](auto const& made) {
            under_way_.erase({group, at});
            // What comes before a damage is sent. What cannot be read is wanted again in the next round of heartbeats.
            if (made.last < at) return;
            if (!made.error) bring_next(group, made.last + 1);
            with_.at_hand(group, at, made.last);
        });
    }

private:
    chronik::wal::settled_range window_at(chronik::group_id group, chronik::log_index at) const {
        return chronik::wal::settled_range_of(with_.runs(group, at), at, window_bytes_);
    }
    void bring_next(chronik::group_id group, chronik::log_index at) {
        if (auto what = window_at(group, at); !what.runs.empty()) with_.reads.bring_ahead(std::move(what), {}, {});
    }

    parts with_;
    std::size_t window_bytes_;
    std::set<std::pair<chronik::group_id, chronik::log_index>> under_way_;
};

}  // namespace broker::partitions
