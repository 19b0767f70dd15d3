// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/rare.hpp>
#include <chronik/raft/configuration.hpp>

#include <functional>
#include <system_error>
#include <utility>

namespace chronik {

/// Called when a change of a group's members is over; see host::change_members.
using change_done = std::move_only_function<void(std::error_code)>;

/// The change of members that somebody waits for: the newest.
class waiting_change {
public:
    bool active() const { return target_.has_value(); }

    /// returns   who waited for the one that this takes the place of, to be told; mostly empty
    [[nodiscard]] change_done begin(raft::configuration target, change_done done) {
        target_ = raft::normalized(std::move(target));
        return std::exchange(done_, std::move(done));
    }

    /// A configuration is committed and no change is under way; on the way to the target there may be others.
    void settled(raft::configuration const& members) {
        if (active() && *target_ == members) finish({});
    }
    void fail(std::error_code error) {
        if (active()) finish(error);
    }

private:
    void finish(std::error_code error) {
        target_.reset();
        auto told = std::exchange(done_, nullptr);
        if (told) told(error);
    }

    rare<raft::configuration> target_;
    change_done done_;
};

}  // namespace chronik
