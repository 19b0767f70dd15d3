// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/shared_bytes.hpp>

#include <cstdint>

namespace chronik {

/// Why an entry is in the log. The number is on disk and on the wire; see docs/formats/journal.md.
enum class entry_kind : std::uint8_t {
    no_op = 0,          ///< carries nothing: a leader's first entry of its term, or what a witness keeps of a command
    command = 1,        ///< for the state machine
    configuration = 2,  ///< membership; for Raft itself
};

/// The one value that raft, wal and machine share.
///
/// base_offset    offset of the entry's first record; for an entry without records, of the next one.
///                It is part of the entry, so that a truncated log truncates offsets with it.
/// record_count   0 for entries that take no offset (a leader's no_op, configuration, commands without records)
struct entry {
    log_term term;
    log_index index;
    entry_kind kind = entry_kind::no_op;
    log_offset base_offset;
    std::uint32_t record_count = 0;
    shared_bytes payload;

    log_offset next_offset() const { return base_offset + record_count; }
    bool operator==(entry const&) const = default;
};

}  // namespace chronik
