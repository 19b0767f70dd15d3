// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/time.hpp>
#include <chronik/raft/catch_up_throttle.hpp>
#include <chronik/raft/options.hpp>
#include <chronik/raft/snapshot.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace chronik::raft {

/// A leader's side of one snapshot on its way to one follower: asks how far it is, sends from there, one piece
/// at a time, and asks again when no answer comes. So a broken transfer goes on where it stopped.
///
/// Holds the snapshot, so a newer one on this node does not disturb the transfer.
class snapshot_sender {
public:
    explicit snapshot_sender(snapshot what) : what_(std::move(what)) {}

    snapshot_info const& info() const { return what_.info; }
    /// What the follower has said to hold.
    std::uint64_t offset() const { return offset_; }

    /// When next() may have something: now, when the answer is overdue, or when the throttle allows.
    time_point wake_at(catch_up_throttle const& throttle) const {
        if (waiting_until_) return *waiting_until_;
        return asking_ ? time_point{} : throttle.ready_at();
    }

    /// The next thing to send, if it is time for it.
    std::optional<snapshot_chunk> next(log_term term, options const& limits, catch_up_throttle& throttle,
                                       time_point now) {
        if (waiting_until_ && now < *waiting_until_) return std::nullopt;
        // Without an answer in time nobody knows what has arrived. The question costs little if nobody is there.
        if (waiting_until_) asking_ = true;
        if (!asking_ && !throttle.ready(now)) {
            waiting_until_.reset();
            return std::nullopt;
        }
        waiting_until_ = now + limits.snapshot_retry_interval;
        snapshot_chunk piece{.term = term, .info = what_.info, .offset = offset_, .crc = 0, .data = {}};
        if (asking_) return piece;
        auto const from = static_cast<std::size_t>(offset_);
        piece.data = what_.content.slice(from, std::min(limits.snapshot_chunk_bytes, what_.content.size() - from));
        piece.crc = crc32c::value(piece.data.view());
        throttle.sent(piece.data.size(), limits.catch_up_bytes_per_second, now);
        return piece;
    }

    enum class outcome { ignored, proceed, installed };

    /// An answer has come, perhaps late, repeated, or about another snapshot.
    outcome take(snapshot_answer const& answer, options const& limits, time_point now) {
        if (answer.last_index != what_.info.last_index || answer.last_term != what_.info.last_term)
            return outcome::ignored;
        if (answer.progress == snapshot_progress::installed) return outcome::installed;
        if (answer.progress == snapshot_progress::refused || answer.offset > what_.info.bytes) {
            // Another version of that member may take it one day; until then it is asked now and then.
            asking_ = true;
            offset_ = 0;
            waiting_until_ = now + limits.snapshot_retry_interval * refused_factor;
            return outcome::ignored;
        }
        // The follower installs what it holds whole; it says so when that is durable.
        if (answer.offset == what_.info.bytes) {
            asking_ = false;
            offset_ = answer.offset;
            waiting_until_ = now + limits.snapshot_retry_interval;
            return outcome::ignored;
        }
        // It was said late, or by who begins anew, perhaps because the whole was not what it should be. Heeded at once,
        // that would go on as fast as the network is, and without end: without an answer it is asked in a while.
        if (!asking_ && answer.offset < offset_) return outcome::ignored;
        // A second answer to the same question would double what is on its way.
        if (!asking_ && waiting_until_ && answer.offset == offset_) return outcome::ignored;
        asking_ = false;
        offset_ = answer.offset;
        waiting_until_.reset();
        return outcome::proceed;
    }

private:
    static constexpr int refused_factor = 8;

    snapshot what_;
    std::uint64_t offset_ = 0;
    bool asking_ = true;
    std::optional<time_point> waiting_until_;
};

}  // namespace chronik::raft
