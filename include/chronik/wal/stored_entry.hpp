// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/wal/finding.hpp>
#include <chronik/wal/record.hpp>
#include <chronik/wal/segment.hpp>

#include <cstdint>

namespace chronik::wal {

/// An entry of the journal in the record that has it. Whoever copies it to another place, where it gets another
/// checksum, checks it against the one that it has here: else what has rotted since it was written would look sound.
///
/// record     all of it; keeps the segment from being recycled
/// home       the segment; its owner's, so nothing for who checks on another thread
/// salt       of the segment
/// position   of the record in it
struct stored_entry {
    entry what;
    shared_bytes record;
    segment const* home = nullptr;
    std::uint64_t salt = 0;
    std::uint32_t position = 0;

    /// Whether the record is what was written, and says of the entry what is known of it.
    ///
    /// payload_crc   crc32c::value() of the payload, as it was copied
    bool is_sound(group_id group, std::uint32_t payload_crc) const {
        auto const found = check_record(record.view(), salt, position, payload_crc);
        if (!found) return false;
        auto known = record_header_of(found->type, group, what);
        known.flush_start = found->flush_start;
        known.flush = found->flush;
        return *found == known;
    }

    /// For the journal's owner, of one that is not sound.
    finding damage(group_id group) const {
        return {.kind = finding_kind::corrupt,
                .file = home->name,
                .position = position,
                .bytes = record.size(),
                .group = group,
                .index = what.index,
                .what = "a record has changed since it was written"};
    }
};

}  // namespace chronik::wal
