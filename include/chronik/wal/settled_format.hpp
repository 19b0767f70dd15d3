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
#include <cstring>
#include <iterator>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// Settled entries of one group: a file of payloads back to back, byte for byte, and a file of rows that say what each
/// is. Layout: docs/formats/settled.md.
namespace chronik::wal {

inline constexpr std::uint64_t settled_magic = 0x004c545445534843ULL;  // "CHSETTL\0"
inline constexpr std::uint32_t settled_version = 2;
inline constexpr std::size_t settled_header_bytes = 4096;
inline constexpr std::size_t settled_row_bytes = 64;
/// Configurations that one file can count.
inline constexpr std::uint32_t settled_configurations_max = (1U << 24) - 1;
/// Writes of payloads begin and end at multiples of it, as writes around the page cache must.
inline constexpr std::size_t settled_block_bytes = 4096;

/// What a payload without a time has.
inline constexpr std::int64_t no_timestamp = std::numeric_limits<std::int64_t>::min();

/// last         of a cleaned file: its last entry; zero for one that grows, of which the journal knows
/// rows         of a cleaned file: how many it has; otherwise each entry has one
/// cleaned_to   newer entries in this file have been looked at for newer versions of what is in older ones
struct settled_header {
    log_uuid log_id;
    group_id group;
    log_base before;  ///< the entry before the first
    log_index last{};
    std::uint64_t rows = 0;
    log_index cleaned_to{};
    bool is_cleaned() const { return rows != 0; }
    bool operator==(settled_header const&) const = default;
};

/// One entry, or a run of markers: entries whose payload was cleaned away. All of a run have the same term and count.
///
/// entries          that the row stands for
/// configurations   entries of that kind up to here in the same file
/// newest_ms        largest timestamp of this entry and of those before it in the same file
struct settled_row {
    log_index index;
    std::uint32_t entries = 1;
    std::uint64_t position = 0;
    std::uint32_t length = 0;
    std::uint32_t record_count = 0;
    log_term term;
    log_offset base_offset;
    std::int64_t newest_ms = no_timestamp;
    std::uint32_t payload_crc = 0;
    std::uint32_t configurations = 0;
    entry_kind kind = entry_kind::no_op;

    log_index last_index() const { return index + (entries - 1); }
    /// After all that it stands for.
    log_offset next_offset() const { return base_offset + std::uint64_t{record_count} * entries; }
    /// Nothing but its place is left of it, or ever was.
    bool is_marker() const { return kind == entry_kind::no_op && length == 0; }
    /// The row of one of its entries alone.
    settled_row only(log_index at) const {
        settled_row one = *this;
        one.index = at;
        one.entries = 1;
        one.base_offset = base_offset + (at - index) * record_count;
        return one;
    }
    bool operator==(settled_row const&) const = default;
};

inline void encode(settled_row const& row, std::byte* target) {
    store<std::uint32_t, std::endian::little>(target + 4, row.length);
    store<std::uint64_t, std::endian::little>(target + 8, row.position);
    store<std::uint64_t, std::endian::little>(target + 16, row.term.value);
    store<std::uint64_t, std::endian::little>(target + 24, row.base_offset.value);
    store<std::uint64_t, std::endian::little>(target + 32, static_cast<std::uint64_t>(row.newest_ms));
    store<std::uint32_t, std::endian::little>(target + 40, row.record_count);
    store<std::uint32_t, std::endian::little>(target + 44, row.payload_crc);
    store<std::uint64_t, std::endian::little>(target + 48, row.index.value);
    store<std::uint32_t, std::endian::little>(target + 56, row.entries);
    store<std::uint32_t, std::endian::little>(target + 60,
                                              static_cast<std::uint32_t>(row.kind) | row.configurations << 8);
    store<std::uint32_t, std::endian::little>(target, crc32c::value({target + 4, settled_row_bytes - 4}));
}

/// The index of a row that nobody has checked: good for a search that ends with decode_settled_row().
inline log_index index_of_settled_row(std::byte const* source) {
    return {load<std::uint64_t, std::endian::little>(source + 48)};
}

/// errors   errc::corrupt_record: not what was written
inline result<settled_row> decode_settled_row(std::byte const* source) {
    auto const crc = crc32c::value({source + 4, settled_row_bytes - 4});
    if (crc != load<std::uint32_t, std::endian::little>(source)) return failure(errc::corrupt_record);
    settled_row row;
    row.length = load<std::uint32_t, std::endian::little>(source + 4);
    row.position = load<std::uint64_t, std::endian::little>(source + 8);
    row.term = {load<std::uint64_t, std::endian::little>(source + 16)};
    row.base_offset = {load<std::uint64_t, std::endian::little>(source + 24)};
    row.newest_ms = static_cast<std::int64_t>(load<std::uint64_t, std::endian::little>(source + 32));
    row.record_count = load<std::uint32_t, std::endian::little>(source + 40);
    row.payload_crc = load<std::uint32_t, std::endian::little>(source + 44);
    row.index = index_of_settled_row(source);
    row.entries = load<std::uint32_t, std::endian::little>(source + 56);
    auto const kind = load<std::uint32_t, std::endian::little>(source + 60);
    row.kind = static_cast<entry_kind>(kind & 0xff);
    row.configurations = kind >> 8;
    if (row.entries == 0 || (row.entries > 1 && !row.is_marker())) return failure(errc::corrupt_record);
    return row;
}

inline constexpr std::uint64_t settled_generation_max = std::numeric_limits<std::uint64_t>::max();

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
    store<std::uint64_t, std::endian::little>(block.data() + 64, header.last.value);
    store<std::uint64_t, std::endian::little>(block.data() + 72, header.rows);
    store<std::uint64_t, std::endian::little>(block.data() + 80, header.cleaned_to.value);
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
    header.last = {load<std::uint64_t, std::endian::little>(block.data() + 64)};
    header.rows = load<std::uint64_t, std::endian::little>(block.data() + 72);
    header.cleaned_to = {load<std::uint64_t, std::endian::little>(block.data() + 80)};
    return header;
}

/// Which files: the group, the first index, and how often what they hold was cleaned, all in the name.
struct settled_name {
    group_id group;
    log_index first;
    std::uint64_t generation = 0;
    auto operator<=>(settled_name const&) const = default;

    std::string data() const { return stem() + ".data"; }
    std::string rows() const { return stem() + ".rows"; }

private:
    static std::string padded(std::uint64_t number, std::size_t digits) {
        auto text = std::to_string(number);
        if (text.size() < digits) text.insert(0, digits - text.size(), '0');
        return text;
    }
    std::string stem() const {
        auto name = "settled-" + padded(group.value, 10) + "-" + padded(first.value, 20);
        return generation == 0 ? name : name + "-" + padded(generation, 6);
    }
};

/// Nothing if it is not one of ours.
inline std::optional<settled_name> parse_settled_name(std::string_view text) {
    constexpr std::string_view prefix = "settled-";
    if (!text.starts_with(prefix) || !(text.ends_with(".data") || text.ends_with(".rows"))) return std::nullopt;
    text = text.substr(prefix.size(), text.size() - prefix.size() - 5);
    settled_name name;
    std::uint64_t* const numbers[] = {&name.group.value, &name.first.value, &name.generation};
    for (std::size_t which = 0; which < std::size(numbers); ++which) {
        auto const [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), *numbers[which]);
        if (wrong != std::errc{}) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (text.empty()) return which == 0 ? std::nullopt : std::optional{name};
        if (text.front() != '-') return std::nullopt;
        text.remove_prefix(1);
    }
    return std::nullopt;
}

}  // namespace chronik::wal
