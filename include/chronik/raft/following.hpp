// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/acceptance.hpp>

#include <algorithm>
#include <cstdint>

namespace chronik::raft {

/// What a follower knows and owes to the leader of its term. A new term starts it afresh.
///
/// checked        the log agrees with the leader's up to here
/// acknowledged   the leader was told that it is durable up to here
struct following {
    log_index checked{};
    log_index acknowledged{};
    std::uint64_t round = 0;
    std::uint64_t round_answered = 0;
    bool resting = false;  ///< no heartbeat is waited for

    log_index durable(log_index stable) const { return std::min(checked, stable); }

    void take(append_request const& request, log_index now_checked) {
        checked = std::max(checked, now_checked);
        round = std::max(round, request.round);
    }

    /// Answers that say nothing new are not sent, and one that the disk will complete soon waits for it.
    ///
    /// A repeated request is always answered: the leader has not heard the first answer.
    bool owes_answer(bool carried_entries, log_index request_checked, log_index stable) const {
        if (carried_entries) return request_checked <= stable;
        return round > round_answered || durable(stable) > acknowledged;
    }

    append_response answer(log_term term, log_index stable, std::uint64_t window_bytes) {
        acknowledged = durable(stable);
        round_answered = round;
        return {.term = term,
                .success = true,
                .match_index = acknowledged,
                .checked_index = checked,
                .conflict_index = {},
                .conflict_term = {},
                .round = round,
                .window_bytes = window_bytes,
                .rests = resting};
    }

    append_response refusal(log_term term, append_outcome const& outcome, append_request const& request,
                            std::uint64_t window_bytes) const {
        return {.term = term,
                .success = false,
                .match_index = {},
                .checked_index = outcome.checked,
                .conflict_index = outcome.conflict_index,
                .conflict_term = outcome.conflict_term,
                .round = request.round,
                .window_bytes = window_bytes};
    }
};

}  // namespace chronik::raft
