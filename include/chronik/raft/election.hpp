// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/random.hpp>
#include <chronik/base/time.hpp>
#include <chronik/raft/options.hpp>
#include <chronik/raft/quorum.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace chronik::raft {

enum class role { follower, pre_candidate, candidate, leader };

struct log_position {
    log_term term;
    log_index index;

    bool operator==(log_position const&) const = default;
};

/// source   Raft paper (extended) section 5.4.1: the later last term wins, then the longer log
inline bool is_up_to_date(log_position theirs, log_position ours) {
    return theirs.term != ours.term ? theirs.term > ours.term : theirs.index >= ours.index;
}

/// The answers to one candidate in one vote. Repeated answers count once, and those of others than voters never.
class ballot {
public:
    void open() { answers_.clear(); }

    void record(configuration const& members, node_id voter, bool granted) {
        if (!members.is_voter(voter) || answer_of(voter) != answer::missing) return;
        CHRONIK_ASSERT(answers_.size() < 2 * voters_max);
        answers_.emplace_back(voter, granted ? answer::granted : answer::refused);
    }
    answer answer_of(node_id voter) const {
        auto const found = std::ranges::find(answers_, voter, &std::pair<node_id, answer>::first);
        return found == answers_.end() ? answer::missing : found->second;
    }
    vote_state count(configuration const& members) const {
        return count_votes(members, [&](node_id voter) { return answer_of(voter); });
    }

private:
    std::vector<std::pair<node_id, answer>> answers_;
};

/// When to stand for election, when to ask again, and how long a leader that was heard is to be trusted.
class election_clock {
public:
    election_clock(std::uint64_t seed, time_point now) : chance_(seed), deadline_(now), retry_(never) {}

    time_point deadline() const { return deadline_; }
    time_point retry() const { return retry_; }
    bool expired(time_point now) const { return now >= deadline_; }
    bool must_retry(time_point now) const { return now >= retry_; }

    /// A fresh random timeout. Each wait draws again, so that split votes do not repeat.
    void restart(options const& timing, time_point now) {
        auto const low = static_cast<std::uint64_t>(timing.election_timeout_min.count());
        auto const high = static_cast<std::uint64_t>(timing.election_timeout_max.count());
        duration const later = (timing.election_timeout_max - timing.election_timeout_min) * timing.election_rank;
        deadline_ = now + duration{static_cast<duration::rep>(chance_.between(low, high))} + later;
        retry_ = never;
    }
    void expire(time_point now) { deadline_ = now; }
    /// The leader is probably gone. One that is not clears that with its next heartbeat, so it is waited for; after
    /// that, chance keeps the members from standing together.
    void suspect(options const& timing, time_point now) {
        auto const one = static_cast<std::uint64_t>(timing.heartbeat_interval.count());
        auto const wait = chance_.between(one + one / 2, one * 4) + timing.election_rank * one * 4;
        deadline_ = std::min(deadline_, now + duration{static_cast<duration::rep>(wait)});
        forget_leader();
    }
    void retry_after(options const& timing, time_point now) { retry_ = now + timing.vote_retry_interval; }

    void heard_leader(time_point now) { heard_ = now; }
    void forget_leader() { heard_ = never; }

    /// A leader heard within the minimum timeout makes elections a disturbance.
    /// source   Raft paper (extended) section 6, "servers disregard RequestVote RPCs when ..."
    bool trusts_leader(options const& timing, time_point now) const {
        return heard_ != never && now - heard_ < timing.election_timeout_min;
    }

private:
    random chance_;
    time_point deadline_;
    time_point retry_;
    time_point heard_ = never;  ///< the leader of this term; never: not yet, or it is not trusted any more
};

}  // namespace chronik::raft
