// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/node/proposal.hpp>
#include <chronik/node/read_queue.hpp>
#include <chronik/node/waiting_change.hpp>

namespace chronik {

/// Who waits for something of one group. Mostly that is nobody: a group has one of these from the first who waits until
/// it rests.
///
/// commit, sync   proposals, by what their proposers asked for
template <class Result>
struct waiters {
    proposal_queue<Result> commit;
    proposal_queue<Result> sync;
    read_queue reads;
    transfer_done transfer;
    waiting_change change;

    /// Somebody waits for what the log brings.
    bool for_entries() const { return !commit.empty() || !sync.empty() || !reads.empty(); }
    bool none() const { return !for_entries() && !transfer && !change.active(); }
};

}  // namespace chronik
