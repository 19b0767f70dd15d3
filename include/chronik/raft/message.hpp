// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/raft/shared_entries.hpp>
#include <chronik/raft/snapshot.hpp>

#include <cstdint>
#include <variant>

namespace chronik::raft {

/// Would you vote for me in `term`? Nobody's term or vote changes.
/// source   Ongaro's thesis section 9.6
struct pre_vote_request {
    log_term term;  ///< the term of the election that would follow: the sender's own plus one
    log_index last_index;
    log_term last_term;

    bool operator==(pre_vote_request const&) const = default;
};

/// term   granted: the request's term; refused: the answerer's own, which the asker adopts if it is higher
struct pre_vote_response {
    log_term term;
    bool granted = false;

    bool operator==(pre_vote_response const&) const = default;
};

/// source   Raft paper (extended) figure 2, "RequestVote RPC"
struct vote_request {
    log_term term;
    log_index last_index;
    log_term last_term;
    bool transfer = false;  ///< the leader itself asked for this election, so hearing from it is no reason to refuse

    bool operator==(vote_request const&) const = default;
};

struct vote_response {
    log_term term;
    bool granted = false;

    bool operator==(vote_response const&) const = default;
};

/// Entries after a known position; without entries a heartbeat, or news of the commit index.
///
/// entries   contiguous, first.index == prev_index + 1
/// round     counts the leader's heartbeats in its term; the response returns it, so that the leader
///           knows which rounds a quorum has answered
/// rest      no entries: nothing is missing, and no heartbeat follows; see rest.hpp
/// sound     the receiver's doubt of this name is over, if it has the log up to `sound_from`; see doubt.hpp
/// source    Raft paper (extended) figure 2, "AppendEntries RPC"
struct append_request {
    log_term term;
    log_index prev_index;
    log_term prev_term;
    log_index commit_index;
    std::uint64_t round = 0;
    shared_entries entries;
    bool rest = false;
    doubt_token sound{};
    log_index sound_from{};

    bool operator==(append_request const&) const = default;
};

/// success       the log agrees with the leader's up to `checked_index`, and up to `match_index` it is durable too
/// not success   `checked_index` is the prev_index that was refused; conflict_index/-term is the sender's last
///               position that can possibly agree: at or before it, and with a term not above prev_term
/// window_bytes  what the follower is willing to hold beyond match_index
/// rests         asked to rest, it does
/// doubt         the one that the sender is in
struct append_response {
    log_term term;
    bool success = false;
    log_index match_index;
    log_index checked_index;
    log_index conflict_index;
    log_term conflict_term;
    std::uint64_t round = 0;
    std::uint64_t window_bytes = 0;
    bool rests = false;
    doubt_token doubt{};

    bool operator==(append_response const&) const = default;
};

/// Start an election now, without asking first: the leader hands over.
/// source   Ongaro's thesis section 3.10
struct timeout_now {
    log_term term;

    bool operator==(timeout_now const&) const = default;
};

/// Which entries does a read have to see that begins now? From a follower to its leader.
struct read_request {
    log_term term;
    std::uint64_t number = 0;

    bool operator==(read_request const&) const = default;
};

/// index   what the read waits for, if granted: it was committed, and this leader still led, after the request had come
struct read_response {
    log_term term;
    std::uint64_t number = 0;
    log_index index;
    bool granted = false;

    bool operator==(read_response const&) const = default;
};

using message = std::variant<pre_vote_request, pre_vote_response, vote_request, vote_response, append_request,
                             append_response, timeout_now, snapshot_chunk, snapshot_answer, read_request,
                             read_response>;

inline log_term term_of(message const& any) {
    return std::visit([](auto const& body) { return body.term; }, any);
}

/// True for what is said unasked.
inline bool is_request(message const& any) {
    return std::holds_alternative<pre_vote_request>(any) || std::holds_alternative<vote_request>(any) ||
           std::holds_alternative<append_request>(any) || std::holds_alternative<snapshot_chunk>(any);
}

}  // namespace chronik::raft
