// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>

#include <cstdint>

namespace chronik::raft {

// A group in which every member has everything, and knows it to be committed, has nothing to say. Its leader tells the
// others so once, and from then on sends no heartbeats; they wait for none. Somebody else, who watches over the two
// nodes for all their groups together, calls core::rouse() when one of them has not heard from the other. No promise of
// Raft's hangs on that: terms, votes and logs are as without it, and who rests in vain is only late for an election.

/// Whether a leader's group rests, and since which round: an answer to an earlier one says nothing about that.
class rest_of_leader {
public:
    bool active() const { return active_; }

    void begin(std::uint64_t round) {
        active_ = true;
        round_ = round;
    }
    void end() { active_ = false; }

    /// A member was asked to rest with that round or a later one, and has answered that it does not.
    bool is_declined(std::uint64_t round_answered, bool rests) const {
        return active_ && round_answered >= round_ && !rests;
    }

private:
    std::uint64_t round_ = 0;
    bool active_ = false;
};

/// How a core rests, for who watches over the pairs of nodes: with the leader of that term, or leading it.
struct resting {
    log_term term{};  ///< zero: it does not
    node_id leader;

    bool operator==(resting const&) const = default;
};

/// How long one node of a pair may be silent before its groups are roused: short enough that they stand for election
/// when they would have without resting.
inline duration silence_max(duration heartbeat_interval, duration election_timeout_min) {
    duration const beats = heartbeat_interval * 3;
    return beats < election_timeout_min ? beats : election_timeout_min;
}

}  // namespace chronik::raft
