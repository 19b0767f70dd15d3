// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/bytes.hpp>
#include <chronik/base/crc32c.hpp>
#include <chronik/base/entry.hpp>
#include <chronik/base/error.hpp>
#include <chronik/wal/segment_header.hpp>
#include <chronik/wal/table.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// Settled entries of one group: a file of payloads back to back, byte for byte, and a file of rows that say what each
/// is. Layout: docs/formats/settled.md.
namespace chronik::wal {

inline constexpr std::uint64_t settled_magic = 0x004c545445534843ULL;  // "CHSETTL\0"
inline constexpr std::uint32_t settled_version = 1;
inline constexpr std::size_t settled_header_bytes = 4096;
inline constexpr std::size_t settled_row_bytes = 56;
/// Writes of payloads begin and end at multiples of it, as writes around the page cache must.
inline constexpr std::size_t settled_block_bytes = 4096;

/// What a payload without a time has.
inline constexpr std::int64_t no_timestamp = std::numeric_limits<std::int64_t>::min();

struct settled_header {
    log_uuid log_id;
    group_id group;
    log_base before;  ///< the entry before the first
    bool operator==(settled_header const&) const = default;
};

/// One entry; the index is its place among the rows.
///
/// newest_ms   largest timestamp of this entry and of those before it in the same files
struct settled_row {
    std::uint64_t position = 0;
    std::uint32_t length = 0;
    std::uint32_t record_count = 0;
    log_term term;
    log_offset base_offset;
    std::int64_t newest_ms = no_timestamp;
    std::uint32_t payload_crc = 0;
    entry_kind kind = entry_kind::no_op;

    log_offset next_offset() const { return base_offset + record_count; }
    bool operator==(settled_row const&) const = default;
};

inline void encode(settled_row const& row, log_index index, std::byte* target) {
    store<std::uint32_t, std::endian::little>(target + 4, row.length);
    store<std::uint64_t, std::endian::little>(target + 8, row.position);
    store<std::uint64_t, std::endian::little>(target + 16, row.term.value);
    store<std::uint64_t, std::endian::little>(target + 24, row.base_offset.value);
    store<std::uint64_t, std::endian::little>(target + 32, static_cast<std::uint64_t>(row.newest_ms));
    store<std::uint32_t, std::endian::little>(target + 40, row.record_count);
    store<std::uint32_t, std::endian::little>(target + 44, row.payload_crc);
    store<std::uint64_t, std::endian::little>(target + 48, static_cast<std::uint64_t>(row.kind));
    auto const crc = crc32c::extend(static_cast<std::uint32_t>(index.value), {target + 4, settled_row_bytes - 4});
    store<std::uint32_t, std::endian::little>(target, crc);
}

/// errors   errc::corrupt_record: not what was written for this index
inline result<settled_row> decode_settled_row(std::byte const* source, log_index index) {
    auto const crc = crc32c::extend(static_cast<std::uint32_t>(index.value), {source + 4, settled_row_bytes - 4});
    if (crc != load<std::uint32_t, std::endian::little>(source)) return failure(errc::corrupt_record);
    settled_row row;
    row.length = load<std::uint32_t, std::endian::little>(source + 4);
    row.position = load<std::uint64_t, std::endian::little>(source + 8);
    row.term = {load<std::uint64_t, std::endian::little>(source + 16)};
    row.base_offset = {load<std::uint64_t, std::endian::little>(source + 24)};
    row.newest_ms = static_cast<std::int64_t>(load<std::uint64_t, std::endian::little>(source + 32));
    row.record_count = load<std::uint32_t, std::endian::little>(source + 40);
    row.payload_crc = load<std::uint32_t, std::endian::little>(source + 44);
    row.kind = static_cast<entry_kind>(load<std::uint64_t, std::endian::little>(source + 48));
    return row;
}

using settled_header_block = std::array<std::byte, settled_header_bytes>;

inline settled_header_block encode(settled_header const& header) {
    settled_header_block block{};
    store<std::uint64_t, std::endian::little>(block.data(), settled_magic);
    store<std::uint32_t, std::endian::little>(block.data() + 8, settled_version);
    std::memcpy(block.data() + 16, header.log_id.bytes.data(), header.log_id.bytes.size());
    store<std::uint64_t, std::endian::little>(block.data() + 32, header.group.value);
    store<std::uint64_t, std::endian::little>(block.data() + 40, header.before.index.value);
    store<std::uint64_t, std::endian::little>(block.data() + 48, header.before.term.value);
    store<std::uint64_t, std::endian::little>(block.data() + 56, header.before.next_offset.value);
    store<std::uint32_t, std::endian::little>(block.data() + 12, crc32c::value(std::span{block}.subspan(16)));
    return block;
}

/// errors   errc::corrupt_record, errc::unsupported_version
inline result<settled_header> decode_settled_header(std::span<std::byte const> block) {
    if (block.size() < settled_header_bytes) return failure(errc::corrupt_record);
    block = block.first(settled_header_bytes);
    bool const whole = load<std::uint64_t, std::endian::little>(block.data()) == settled_magic &&
                       load<std::uint32_t, std::endian::little>(block.data() + 12) == crc32c::value(block.subspan(16));
    if (!whole) return failure(errc::corrupt_record);
    if (load<std::uint32_t, std::endian::little>(block.data() + 8) != settled_version)
        return failure(errc::unsupported_version);
    settled_header header;
    std::memcpy(header.log_id.bytes.data(), block.data() + 16, header.log_id.bytes.size());
    header.group = {load<std::uint64_t, std::endian::little>(block.data() + 32)};
    header.before.index = {load<std::uint64_t, std::endian::little>(block.data() + 40)};
    header.before.term = {load<std::uint64_t, std::endian::little>(block.data() + 48)};
    header.before.next_offset = {load<std::uint64_t, std::endian::little>(block.data() + 56)};
    return header;
}

/// Which files: the group and the first index, both in the name.
struct settled_name {
    group_id group;
    log_index first;
    auto operator<=>(settled_name const&) const = default;

    std::string data() const { return stem() + ".data"; }
    std::string rows() const { return stem() + ".rows"; }

private:
    static std::string padded(std::uint64_t number, std::size_t digits) {
        auto text = std::to_string(number);
        if (text.size() < digits) text.insert(0, digits - text.size(), '0');
        return text;
    }
    std::string stem() const { return "settled-" + padded(group.value, 10) + "-" + padded(first.value, 20); }
};

/// Nothing if it is not one of ours.
inline std::optional<settled_name> parse_settled_name(std::string_view text) {
    constexpr std::string_view prefix = "settled-";
    if (!text.starts_with(prefix) || !(text.ends_with(".data") || text.ends_with(".rows"))) return std::nullopt;
    char const* at = text.data() + prefix.size();
    char const* const end = text.data() + text.size() - 5;
    settled_name name;
    auto const group = std::from_chars(at, end, name.group.value);
    if (group.ec != std::errc{} || group.ptr == end || *group.ptr != '-') return std::nullopt;
    auto const first = std::from_chars(group.ptr + 1, end, name.first.value);
    if (first.ec != std::errc{} || first.ptr != end) return std::nullopt;
    return name;
}

}  // namespace chronik::wal
