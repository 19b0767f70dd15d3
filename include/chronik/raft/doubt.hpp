// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>

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
    /// fresh   what was known of the member holds no more: begin() with an entry that is still to be appended
    /// late    it was sent before the doubt that is known, and proves nothing
    heard hear(doubt_token said) {
        if (said > token_) {
            token_ = said;
            ends_at_ = {};
            settled_ = false;
            said_ = true;
            return heard::fresh;
        }
        if (said == token_ || (said == no_doubt && settled_)) {
            said_ = said != no_doubt;
            return heard::known;
        }
        return heard::late;
    }

    /// The entry that was appended when the doubt was heard of.
    void begin(log_index ends_at) { ends_at_ = ends_at; }

    /// commit   as far as the others have committed without this member
    /// match    as far as this member has the log on disk
    void settle(log_index commit, log_index match) {
        if (token_ != no_doubt && ends_at_ != log_index{} && commit >= ends_at_ && match >= ends_at_) settled_ = true;
    }

    /// Whether it counts for a quorum.
    bool counts() const { return token_ == no_doubt || settled_; }
    /// Its last answer was in doubt: it takes no part in elections.
    bool says_so() const { return said_; }
    /// The member is to be told that it is sound.
    bool is_to_be_told() const { return settled_ && said_; }
    doubt_token token() const { return token_; }
    log_index ends_at() const { return ends_at_; }

private:
    doubt_token token_;  ///< the newest that was heard of
    log_index ends_at_;
    bool settled_ = false;
    bool said_ = false;
};

}  // namespace chronik::raft
