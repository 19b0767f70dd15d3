// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/bytes.hpp>
#include <chronik/base/crc32c.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/segment_header.hpp>
#include <chronik/wal/table.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chronik::wal {

// Layout: docs/formats/snapshot.md.

inline constexpr std::uint64_t snapshot_magic = 0x0053504e53484843ULL;  // "CHHSNPS\0"
inline constexpr std::uint32_t snapshot_version = 1;
inline constexpr std::size_t snapshot_fixed_bytes = 80;
inline constexpr std::size_t snapshot_alignment = 4096;
/// What a snapshot says about itself besides where it ends: the members, in the consensus room's own bytes.
inline constexpr std::size_t snapshot_about_bytes_max = std::size_t{64} << 10;

/// One whole snapshot of one group: durable, checked, and mapped. The view keeps the bytes when the file is gone.
struct stored_snapshot {
    group_id group;
    log_base base;       ///< the last entry that it contains, and the offset after it
    shared_bytes about;  ///< opaque here
    shared_bytes content;
    std::uint32_t crc = 0;  ///< of the content
    std::string name;
};

constexpr std::size_t snapshot_content_position(std::size_t about_bytes) {
    return (snapshot_fixed_bytes + about_bytes + snapshot_alignment - 1) / snapshot_alignment * snapshot_alignment;
}

inline constexpr std::string_view snapshot_prefix = "snapshot-";
inline constexpr std::string_view snapshot_suffix = ".state";
inline constexpr std::string_view snapshot_saving_suffix = ".saving";        ///< being taken here
inline constexpr std::string_view snapshot_gathering_suffix = ".gathering";  ///< coming from another member

inline std::string snapshot_name(group_id group, log_base const& base) {
    return std::string{snapshot_prefix} + std::to_string(group.value) + "-" + std::to_string(base.index.value) + "-" +
           std::to_string(base.term.value) + std::string{snapshot_suffix};
}
inline std::string unfinished_snapshot_name(group_id group, std::string_view suffix) {
    return std::string{snapshot_prefix} + std::to_string(group.value) + std::string{suffix};
}
inline bool is_snapshot_name(std::string_view name) {
    return name.starts_with(snapshot_prefix) && name.ends_with(snapshot_suffix);
}
inline bool is_unfinished_snapshot_name(std::string_view name) {
    return name.starts_with(snapshot_prefix) &&
           (name.ends_with(snapshot_saving_suffix) || name.ends_with(snapshot_gathering_suffix));
}

namespace detail {

inline std::uint32_t snapshot_head_crc(std::span<std::byte const> head) {
    return crc32c::extend(crc32c::value(head.first(12)), head.subspan(16));
}

/// Everything before the content, up to where that begins.
inline std::vector<std::byte> snapshot_head(stored_snapshot const& of, log_uuid owner, std::uint64_t bytes) {
    std::size_t const used = snapshot_fixed_bytes + of.about.size();
    std::vector<std::byte> head(snapshot_content_position(of.about.size()));
    store<std::uint64_t, std::endian::little>(head.data(), snapshot_magic);
    store<std::uint32_t, std::endian::little>(head.data() + 8, snapshot_version);
    std::memcpy(head.data() + 16, owner.bytes.data(), owner.bytes.size());
    store<std::uint64_t, std::endian::little>(head.data() + 32, of.group.value);
    store<std::uint64_t, std::endian::little>(head.data() + 40, of.base.index.value);
    store<std::uint64_t, std::endian::little>(head.data() + 48, of.base.term.value);
    store<std::uint64_t, std::endian::little>(head.data() + 56, of.base.next_offset.value);
    store<std::uint64_t, std::endian::little>(head.data() + 64, bytes);
    store<std::uint32_t, std::endian::little>(head.data() + 72, of.crc);
    store<std::uint32_t, std::endian::little>(head.data() + 76, static_cast<std::uint32_t>(of.about.size()));
    if (!of.about.empty()) std::memcpy(head.data() + snapshot_fixed_bytes, of.about.data(), of.about.size());
    store<std::uint32_t, std::endian::little>(head.data() + 12, snapshot_head_crc(std::span{head}.first(used)));
    return head;
}

}  // namespace detail

/// Reads a whole file back, its content included.
///
/// errors   errc::corrupt_record, errc::unsupported_version; errc::wrong_owner for another journal's
inline result<stored_snapshot> read_snapshot(shared_bytes const& file, log_uuid owner, std::string name) {
    auto const all = file.view();
    if (all.size() < snapshot_fixed_bytes) return failure(errc::corrupt_record);
    auto const number = [&](std::size_t at) { return load<std::uint64_t, std::endian::little>(all.data() + at); };
    auto const small = [&](std::size_t at) { return load<std::uint32_t, std::endian::little>(all.data() + at); };
    if (number(0) != snapshot_magic) return failure(errc::corrupt_record);
    if (small(8) != snapshot_version) return failure(errc::unsupported_version);
    std::size_t const about = small(76);
    if (about > snapshot_about_bytes_max) return failure(errc::corrupt_record);
    std::size_t const begin = snapshot_content_position(about);
    if (all.size() < begin || number(64) != all.size() - begin) return failure(errc::corrupt_record);
    if (detail::snapshot_head_crc(all.first(snapshot_fixed_bytes + about)) != small(12))
        return failure(errc::corrupt_record);
    if (std::memcmp(all.data() + 16, owner.bytes.data(), owner.bytes.size()) != 0) return failure(errc::wrong_owner);
    if (crc32c::value(all.subspan(begin)) != small(72)) return failure(errc::corrupt_record);
    return stored_snapshot{.group = {number(32)},
                           .base = {{number(40)}, {number(48)}, {number(56)}},
                           .about = file.slice(snapshot_fixed_bytes, about),
                           .content = file.slice(begin, all.size() - begin),
                           .crc = small(72),
                           .name = std::move(name)};
}

}  // namespace chronik::wal
