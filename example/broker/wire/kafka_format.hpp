// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/varint.hpp>
#include <chronik/schema/concepts.hpp>

#include <wire/limits.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

namespace broker::wire {

namespace schema = chronik::schema;

/// Kafka's bytes: big endian. A flexible version has compact lengths (length plus one as a varint, zero is null)
/// and a tagged section behind every structure; an older one has 16-bit string and 32-bit other lengths (-1 is null).
///
/// Tags that we do not know are skipped. A null where the version knows none is malformed.
/// source   https://kafka.apache.org/protocol.html "Protocol Primitive Types"; KIP-482
struct kafka_format {
    bool flexible = false;

    template <class Out, std::integral T>
    void write_number(Out& out, T value) const {
        out.template number<T, std::endian::big>(value);
    }
    template <std::integral T>
    T read_number(chronik::byte_reader& in) const {
        return in.number<T, std::endian::big>();
    }

    template <class Out>
    bool write_length(Out& out, schema::length_kind kind, std::size_t size) const {
        if (size > most(kind)) return false;
        if (flexible) {
            chronik::write_uvarint(out, std::uint64_t{size} + 1);
        } else if (kind == schema::length_kind::string) {
            write_number(out, static_cast<std::int16_t>(size));
        } else {
            write_number(out, static_cast<std::int32_t>(size));
        }
        return true;
    }
    template <class Out>
    void write_null(Out& out, schema::length_kind kind) const {
        if (flexible) {
            chronik::write_uvarint(out, 0);
        } else if (kind == schema::length_kind::string) {
            write_number(out, std::int16_t{-1});
        } else {
            write_number(out, std::int32_t{-1});
        }
    }
    std::optional<std::size_t> read_length(schema::shared_reader& in, schema::length_kind kind) const {
        std::int64_t size = 0;
        if (flexible) {
            size = static_cast<std::int64_t>(chronik::read_uvarint<32>(in)) - 1;
        } else if (kind == schema::length_kind::string) {
            size = read_number<std::int16_t>(in);
        } else {
            size = read_number<std::int32_t>(in);
        }
        if (in.failed()) return 0;
        if (size == -1) return std::nullopt;
        if (size < -1) {
            in.fail();
        } else if (static_cast<std::uint64_t>(size) > most(kind)) {
            in.reject(chronik::errc::too_large);
        } else {
            return static_cast<std::size_t>(size);
        }
        return 0;
    }

    template <class Out>
    void write_presence(Out& out, bool present) const {
        write_number(out, std::int8_t{present ? std::int8_t{1} : std::int8_t{-1}});
    }
    bool read_presence(chronik::byte_reader& in) const { return read_number<std::int8_t>(in) >= 0; }

    constexpr bool has_tagged_section() const { return flexible; }

private:
    static constexpr std::size_t most(schema::length_kind kind) {
        switch (kind) {
            case schema::length_kind::string: return string_bytes_max;
            case schema::length_kind::array: return array_elements_max;
            case schema::length_kind::bytes: break;
        }
        // No limit of its own: the request's holds. One less, because the compact form adds one.
        return static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()) - 1;
    }
};

static_assert(schema::format<kafka_format>);

}  // namespace broker::wire
