// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/bytes.hpp>
#include <chronik/base/crc32c.hpp>
#include <chronik/base/error.hpp>
#include <chronik/wal/concepts.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace chronik::wal {

inline constexpr std::uint64_t segment_magic = 0x004c414e524a4843ULL;  // "CHJRNAL\0"
inline constexpr std::uint32_t segment_version = 2;
inline constexpr std::size_t header_copy_bytes = 512;
/// One copy in each 4 KiB block: no single torn device block takes both.
inline constexpr std::size_t header_copy_stride = 4096;
inline constexpr std::size_t segment_header_area_bytes = 2 * header_copy_stride;

/// Which journal a file belongs to; opaque.
struct log_uuid {
    std::array<std::byte, 16> bytes{};
    bool operator==(log_uuid const&) const = default;
};

/// The identity of a segment, written twice at the start of its file. Layout: docs/formats/journal.md.
///
/// sequence   order among segments; never used twice, also not by a recycled file
/// salt       random; records of another life of the file, or forged inside a payload, never match it
/// update     the copy with the higher one wins
struct segment_header {
    log_uuid log_id;
    std::uint64_t sequence = 0;
    std::uint64_t salt = 0;
    std::uint64_t bytes = 0;
    std::uint64_t update = 0;

    bool operator==(segment_header const&) const = default;
};

using header_copy = std::array<std::byte, header_copy_bytes>;

namespace detail {

inline std::uint32_t header_crc(std::span<std::byte const, header_copy_bytes> copy) {
    return crc32c::extend(crc32c::value(copy.first(12)), copy.subspan(16));
}

}  // namespace detail

inline header_copy encode(segment_header const& header) {
    header_copy copy{};
    store<std::uint64_t, std::endian::little>(copy.data(), segment_magic);
    store<std::uint32_t, std::endian::little>(copy.data() + 8, segment_version);
    std::memcpy(copy.data() + 16, header.log_id.bytes.data(), header.log_id.bytes.size());
    store<std::uint64_t, std::endian::little>(copy.data() + 32, header.sequence);
    store<std::uint64_t, std::endian::little>(copy.data() + 40, header.salt);
    store<std::uint64_t, std::endian::little>(copy.data() + 48, header.bytes);
    store<std::uint64_t, std::endian::little>(copy.data() + 56, header.update);
    store<std::uint32_t, std::endian::little>(copy.data() + 12, detail::header_crc(copy));
    return copy;
}

/// Magic, version and checksum stand where they are in every version, so that a newer file is named, not called
/// damaged.
///
/// errors    errc::malformed; errc::unsupported_version, with the version in `*version`
inline result<segment_header> decode_segment_header(std::span<std::byte const, header_copy_bytes> copy,
                                                    std::uint32_t* version = nullptr) {
    if (load<std::uint64_t, std::endian::little>(copy.data()) != segment_magic) return failure(errc::malformed);
    if (load<std::uint32_t, std::endian::little>(copy.data() + 12) != detail::header_crc(copy)) {
        return failure(errc::malformed);
    }
    auto const found = load<std::uint32_t, std::endian::little>(copy.data() + 8);
    if (version != nullptr) *version = found;
    if (found != segment_version) return failure(errc::unsupported_version);

    segment_header header;
    std::memcpy(header.log_id.bytes.data(), copy.data() + 16, header.log_id.bytes.size());
    header.sequence = load<std::uint64_t, std::endian::little>(copy.data() + 32);
    header.salt = load<std::uint64_t, std::endian::little>(copy.data() + 40);
    header.bytes = load<std::uint64_t, std::endian::little>(copy.data() + 48);
    header.update = load<std::uint64_t, std::endian::little>(copy.data() + 56);
    return header;
}

/// What the two copies say together.
struct header_reading {
    segment_header header;
    bool copies_agree = true;
    std::uint32_t version = segment_version;
};

/// errors    errc::corrupt_record when neither copy is whole; errc::unsupported_version, with the version in `*version`
template <file File>
result<header_reading> read_segment_header(File const& source, std::uint32_t* version = nullptr) {
    std::array<result<segment_header>, 2> copies{failure(errc::malformed), failure(errc::malformed)};
    for (std::size_t which = 0; which < 2; ++which) {
        header_copy bytes{};
        auto const size = source.read_at(which * header_copy_stride, bytes);
        if (!size) return std::unexpected(size.error());
        if (*size == bytes.size()) copies[which] = decode_segment_header(bytes, version);
    }
    if (!copies[0] && !copies[1]) {
        bool const newer =
            copies[0].error() == errc::unsupported_version || copies[1].error() == errc::unsupported_version;
        return failure(newer ? errc::unsupported_version : errc::corrupt_record);
    }
    bool const second = !copies[0] || (copies[1] && copies[1]->update > copies[0]->update);
    return header_reading{.header = *copies[second ? 1 : 0],
                          .copies_agree = copies[0] && copies[1] && *copies[0] == *copies[1]};
}

/// One copy is synced before the other is touched: at every moment one of them is whole.
template <file File>
result<void> write_segment_header(File& target, segment_header const& header) {
    auto const copy = encode(header);
    for (std::size_t which = 0; which < 2; ++which) {
        if (auto written = target.write_at(which * header_copy_stride, copy); !written) return written;
        if (auto synced = target.sync(); !synced) return synced;
    }
    return {};
}

}  // namespace chronik::wal
