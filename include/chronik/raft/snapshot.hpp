// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/crc32c.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/raft/configuration.hpp>
#include <chronik/raft/hard_state.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace chronik::raft {

/// What a snapshot is of, without the state itself.
///
/// last_index, last_term   the last entry that the state contains: the snapshot's id
/// next_offset             of the first record after it
/// members                 the configuration as of that entry; a log that begins behind it does not tell any more
/// bytes, crc              size and CRC-32C of the state. Two members may write the same state down differently, so a
///                         transfer goes on only where all of this is equal
struct snapshot_info {
    log_index last_index;
    log_term last_term;
    log_offset next_offset;
    configuration members;
    std::uint64_t bytes = 0;
    std::uint32_t crc = 0;

    bool operator==(snapshot_info const&) const = default;
};

/// A whole snapshot: what it is of, and a view of its bytes, which keeps them. The file may be gone meanwhile.
/// source   Raft paper (extended) section 7
struct snapshot {
    snapshot_info info;
    shared_bytes content;
};

/// The same place in the log without the state, which is how a witness begins there. No state has no bytes: a machine's
/// begins with a version.
inline snapshot without_state(snapshot const& whole) {
    snapshot made{whole.info, {}};
    made.info.bytes = 0;
    made.info.crc = crc32c::value(made.content.view());
    return made;
}
inline bool has_state(snapshot_info const& info) { return info.bytes != 0; }

/// Checks what can be checked without the state.
inline bool is_well_formed(snapshot_info const& info) {
    if (info.last_index == log_index{} || info.last_index > log_index_max) return false;
    if (info.last_term == log_term{} || info.last_term > log_term_max) return false;
    return info.next_offset <= log_offset_max && is_valid(info.members);
}

/// A piece of the leader's snapshot, or a question.
///
/// data     state.bytes from `offset` on; empty: "how far have you got?"
/// crc      CRC-32C of data
/// source   Raft paper (extended) figure 13, "InstallSnapshot RPC", one piece at a time and resumable
struct snapshot_chunk {
    log_term term;
    snapshot_info info;
    std::uint64_t offset = 0;
    std::uint32_t crc = 0;
    shared_bytes data;

    bool operator==(snapshot_chunk const&) const = default;
};

/// receiving   go on at `offset`
/// installed   everything up to the snapshot's last index is durable here; `offset` means nothing
/// refused     this member cannot take it: it has no place for snapshots, or it is too large, or not understood
enum class snapshot_progress : std::uint8_t { receiving = 0, installed = 1, refused = 2 };

/// last_index, last_term   of the snapshot that the answer is about
/// doubt                   the one that the sender is in; see doubt.hpp
struct snapshot_answer {
    log_term term;
    log_index last_index;
    log_term last_term;
    snapshot_progress progress = snapshot_progress::receiving;
    std::uint64_t offset = 0;
    doubt_token doubt{};

    bool operator==(snapshot_answer const&) const = default;
};

}  // namespace chronik::raft
