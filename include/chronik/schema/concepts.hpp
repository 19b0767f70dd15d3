// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/bytes.hpp>
#include <chronik/schema/field.hpp>
#include <chronik/schema/shared_reader.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace chronik::schema {

/// Where a type's description is found. Specialise it for a struct that cannot carry one, as schema/entry.hpp does.
template <class T>
struct description;

/// True for a sequence that is no vector and is filled as one: clear(), reserve(), emplace_back(). Specialise it as
/// node/raft_messages.hpp does.
template <class T>
inline constexpr bool is_array = false;

template <class T>
    requires requires { T::schema; }
struct description<T> {
    static constexpr auto const& fields = T::schema;
};

/// A plain struct with a tuple of fields; see docs/concepts/schema.md.
template <class T>
concept described = std::default_initializable<T> && requires { description<T>::fields; };

/// What carries a length: formats may count each kind differently.
enum class length_kind : std::uint8_t { string, bytes, array };

/// Where encoded bytes go. `void shared(shared_bytes const&)` is optional: a writer that has it may keep the
/// reference instead of copying.
template <class Out>
concept writer = requires(Out& out, std::span<std::byte const> bytes) {
    out.template number<std::uint32_t, std::endian::little>(std::uint32_t{});
    out.run(bytes);
};

/// How numbers, lengths and nulls look as bytes; the description decides which of them come, and in what order.
template <class F>
concept format = requires(F const& how, byte_writer& out, shared_reader& in, length_kind kind, std::size_t size) {
    how.write_number(out, std::int32_t{});
    { how.template read_number<std::int32_t>(in) } -> std::same_as<std::int32_t>;
    { how.write_length(out, kind, size) } -> std::same_as<bool>;
    how.write_null(out, kind);
    { how.read_length(in, kind) } -> std::same_as<std::optional<std::size_t>>;
    how.write_presence(out, true);
    { how.read_presence(in) } -> std::same_as<bool>;
    { how.has_tagged_section() } -> std::same_as<bool>;
};

}  // namespace chronik::schema
