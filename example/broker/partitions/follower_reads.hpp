// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <composition.hpp>
#include <partitions/cold_reads.hpp>

#include <cstddef>
#include <functional>
#include <set>
#include <utility>

namespace broker::partitions {

/// Has old entries brought into memory that a leader on this node needs for followers that are far behind, and sent on
/// then: a leader does not read what it would have to wait for.
///
/// threads   the loop's
class follower_reads {
public:
    struct parts {
        host& logs;
        cold_reads& reads;
        std::function<chronik::time_point()> now;
        std::function<void()> request_turn;
    };

    explicit follower_reads(parts with) : with_(std::move(with)) {}

    /// Some follower needs this entry. Repeated while it is on its way, nothing happens.
    void wanted(chronik::group_id group, chronik::log_index at) {
        auto const* const led = with_.logs.find(group);
        if (led == nullptr || under_way_.contains({group, at})) return;
        auto what = chronik::wal::settled_range_of(led->log.settled_from_entry(at), at, window_bytes);
        // It has become one that nobody can send.
        if (what.runs.empty()) return;
        under_way_.insert({group, at});
        with_.reads.bring(std::move(what), cold_reads::reason::follower, [this, group, at](auto const& made) {
            under_way_.erase({group, at});
            // The core tells it again with the next round of heartbeats.
            if (made.error) return;
            bring_next(group, made.last + 1);
            with_.logs.at_hand(group, at, made.last, with_.now());
            with_.request_turn();
        });
    }

private:
    /// What one follower may have on its way.
    static constexpr std::size_t window_bytes = std::size_t{4} << 20;

    void bring_next(chronik::group_id group, chronik::log_index at) {
        auto const* const led = with_.logs.find(group);
        if (led == nullptr) return;
        auto what = chronik::wal::settled_range_of(led->log.settled_from_entry(at), at, window_bytes);
        if (!what.runs.empty()) with_.reads.bring_ahead(std::move(what), {}, {});
    }

    parts with_;
    std::set<std::pair<chronik::group_id, chronik::log_index>> under_way_;
};

}  // namespace broker::partitions
