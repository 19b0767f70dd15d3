// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>

namespace chronik::raft {

/// A leader's intent to hand over. While it lasts, proposals are refused, so that the target can catch up.
/// source   Ongaro's thesis section 3.10
class leadership_transfer {
public:
    bool active() const { return target_ != no_node; }
    node_id target() const { return target_; }
    time_point deadline() const { return deadline_; }

    void begin(node_id target, time_point deadline) {
        target_ = target;
        deadline_ = deadline;
    }
    /// Gives up: the leader goes on leading. The target may still win, by a vote that is counted as any other.
    void end() {
        target_ = no_node;
        deadline_ = never;
    }

private:
    node_id target_;
    time_point deadline_ = never;
};

}  // namespace chronik::raft
