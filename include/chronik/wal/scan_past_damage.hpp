// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/wal/record.hpp>
#include <chronik/wal/scan.hpp>
#include <chronik/wal/segment_header.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace chronik::wal {

/// Bytes of a segment in which no record can be read, though synced ones stood there.
struct scan_hole {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
};

/// What the bytes at the beginning of a hole seem to have been; unchecked. Nothing if they do not even look like a
/// record.
inline std::optional<record_header> suspected_record(std::span<std::byte const> bytes, segment_header const& header,
                                                     std::uint32_t position) {
    if (bytes.size() < std::size_t{position} + record_header_bytes) return std::nullopt;
    if (!detail::has_mark(bytes.data() + position, header.salt, position)) return std::nullopt;
    return detail::load_header(bytes.data() + position);
}

/// The first whole record behind `position` that is not older than flush `last_flush`.
inline std::optional<std::uint32_t> next_whole_record(std::span<std::byte const> bytes, segment_header const& header,
                                                      std::uint32_t position, std::uint64_t last_flush) {
    for (std::size_t at = position + record_alignment; at + record_header_bytes <= bytes.size();
         at += record_alignment) {
        auto const place = static_cast<std::uint32_t>(at);
        if (!detail::has_mark(bytes.data() + at, header.salt, place)) continue;
        auto const record = read_record(bytes, header.salt, place);
        if (record && record->flush >= last_flush) return place;
    }
    return std::nullopt;
}

/// As scan(), but where synced bytes have changed it goes on at the next whole record.
///
/// What is read behind a hole is as authentic as what is read before it: a record matches 64 bits of salt and its
/// place, and in bytes that were synced there are no leftovers of a lost write. What the hole had, nobody knows.
/// is_full   the segment was sealed, so that all of it up to the seal was synced; otherwise what follows the last good
///           record is judged as recovery does, and a torn tail ends the scan
/// visit     (record_view), hole (scan_hole), in the order of the bytes; a hole without an end goes to the segment's
template <class Visit, class Hole>
scan_end scan_past_damage(std::span<std::byte const> bytes, segment_header const& header, bool is_full, Visit&& visit,
                          Hole&& hole) {
    scan_end at;
    std::uint32_t flush_start = 0;
    bool behind_hole = false;
    while (!at.sealed) {
        auto const record = read_record(bytes, header.salt, at.position);
        bool const continues = record && record->flush == at.last_flush && record->flush_start == flush_start;
        bool const begins = record && record->flush > at.last_flush && record->flush_start == at.position;
        if (!continues && !begins && !(record && behind_hole)) {
            if (!is_full && judge_tail(bytes, header, at.position) != tail_state::corrupt) break;
            auto const next = next_whole_record(bytes, header, at.position, at.last_flush);
            hole(scan_hole{at.position, next.value_or(static_cast<std::uint32_t>(bytes.size()))});
            if (!next) break;
            at.position = *next;
            at.vouched = at.closed = false;
            behind_hole = true;
            continue;
        }
        behind_hole = false;
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

}  // namespace chronik::wal
