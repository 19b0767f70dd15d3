// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>

#include <cstdint>

namespace chronik::raft {

// A member whose storage was damaged is in doubt: it may have forgotten entries that it acknowledged, its term, and
// votes that it gave. So it gives none, does not stand for election, and says with every answer which doubt it is in;
// who leads counts it for nothing. It learns as ever. When an entry that was appended after the leader had heard of the
// doubt is committed by the others alone, and this member has it on disk, then it has all that it may have lost and
// that anybody counts on: the leader tells it so, and it is a member like any other.
// docs/decisions/0035-a-member-in-doubt.md says why that is enough.

/// One member's doubt in the eyes of a leader, for one term of leadership: a new leader learns of it from the answers.
class doubt_of_peer {
public:
    enum class heard { known, fresh, late };

    /// An answer of the member was in this doubt, or in none.
    ///
    /// round   of heartbeats, the newest that the member had heard of when it answered; 0 where it does not say
    /// fresh   what was known of the member holds no more: begin() with an entry that is still to be appended
    /// late    it was sent before the doubt that is known, or before that was over, and proves nothing
    heard hear(doubt_token said, std::uint64_t round = 0) {
        if (said > token_) {
            *this = {};
            token_ = said;
            said_ = true;
            return heard::fresh;
        }
        // What it answers left after its doubt was heard of. So that is over: an earlier leader had found it sound, and
        // its word has come since.
        if (said == no_doubt && token_ != no_doubt && round > begun_in_) over_ = true;
        bool const holds = said == token_ ? !over_ : said == no_doubt && (settled_ || over_);
        if (!holds) return heard::late;
        said_ = said != no_doubt;
        return heard::known;
    }

    /// ends_at   the entry that was appended when the doubt was heard of
    /// round     of heartbeats, the newest then
    void begin(log_index ends_at, std::uint64_t round) {
        ends_at_ = ends_at;
        begun_in_ = round;
    }

    /// commit   as far as the others have committed without this member
    /// match    as far as this member has the log on disk
    void settle(log_index commit, log_index match) {
        if (token_ != no_doubt && ends_at_ != log_index{} && commit >= ends_at_ && match >= ends_at_) settled_ = true;
    }

    /// Whether it counts for a quorum.
    bool counts() const { return token_ == no_doubt || settled_ || over_; }
    /// Its last answer was in doubt: it takes no part in elections.
    bool says_so() const { return said_; }
    /// The member is to be told that it is sound.
    bool is_to_be_told() const { return settled_ && said_; }
    doubt_token token() const { return token_; }
    log_index ends_at() const { return ends_at_; }

private:
    doubt_token token_;  ///< the newest that was heard of
    log_index ends_at_;
    std::uint64_t begun_in_ = 0;
    bool settled_ = false;  ///< this leader has found it sound
    bool over_ = false;     ///< the member has said so
    bool said_ = false;
};

}  // namespace chronik::raft
