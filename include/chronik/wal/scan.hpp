// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/bytes.hpp>
#include <chronik/wal/record.hpp>
#include <chronik/wal/segment_header.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace chronik::wal {

/// A record where it stands.
struct record_view {
    record_header header;
    std::uint32_t position = 0;
    std::span<std::byte const> payload;
};

/// Where a scan stopped.
///
/// position     of the first byte that is not a record of this segment's life
/// last_flush   of the last good record; 0 without one
/// sealed       the last good record was segment_end
/// closed       the last good record was the closing mark
/// vouched      the last good record says that all before it was synced
struct scan_end {
    std::uint32_t position = segment_header_area_bytes;
    std::uint64_t last_flush = 0;
    std::uint64_t records = 0;
    std::uint64_t next_sequence = 0;
    bool sealed = false;
    bool closed = false;
    bool vouched = false;
};

/// Calls `visit(record_view)` for every record from the start up to the first bytes that are none.
///
/// A record is taken only as a continuation: of the flush before it, or of a later one that begins exactly here.
/// So leftovers of an earlier, torn write are never taken for a record, however whole they look.
template <class Visit>
scan_end scan(std::span<std::byte const> bytes, segment_header const& header, Visit&& visit) {
    scan_end at;
    std::uint32_t flush_start = 0;
    while (!at.sealed) {
        auto const record = read_record(bytes, header.salt, at.position);
        if (!record) break;
        bool const continues = record->flush == at.last_flush && record->flush_start == flush_start;
        bool const begins = record->flush > at.last_flush && record->flush_start == at.position;
        if (!continues && !begins) break;

        visit(record_view{*record, at.position, bytes.subspan(at.position + record_header_bytes, record->length)});

        flush_start = record->flush_start;
        at.last_flush = record->flush;
        at.position += static_cast<std::uint32_t>(record_bytes(record->length));
        at.sealed = record->type == record_type::segment_end;
        at.closed = record->type == record_type::closed;
        at.vouched = at.closed || record->type == record_type::synced;
        at.next_sequence = at.sealed ? record->index.value : 0;
        ++at.records;
    }
    return at;
}

/// The same for what scan() has been through: its records are believed, and their payloads not read again.
template <class Visit>
void walk(std::span<std::byte const> bytes, scan_end const& scanned, Visit&& visit) {
    for (std::uint32_t position = segment_header_area_bytes; position < scanned.position;) {
        auto const header = detail::load_header(bytes.data() + position);
        visit(record_view{header, position, bytes.subspan(position + record_header_bytes, header.length)});
        position += static_cast<std::uint32_t>(record_bytes(header.length));
    }
}

/// Three different words for what follows the last good record.
enum class tail_state : std::uint8_t {
    clean,    ///< nothing
    torn,     ///< leftovers of a write that was never synced: cut them
    corrupt,  ///< bytes that were synced have changed: refuse
};

/// Judges the bytes from `position`, where a scan stopped.
///
/// Flushes are strictly ordered: one begins only after the one before it was synced. So a good record whose flush
/// began after `position` proves that the bytes at `position` had been synced.
inline tail_state judge_tail(std::span<std::byte const> bytes, segment_header const& header, std::uint32_t position) {
    bool leftovers = !all_zero(bytes.subspan(position, std::min(record_header_bytes, bytes.size() - position)));
    for (std::size_t at = position; at + record_header_bytes <= bytes.size(); at += record_alignment) {
        auto const place = static_cast<std::uint32_t>(at);
        if (!detail::has_mark(bytes.data() + at, header.salt, place)) continue;
        auto const record = read_record(bytes, header.salt, place);
        if (!record) continue;
        if (record->flush_start > position) return tail_state::corrupt;
        leftovers = true;
    }
    return leftovers ? tail_state::torn : tail_state::clean;
}

/// The group that the damaged bytes at `position` seem to belong to; 0 if they do not even look like a record.
inline group_id suspected_group(std::span<std::byte const> bytes, segment_header const& header,
                                std::uint32_t position) {
    if (bytes.size() < std::size_t{position} + record_header_bytes) return {};
    if (!detail::has_mark(bytes.data() + position, header.salt, position)) return {};
    return detail::load_header(bytes.data() + position).group;
}

}  // namespace chronik::wal
