// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/rare.hpp>
#include <chronik/raft/effects.hpp>
#include <chronik/raft/hard_state.hpp>
#include <chronik/raft/log.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace chronik::raft {

/// Keeps the order "persist, then send": the only maker of writes and of messages that may leave.
///
/// A message sent while the term or the vote is not yet durable waits here for the write that carries it.
class outbox {
public:
    outbox(hard_state restored, std::size_t gated_messages_max)
        : hard_(restored), gated_messages_max_(gated_messages_max) {}

    hard_state const& state() const { return hard_; }

    /// True when the current term and vote would survive a crash.
    bool state_durable() const { return !changed_ && state_ticket_ <= completed_; }

    void change_state(hard_state next) {
        CHRONIK_ASSERT(next.term > hard_.term || (next.term == hard_.term && hard_.vote == no_node));
        // Messages of a past term help nobody, and what they say may no longer be true when they leave.
        if (next.term > hard_.term) gated_.reset();
        hard_ = next;
        changed_ = true;
    }

    /// The next write replaces the log by a snapshot.
    void install(snapshot_info of) { install_ = std::move(of); }
    /// False while a crash might find the log as it was before the last install().
    bool install_durable() const { return !install_ && install_ticket_ <= completed_; }

    /// The next write ends the member's doubt.
    void end_doubt() {
        CHRONIK_ASSERT(!ends_doubt());
        sound_ = true;
    }
    bool ends_doubt() const { return sound_ || sound_ticket_ != ticket{}; }
    /// True when no crash finds the doubt again.
    bool doubt_is_over() const { return sound_ticket_ != ticket{} && sound_ticket_ <= completed_; }

    /// body   a message, or one of its kinds: it is made where it will be read, and moved nowhere in between
    template <class Body>
    void send(node_id to, Body&& body, effects& out) {
        if (state_durable()) {
            out.messages.emplace_back(outgoing::permission{}, to, std::forward<Body>(body));
        } else if (auto& gated = gated_.ensure(); gated.size() < gated_messages_max_) {
            gated.emplace_back(outgoing::permission{}, to, std::forward<Body>(body));
        }
    }

    /// Ends a call of the core: whatever has changed becomes one write.
    template <log_view Store>
    void flush(log<Store>& entries, effects& out) {
        if (!changed_ && !install_ && !sound_ && !entries.has_unwritten()) return;
        CHRONIK_ASSERT(!out.persist);
        ++last_;
        std::optional<hard_state> state;
        if (std::exchange(changed_, false)) {
            state = hard_;
            state_ticket_ = last_;
        }
        std::optional<snapshot_info> installed;
        if (install_) {
            installed = std::move(*install_);
            install_.reset();
            install_ticket_ = last_;
        }
        bool const sound = std::exchange(sound_, false);
        if (sound) sound_ticket_ = last_;
        auto taken = entries.take_unwritten(last_, &out.spare);
        auto const end = entries.last_index();
        out.persist.emplace(write::permission{}, last_, std::move(installed), state, std::move(taken), sound, end,
                            entries.last_term());
    }

    void completed(stored const& done, effects& out) {
        CHRONIK_ASSERT(done.number() <= last_);
        completed_ = std::max(completed_, done.number());
        if (!state_durable() || !gated_) return;
        for (outgoing& waiting : *gated_) out.messages.push_back(std::move(waiting));
        gated_.reset();
    }

private:
    hard_state hard_;
    bool changed_ = false;
    bool sound_ = false;
    ticket last_;
    ticket completed_;
    ticket state_ticket_;  // the newest write that carries a term or vote
    rare<snapshot_info> install_;
    ticket install_ticket_;  // the newest write that carries an install
    ticket sound_ticket_;  // the write that ends the doubt
    rare<std::vector<outgoing>> gated_;  // of an election, and the next is far
    std::size_t gated_messages_max_;
};

}  // namespace chronik::raft
