// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/rare.hpp>
#include <chronik/base/time.hpp>
#include <chronik/raft/catch_up.hpp>
#include <chronik/raft/doubt.hpp>
#include <chronik/raft/fifo.hpp>
#include <chronik/raft/options.hpp>
#include <chronik/raft/snapshot_sender.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace chronik::raft {

/// What was sent to one follower and is not yet durable there.
class inflight_window {
public:
    std::size_t bytes() const { return bytes_; }
    std::size_t messages() const { return sent_.size(); }

    void add(log_index last, std::size_t bytes) {
        sent_.push({last, bytes});
        bytes_ += bytes;
    }
    void acknowledge(log_index match) {
        std::size_t done = 0;
        while (done < sent_.size() && sent_[done].last <= match) bytes_ -= sent_[done++].bytes;
        sent_.pop_front(done);
    }
    void clear() {
        sent_.clear();
        bytes_ = 0;
    }
    void give_back() { sent_.give_back(); }

private:
    struct sent {
        log_index last;
        std::size_t bytes = 0;
    };
    fifo<sent> sent_;
    std::size_t bytes_ = 0;
};

/// Of who needs entries for which the store would have to wait.
struct cold_entries {
    log_index wanted;  ///< what it needs next; told in effects::wanted
    std::uint64_t wanted_in_round = 0;
    log_index at_hand_to;      ///< entries up to there were brought for it: they are not asked about again
    time_point at_hand_until;  ///< before then; later, they may have gone from memory again
};

/// One follower in the leader's eyes.
///
/// probe       it is unknown where the logs part: one message at a time
/// replicate   the logs agree up to next - 1, if nothing was lost: messages flow up to the window
/// snapshot    what it needs next is compacted: the state goes instead, and then replicate
/// Invariant: match < next, and match never falls while this leader leads, but when it hears of a doubt, or that a
/// learner has come back without its log.
struct progress {
    enum class mode : std::uint8_t { probe, replicate, snapshot };

    node_id node;
    mode state = mode::probe;
    bool probe_sent = false;
    bool witness = false;    ///< is sent entries without their payloads
    bool held_back = false;  ///< a learner whose entries wait for the throttle
    log_index match;         ///< durable there
    log_index next;          ///< first entry to send
    inflight_window window;
    rare<snapshot_sender> sending;  ///< in mode snapshot
    std::uint64_t window_bytes_offered = std::numeric_limits<std::uint64_t>::max();
    log_index commit_sent;
    std::uint64_t round_answered = 0;
    time_point last_contact;
    rare<catch_up> rounds;    ///< of who is no voter
    rare<cold_entries> cold;  ///< of who is far behind
    doubt_of_peer doubt;

    /// Durable there, as far as that counts for a quorum.
    log_index counted_match() const { return doubt.counts() ? match : log_index{}; }
    /// Nothing is known of its log any more.
    void forget_log(log_index last) {
        match = {};
        round_answered = 0;
        commit_sent = {};
        rounds.reset();
        if (cold) cold->at_hand_to = {};
        become_probe(last + 1);
    }

    void become_probe(log_index from) {
        state = mode::probe;
        next = std::max(from, match + 1);
        probe_sent = false;
        window.clear();
        sending.reset();
    }
    void become_snapshot(snapshot what) {
        state = mode::snapshot;
        probe_sent = false;
        window.clear();
        sending.emplace(std::move(what));
    }
    void become_replicate(log_index from) {
        state = mode::replicate;
        next = std::max(from, match + 1);
        probe_sent = false;
        window.clear();
        sending.reset();
    }

    /// It has everything.
    void give_back() {
        window.give_back();
        cold.reset();
    }

    /// Bytes that may follow now. An empty window always lets one message through, whatever was offered.
    std::size_t bytes_allowed(options const& limits) const {
        if (window.messages() == 0) return limits.append_bytes_max;
        if (window.messages() >= limits.inflight_messages_max) return 0;
        std::uint64_t const offered = std::min<std::uint64_t>(limits.inflight_bytes_max, window_bytes_offered);
        if (window.bytes() >= offered) return 0;
        return std::min(limits.append_bytes_max, static_cast<std::size_t>(offered) - window.bytes());
    }
};

/// The part of it that others may rely on.
struct peer_status {
    node_id node;
    log_index match;
    log_index next;
    time_point last_contact;
    bool recently_active = false;  ///< heard from within an election timeout
    bool voter = false;
    bool in_doubt = false;  ///< counts for no quorum

    bool operator==(peer_status const&) const = default;
};

}  // namespace chronik::raft
