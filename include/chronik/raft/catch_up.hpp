// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>

namespace chronik::raft {

/// How fast a follower takes what the log holds, in rounds: one lasts until all that was in the log when it began is
/// durable there. While a round takes no longer than an election, nobody would wait for this follower's vote.
/// source   Ongaro's thesis section 4.2.1
class catch_up {
public:
    /// The follower holds `match` durably, and the log ends at `last`.
    void reached(log_index match, log_index last, duration round_max, time_point now) {
        if (began_ == never) return begin(last, now);
        if (match < target_) return;
        fast_ = now - began_ <= round_max;
        begin(last, now);
    }
    /// The last whole round was short enough.
    bool is_fast() const { return fast_; }

private:
    void begin(log_index last, time_point now) {
        target_ = last;
        began_ = now;
    }

    log_index target_;
    time_point began_ = never;
    bool fast_ = false;
};

}  // namespace chronik::raft
