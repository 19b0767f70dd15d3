// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/shared_bytes.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/segment_header.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace chronik::wal {

/// One file of the journal as the owner thread knows it; everything but the file itself.
///
/// end      where the next record goes: staged, perhaps not yet written
/// synced   readers may look below this position
/// live     entries that a group log still refers to
struct segment {
    std::string name;
    segment_header header;
    std::shared_ptr<shared_bytes const> mapping;
    std::size_t end = segment_header_area_bytes;
    std::size_t synced = segment_header_area_bytes;
    std::uint64_t live = 0;
    bool sealed = false;

    std::span<std::byte const> bytes() const { return mapping->view(); }

    /// A view that keeps the bytes: the segment is not recycled before the last copy is gone.
    shared_bytes view(std::size_t position, std::size_t size) const {
        return {mapping, mapping->view().subspan(position, size)};
    }
    /// The same, in the place of another view.
    void show(std::size_t position, std::size_t size, shared_bytes& in) const {
        in.show(mapping, mapping->view().subspan(position, size));
    }

    bool pinned() const {
        bool const shared = mapping.use_count() > 1;
        // A reader on another thread let go just now: what it read must have happened before we overwrite it. Taking a
        // reference and dropping it orders us behind that as a fence would, and ThreadSanitizer understands it.
        { auto const behind_the_last_reader = mapping; }
        return shared;
    }

    /// A new life of the same file: nothing of the old one is left but bytes that no salt of ours matches.
    void begin_life(segment_header const& with) {
        header = with;
        end = segment_header_area_bytes;
        synced = segment_header_area_bytes;
        live = 0;
        sealed = false;
    }
};

/// A segment with its file. The file is used by one job at a time; one descriptor is kept for the segment's life,
/// because the operating system reports a failed write-back once for each open file.
///
/// memory   of the file, to store into; empty unless a sink wants it
template <file File>
struct stored_segment : segment {
    explicit stored_segment(File&& opened) : source(std::move(opened)) {}
    File source;
    file_memory memory{};
};

inline constexpr std::string_view segment_prefix = "segment-";
inline constexpr std::string_view segment_suffix = ".journal";
inline constexpr std::string_view unfinished_suffix = ".new";

/// The number in the name tells files apart; order is the header's business, so recycling needs no rename.
inline std::string segment_name(std::uint64_t number) {
    auto digits = std::to_string(number);
    if (digits.size() < 8) digits.insert(0, 8 - digits.size(), '0');
    return std::string{segment_prefix} + digits + std::string{segment_suffix};
}

inline bool is_segment_name(std::string_view name) {
    return name.starts_with(segment_prefix) && name.ends_with(segment_suffix);
}
inline bool is_unfinished_name(std::string_view name) {
    return name.starts_with(segment_prefix) && name.ends_with(unfinished_suffix);
}

/// The number in a segment's name; 0 if it is not one of ours.
inline std::uint64_t segment_number(std::string_view name) {
    if (!name.starts_with(segment_prefix)) return 0;
    name.remove_prefix(segment_prefix.size());
    std::uint64_t number = 0;
    for (char digit : name) {
        if (digit < '0' || digit > '9') break;
        number = number * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    return number;
}

}  // namespace chronik::wal
