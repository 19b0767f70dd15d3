// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/raft/effects.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace chronik {

/// Called once when a read may be answered from the machine, or cannot be; see host::read.
using read_done = std::move_only_function<void(std::error_code)>;

/// The reads of one group that are under way: first until the core has found the index that they must see, then until
/// that is applied here.
class read_queue {
public:
    bool empty() const { return waiting_.empty(); }
    std::size_t size() const { return waiting_.size(); }

    void push(raft::read_ticket ticket, read_done done) { waiting_.push_back({ticket, {}, {}, std::move(done)}); }

    /// Outcomes come mostly in the order of the questions, so the place is found at once.
    void decide(raft::read_outcome const& told) {
        auto const found = std::ranges::find(waiting_, told.ticket, &read::ticket);
        if (found == waiting_.end()) return;
        if (told.index) found->index = *told.index; else found->error = errc::not_leader;
    }

    /// Tells those that are over, oldest first.
    void finish(log_index applied) {
        // Taken out before they are told, because who is told may read again.
        finish_if([applied](read const& each) { return each.error || (each.index && *each.index <= applied); });
    }
    void fail_all(std::error_code error) {
        for (read& each : waiting_) each.error = error;
        finish_if([](read const&) { return true; });
    }

private:
    struct read {
        raft::read_ticket ticket;
        std::optional<log_index> index;  ///< absent until it is known
        std::error_code error;
        read_done done;
    };

    template <class IsOver>
    void finish_if(IsOver is_over) {
        if (std::ranges::none_of(waiting_, is_over)) return;
        std::vector<read> over;
        std::vector<read> kept;
        for (read& each : waiting_) {
            if (is_over(each)) over.push_back(std::move(each)); else kept.push_back(std::move(each));
        }
        waiting_.swap(kept);
        for (read& each : over) each.done(each.error);
    }

    std::vector<read> waiting_;
};

}  // namespace chronik
