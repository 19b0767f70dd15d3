// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/raft/fifo.hpp>

#include <cstdint>
#include <functional>
#include <system_error>
#include <utility>
#include <vector>

namespace chronik {

/// What a proposer waits for before it is told. The weaker one is named for what it loses.
enum class acknowledge {
    committed,       ///< durable on a quorum and applied here
    on_this_node,    ///< durable here only: lost if this node is, before the others have it
};

/// What became of a proposal.
///
/// error    none: it is as durable as was asked for.
///          errc::superseded: surely not committed, propose it again.
///          errc::unknown_outcome: leadership was lost on the way; it may still commit.
///          errc::storage_failed, errc::closed: this node will not know any more.
/// result   the machine's answer; null when only on_this_node was asked for, or the copies came after the commit
template <class Result>
struct proposal_outcome {
    std::error_code error;
    log_index index;
    log_term term;
    log_offset base_offset;
    Result const* result = nullptr;
};

template <class Result>
using proposal_done = std::move_only_function<void(proposal_outcome<Result>)>;

/// Called when a transfer of leadership is over; see host::transfer.
using transfer_done = std::move_only_function<void(std::error_code)>;

/// The proposals of one group that somebody waits for, oldest first.
///
/// One leader's indexes only grow, so what is reached is always a prefix and nothing is searched.
template <class Result>
class proposal_queue {
public:
    struct waiting {
        log_index index;
        log_term term;
        log_offset base_offset;
        std::uint32_t copies_min = 0;  ///< durable copies asked for beyond the quorum's, this node included; 0: none
        proposal_done<Result> done;

        void finish(std::error_code error, Result const* result = nullptr) {
            done({error, index, term, base_offset, result});
        }
    };

    bool empty() const { return waiting_.empty(); }
    std::size_t size() const { return waiting_.size(); }
    waiting const& front() const { return waiting_.front(); }

    /// Almost always the newest; an entry that is waited for once more goes to its place.
    void push(waiting proposal) {
        waiting_.push(std::move(proposal));
        for (std::size_t at = waiting_.size() - 1; at > 0 && waiting_[at - 1].index > waiting_[at].index; --at) {
            std::swap(waiting_[at - 1], waiting_[at]);
        }
    }

    /// Takes the oldest out before it is finished, because finishing may propose again.
    waiting pop() {
        waiting oldest = std::move(waiting_.front());
        waiting_.pop_front(1);
        return oldest;
    }

    /// Finishes everything above `index` with `error`.
    void fail_above(log_index index, std::error_code error) {
        std::size_t kept = waiting_.size();
        while (kept > 0 && waiting_[kept - 1].index > index) --kept;
        std::vector<waiting> failed;
        for (std::size_t at = kept; at < waiting_.size(); ++at) failed.push_back(std::move(waiting_[at]));
        waiting_.shrink_to(kept);
        for (auto& proposal : failed) proposal.finish(error);
    }

private:
    raft::fifo<waiting> waiting_;
};

}  // namespace chronik
