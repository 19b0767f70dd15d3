// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>

namespace chronik::raft {

/// Since when a member's own disk has owed entries without finishing any. Looked at now and then, so it knows the
/// time to within one look.
class disk_watch {
public:
    /// stable   own entries up to here are durable; last: the end of the log
    void look(log_index stable, log_index last, time_point now) {
        bool const moved = stable != seen_ || owed_since_ == never;
        if (stable == last) owed_since_ = never; else if (moved) owed_since_ = now;
        seen_ = stable;
    }
    bool is_stalled(duration longest, time_point now) const {
        return owed_since_ != never && now - owed_since_ >= longest;
    }

private:
    log_index seen_;
    time_point owed_since_ = never;
};

}  // namespace chronik::raft
