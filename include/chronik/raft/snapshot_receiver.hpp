// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/rare.hpp>
#include <chronik/raft/options.hpp>
#include <chronik/raft/snapshot.hpp>

#include <cstdint>
#include <optional>
#include <utility>

namespace chronik::raft {

/// A piece of a snapshot for the place where it gathers. Offset 0 begins it anew, whatever was there.
struct snapshot_part {
    snapshot_info info;
    std::uint64_t offset = 0;
    shared_bytes data;

    bool is_last() const { return offset + data.size() == info.bytes; }
};

/// A follower's side of a snapshot that comes in pieces: which one it gathers, and how far it is.
///
/// Holds no piece: one at a time is with the driver, which writes it down; others are dropped and sent again.
/// A newer snapshot takes the place of an older one half received, and so does that of a newer leader. The same
/// snapshot goes on where it was, whoever sends it.
class snapshot_receiver {
public:
    enum class verdict {
        store,      ///< hand `part` to the driver
        answer,     ///< say how far we are
        too_large,  ///< say that it is refused
        wait,       ///< an earlier piece is still being written
        malformed,  ///< no correct leader sends this
    };
    struct outcome {
        verdict what;
        std::optional<snapshot_part> part{};
    };

    /// What is being gathered, if anything is.
    rare<snapshot_info> const& current() const { return current_; }
    std::uint64_t offset() const { return offset_; }
    /// A piece is with the driver.
    bool storing() const { return storing_ != 0 || whole_; }

    /// term   of the leader, which the caller has accepted
    outcome take(snapshot_chunk&& chunk, std::uint64_t bytes_max) {
        snapshot_info const& info = chunk.info;
        if (!is_well_formed(info) || info.last_term > chunk.term) return {verdict::malformed};
        if (chunk.offset > info.bytes || chunk.data.size() > info.bytes - chunk.offset) return {verdict::malformed};
        if (crc32c::value(chunk.data.view()) != chunk.crc) return {verdict::malformed};
        if (info.bytes > bytes_max) return {verdict::too_large};

        bool const same = current_ == info;
        // One leader's snapshots only become newer: this one was late.
        if (!same && current_ && chunk.term == term_ && info.last_index <= current_->last_index)
            return {verdict::answer};
        if (storing_ != 0 || whole_) return {verdict::wait};
        if (!same) {
            current_ = info;
            offset_ = 0;
        }
        term_ = chunk.term;
        bool const carries = !chunk.data.empty() || info.bytes == 0;
        if (!carries || chunk.offset != offset_) return {verdict::answer};
        storing_ = chunk.data.size() + 1;
        return {verdict::store, snapshot_part{info, offset_, std::move(chunk.data)}};
    }

    /// The piece has been written; after the last one, the whole is to be installed.
    void stored() {
        CHRONIK_ASSERT(storing_ != 0);
        offset_ += std::exchange(storing_, 0) - 1;
        whole_ = offset_ == current_->bytes;
    }
    bool whole() const { return whole_; }

    /// Forgets everything: it is installed, or it could not be written, checked or understood.
    void reset() {
        current_.reset();
        offset_ = 0;
        storing_ = 0;
        whole_ = false;
    }

private:
    rare<snapshot_info> current_;
    log_term term_;
    std::uint64_t offset_ = 0;
    std::uint64_t storing_ = 0;  // size of the piece with the driver, plus one; 0: none
    bool whole_ = false;
};

}  // namespace chronik::raft
