// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/time.hpp>
#include <chronik/raft/effects.hpp>
#include <chronik/raft/fifo.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace chronik::raft {

/// Reads that a leader has promised an index for, once it knows that it still led when they came.
///
/// index   the state that the read must see: committed when it came, or the first entry of the leader's own term
/// round   a heartbeat round begun after it came: when a quorum has answered that, nobody else had led before
/// Rounds and indexes ascend, so the oldest read is always the first to be ready.
/// source   thesis section 6.4
class reads_of_leader {
public:
    struct waiting {
        read_ticket ticket;
        node_id from;  ///< whom to tell; no_node: this member's own
        log_index index;
        std::uint64_t round = 0;
    };

    bool empty() const { return waiting_.empty(); }
    std::size_t size() const { return waiting_.size(); }
    waiting const& oldest() const { return waiting_.front(); }
    /// The round that the newest read waits for.
    std::uint64_t newest_round() const { return waiting_.back().round; }

    void push(waiting const& read) { waiting_.push(read); }
    void pop() { waiting_.pop_front(1); }
    void give_back() { waiting_.give_back(); }

    /// The leader leads no more: who asked through another member is told by the change of leaders.
    void fail(effects& out) {
        for (std::size_t at = 0; at < waiting_.size(); ++at) {
            if (waiting_[at].from == no_node) out.reads.push_back({waiting_[at].ticket, std::nullopt});
        }
        waiting_.clear();
    }

private:
    fifo<waiting> waiting_;
};

/// Reads that a follower has asked its leader about.
class reads_of_follower {
public:
    std::size_t size() const { return asked_.size(); }
    /// When the oldest has waited too long: its question or its answer was lost.
    time_point deadline() const { return asked_.empty() ? never : asked_.front().deadline; }

    void push(read_ticket read, time_point deadline) { asked_.push_back({read, deadline}); }

    /// True if it was waited for; an answer that comes twice counts once.
    bool take(read_ticket read) {
        auto const found = std::ranges::find(asked_, read, &asked::ticket);
        if (found == asked_.end()) return false;
        asked_.erase(found);
        return true;
    }
    void fail_until(time_point now, effects& out) {
        auto const first = std::ranges::find_if(asked_, [&](asked const& read) { return read.deadline > now; });
        for (auto read = asked_.begin(); read != first; ++read) out.reads.push_back({read->ticket, std::nullopt});
        asked_.erase(asked_.begin(), first);
    }
    void fail(effects& out) { fail_until(never, out); }
    void give_back() {
        if (asked_.empty()) asked_ = std::vector<asked>{};
    }

private:
    struct asked {
        read_ticket ticket;
        time_point deadline;
    };
    std::vector<asked> asked_;
};

}  // namespace chronik::raft
