// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <iterator>
#include <system_error>
#include <utility>

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
        std::uint32_t copies_min;  ///< durable copies asked for beyond the quorum's, this node included; 0: none
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
        auto place = waiting_.end();
        while (place != waiting_.begin() && std::prev(place)->index > proposal.index) --place;
        waiting_.insert(place, std::move(proposal));
    }

    /// Takes the oldest out before it is finished, because finishing may propose again.
    waiting pop() {
        waiting oldest = std::move(waiting_.front());
        waiting_.pop_front();
        return oldest;
    }

    /// Finishes everything above `index` with `error`.
    void fail_above(log_index index, std::error_code error) {
        std::deque<waiting> failed;
        while (!waiting_.empty() && waiting_.back().index > index) {
            failed.push_front(std::move(waiting_.back()));
            waiting_.pop_back();
        }
        for (auto& proposal : failed) proposal.finish(error);
    }

private:
    std::deque<waiting> waiting_;
};

}  // namespace chronik
