// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/bytes.hpp>
#include <chronik/base/crc32c.hpp>
#include <chronik/base/entry.hpp>
#include <chronik/base/ids.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace chronik::wal {

inline constexpr std::size_t record_header_bytes = 64;
inline constexpr std::size_t record_alignment = 8;

static_assert(record_alignment == sizeof(std::uint64_t), "padding is a part of one word");
static_assert(512 % record_alignment == 0, "a number in a header never straddles two sectors");

/// What a record says. The number is on disk; a number once given is never reused. See docs/formats/journal.md.
enum class record_type : std::uint8_t {
    entry = 1,             ///< of a group; index <= its last cuts the group's log there first
    hard_state = 2,        ///< term, and vote in the index field
    group_created = 3,     ///< empty log after (index, term, base_offset)
    group_removed = 4,     ///< the group and all its entries are gone
    prefix_compacted = 5,  ///< the log begins after (index, term, base_offset)
    table = 6,             ///< first of a segment: all groups, and the older segments still needed
    segments_released = 7, ///< sequences whose every record is dead; their files may be recycled
    segment_end = 8,       ///< last of a full segment; index is the sequence of the next
    closed = 9,            ///< clean shutdown: everything before has been synced
    synced = 10,           ///< everything before has been synced; stands where the next flush begins
    log_replaced = 11,     ///< the log is empty and begins after (index, term, base_offset)
    settled = 12,          ///< entries up to (index, term, base_offset) are in files of the group's own
    entry_moved = 13,      ///< an entry in a new place, because its segment is wanted; cuts nothing
    doubt = 14,            ///< begins (group 0, token in the index field) or ends (0 there) for a group, or new ones
};

/// Layout: docs/formats/journal.md. 64 bytes, little endian, at a multiple of 8.
///
/// length        bytes of payload, without padding
/// flush_start   position in this segment where the flush that wrote the record began; all before was synced earlier
/// flush         number of the flush; grows, with gaps after a restart
struct record_header {
    std::uint32_t length = 0;
    record_type type = record_type::entry;
    entry_kind kind = entry_kind::no_op;
    std::uint32_t flush_start = 0;
    std::uint64_t flush = 0;
    group_id group{};
    log_term term{};
    log_index index{};
    log_offset base_offset{};
    std::uint32_t record_count = 0;

    bool operator==(record_header const&) const = default;
};

inline record_header record_header_of(record_type type, group_id group, entry const& item) {
    return {.length = static_cast<std::uint32_t>(item.payload.size()),
            .type = type,
            .kind = item.kind,
            .group = group,
            .term = item.term,
            .index = item.index,
            .base_offset = item.base_offset,
            .record_count = item.record_count};
}

constexpr std::size_t record_bytes(std::size_t payload_bytes) {
    return (record_header_bytes + payload_bytes + record_alignment - 1) / record_alignment * record_alignment;
}

namespace detail {

/// The half of the salt that does not go into the checksum, bound to the place: cheap to look for, 32 more bits to
/// guess.
inline std::uint32_t record_mark(std::uint64_t salt, std::uint32_t position) {
    return static_cast<std::uint32_t>(salt >> 32) ^ position;
}

inline void store_header(std::byte* target, record_header const& header, std::uint64_t salt, std::uint32_t position) {
    // In whole words, as the checksum reads them at once: see crc32c::detail::hardware.
    std::uint64_t const what = static_cast<std::uint64_t>(header.type) | static_cast<std::uint64_t>(header.kind) << 8 |
                               std::uint64_t{header.flush_start} << 32;
    std::uint64_t const count = header.record_count | std::uint64_t{record_mark(salt, position)} << 32;
    store<std::uint32_t, std::endian::little>(target + 4, header.length);
    store<std::uint64_t, std::endian::little>(target + 8, what);
    store<std::uint64_t, std::endian::little>(target + 16, header.flush);
    store<std::uint64_t, std::endian::little>(target + 24, header.group.value);
    store<std::uint64_t, std::endian::little>(target + 32, header.term.value);
    store<std::uint64_t, std::endian::little>(target + 40, header.index.value);
    store<std::uint64_t, std::endian::little>(target + 48, header.base_offset.value);
    store<std::uint64_t, std::endian::little>(target + 56, count);
}

inline record_header load_header(std::byte const* source) {
    record_header header;
    header.length = load<std::uint32_t, std::endian::little>(source + 4);
    header.type = static_cast<record_type>(load<std::uint8_t, std::endian::little>(source + 8));
    header.kind = static_cast<entry_kind>(load<std::uint8_t, std::endian::little>(source + 9));
    header.flush_start = load<std::uint32_t, std::endian::little>(source + 12);
    header.flush = load<std::uint64_t, std::endian::little>(source + 16);
    header.group = {load<std::uint64_t, std::endian::little>(source + 24)};
    header.term = {load<std::uint64_t, std::endian::little>(source + 32)};
    header.index = {load<std::uint64_t, std::endian::little>(source + 40)};
    header.base_offset = {load<std::uint64_t, std::endian::little>(source + 48)};
    header.record_count = load<std::uint32_t, std::endian::little>(source + 56);
    return header;
}

inline bool has_mark(std::byte const* source, std::uint64_t salt, std::uint32_t position) {
    return load<std::uint32_t, std::endian::little>(source + 60) == record_mark(salt, position);
}

}  // namespace detail

/// Up to here, a record is summed in one go where it was made. A larger payload is summed where it comes from: its copy
/// would be read back before its stores are through.
inline constexpr std::size_t summed_at_once_max = 256;

/// Writes header, payload and padding to `target`, which has record_bytes(payload.size()) bytes. The payload is fetched
/// from memory once.
inline std::size_t write_record(std::byte* target, record_header const& header, std::span<std::byte const> payload,
                                std::uint64_t salt, std::uint32_t position) {
    std::size_t const size = record_bytes(payload.size());
    std::size_t const used = record_header_bytes + payload.size();
    // The padding is what header and payload leave of the last word.
    store<std::uint64_t, std::endian::little>(target + size - record_alignment, 0);
    detail::store_header(target, header, salt, position);
    auto crc = static_cast<std::uint32_t>(salt);
    if (payload.size() <= summed_at_once_max) {
        if (!payload.empty()) std::memcpy(target + record_header_bytes, payload.data(), payload.size());
        crc = crc32c::extend_fresh(crc, {target + 4, size - 4});
    } else {
        crc = crc32c::extend(crc, {target + 4, record_header_bytes - 4});
        crc = crc32c::copy_extend(crc, target + record_header_bytes, payload);
        crc = crc32c::extend(crc, {target + used, size - used});
    }
    store<std::uint32_t, std::endian::little>(target, crc);
    return size;
}

/// The same around a payload of header.length bytes that stands in its place already.
inline std::size_t frame_record(std::byte* target, record_header const& header, std::uint64_t salt,
                                std::uint32_t position) {
    std::size_t const size = record_bytes(header.length);
    std::size_t const used = record_header_bytes + header.length;
    std::memset(target + used, 0, size - used);
    detail::store_header(target, header, salt, position);
    auto const crc = crc32c::extend(static_cast<std::uint32_t>(salt), {target + 4, size - 4});
    store<std::uint32_t, std::endian::little>(target, crc);
    return size;
}

/// The record at `position` of a segment, or nothing if the bytes there are not one of this segment's.
/// A length is believed only after it fits and the checksum over all of it agrees.
inline std::optional<record_header> read_record(std::span<std::byte const> segment, std::uint64_t salt,
                                                std::uint32_t position) {
    if (segment.size() < std::size_t{position} + record_header_bytes) return std::nullopt;
    std::byte const* const source = segment.data() + position;
    if (!detail::has_mark(source, salt, position)) return std::nullopt;
    auto const header = detail::load_header(source);
    std::size_t const size = record_bytes(header.length);
    if (segment.size() - position < size) return std::nullopt;
    auto const crc = crc32c::extend(static_cast<std::uint32_t>(salt), {source + 4, size - 4});
    if (crc != load<std::uint32_t, std::endian::little>(source)) return std::nullopt;
    return header;
}

/// The same of a record whose payload was summed already, as it was copied: that is not read again.
///
/// record        all of it, with its padding
/// payload_crc   crc32c::value() of its payload
inline std::optional<record_header> check_record(std::span<std::byte const> record, std::uint64_t salt,
                                                 std::uint32_t position, std::uint32_t payload_crc) {
    if (record.size() < record_header_bytes || !detail::has_mark(record.data(), salt, position)) return std::nullopt;
    auto const header = detail::load_header(record.data());
    if (record_bytes(header.length) != record.size()) return std::nullopt;
    auto crc = crc32c::extend(static_cast<std::uint32_t>(salt), record.subspan(4, record_header_bytes - 4));
    crc = crc32c::combine(crc, payload_crc, header.length);
    crc = crc32c::extend(crc, record.subspan(record_header_bytes + header.length));
    if (crc != load<std::uint32_t, std::endian::little>(record.data())) return std::nullopt;
    return header;
}

}  // namespace chronik::wal
