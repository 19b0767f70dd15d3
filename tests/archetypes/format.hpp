// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/schema/concepts.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace chronik::archetypes {

/// The least a schema::format can be: everything is one byte, and nothing is tagged.
struct format {
    void write_number(auto& out, std::integral auto value) const { byte(out, static_cast<std::uint8_t>(value)); }
    template <std::integral T>
    T read_number(chronik::schema::shared_reader& in) const {
        return static_cast<T>(in.number<std::uint8_t, std::endian::little>());
    }
    bool write_length(auto& out, chronik::schema::length_kind, std::size_t size) const {
        byte(out, static_cast<std::uint8_t>(size));
        return size < 255;
    }
    void write_null(auto& out, chronik::schema::length_kind) const { byte(out, 255); }
    std::optional<std::size_t> read_length(chronik::schema::shared_reader& in, chronik::schema::length_kind) const {
        auto const size = in.number<std::uint8_t, std::endian::little>();
        return size == 255 ? std::nullopt : std::optional<std::size_t>{size};
    }
    void write_presence(auto& out, bool present) const { byte(out, present); }
    bool read_presence(chronik::schema::shared_reader& in) const {
        return in.number<std::uint8_t, std::endian::little>() != 0;
    }
    bool has_tagged_section() const { return false; }

private:
    static void byte(auto& out, std::uint8_t value) { out.template number<std::uint8_t, std::endian::little>(value); }
};

/// The least a schema::writer can be: it forgets.
struct writer {
    template <std::integral T, std::endian>
    void number(T) {}
    void run(std::span<std::byte const>) {}
};

}  // namespace chronik::archetypes
