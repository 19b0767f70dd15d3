// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/varint.hpp>
#include <chronik/schema/concepts.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

namespace chronik::schema {

/// Chronik's own bytes: little endian, fixed-width numbers, lengths as varints. See docs/formats/plain_format.md.
///
/// There is no tagged section: which fields come is decided by the version alone, and a tagged field is a
/// field like any other.
struct plain_format {
    static constexpr std::size_t length_max = std::numeric_limits<std::uint32_t>::max() - 1;

    template <class Out, std::integral T>
    void write_number(Out& out, T value) const {
        out.template number<T, std::endian::little>(value);
    }
    template <std::integral T>
    T read_number(byte_reader& in) const {
        return in.number<T, std::endian::little>();
    }

    /// Length plus one, so that zero is null.
    template <class Out>
    bool write_length(Out& out, length_kind, std::size_t size) const {
        if (size > length_max) return false;
        write_uvarint(out, std::uint64_t{size} + 1);
        return true;
    }
    template <class Out>
    void write_null(Out& out, length_kind) const {
        write_uvarint(out, 0);
    }
    std::optional<std::size_t> read_length(byte_reader& in, length_kind) const {
        auto const size = static_cast<std::size_t>(read_uvarint<32>(in));
        return size == 0 ? std::nullopt : std::optional{size - 1};
    }

    template <class Out>
    void write_presence(Out& out, bool present) const {
        out.template number<std::uint8_t, std::endian::little>(present ? 1 : 0);
    }
    bool read_presence(byte_reader& in) const {
        auto const mark = in.number<std::uint8_t, std::endian::little>();
        if (mark > 1) in.fail();
        return mark == 1;
    }

    static constexpr bool has_tagged_section() { return false; }
};

static_assert(format<plain_format>);

}  // namespace chronik::schema
