// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/bytes.hpp>
#include <chronik/base/error.hpp>
#include <chronik/schema/decode.hpp>
#include <chronik/schema/encode.hpp>
#include <chronik/schema/plain_format.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace chronik::machine {

/// One command of a state machine: a described struct with a number that is never given to another.
///
///     struct add {
///         static constexpr std::uint16_t id = 1;
///         std::int64_t amount = 0;
///         static constexpr auto schema = boost::hana::make_tuple(schema::field<"amount", &add::amount>{});
///     };
template <class C>
concept command = schema::described<C> && std::movable<C> && requires {
    { C::id } -> std::convertible_to<std::uint16_t>;
};

namespace detail {

template <std::size_t Count>
consteval bool all_different(std::array<std::uint16_t, Count> ids) {
    for (std::size_t left = 0; left < Count; ++left)
        for (std::size_t right = left + 1; right < Count; ++right)
            if (ids[left] == ids[right]) return false;
    return true;
}

}  // namespace detail

/// The commands of a machine: their variant, and their bytes as they stand in the log.
///
/// Payload: id (u16), version (u8), then the fields of that version in schema::plain_format. A command states
/// `static constexpr schema::version version_max` when it has more than version 0; encode() writes the version it is
/// told, because the cluster's feature level, not this build, says what all members can read.
template <command... Commands>
class command_set {
    static_assert(sizeof...(Commands) > 0, "machine: a command set needs at least one command");
    static_assert(detail::all_different(std::array<std::uint16_t, sizeof...(Commands)>{Commands::id...}),
                  "machine: two commands have the same id; an id in the log names one command for ever");

public:
    using variant = std::variant<Commands...>;

    template <class C>
    static constexpr bool contains = (std::same_as<C, Commands> || ...);

    /// The newest version of a command that this build reads and writes.
    template <class C>
    static constexpr schema::version newest = [] {
        if constexpr (requires { C::version_max; }) return schema::version{C::version_max};
        else return schema::version{0};
    }();

    /// errors   errc::unsupported_version if `at` cannot carry the command's values, errc::too_large for lengths
    ///          that do not fit
    template <class C>
    [[nodiscard]] static result<shared_bytes> encode(C const& what, schema::version at = newest<C>) {
        static_assert(contains<C>, "machine: this command is not in the command set");
        if (at < 0 || at > newest<C>) return failure(errc::unsupported_version);
        std::vector<std::byte> bytes;
        byte_writer out{bytes};
        out.number<std::uint16_t, std::endian::little>(C::id);
        out.number<std::uint8_t, std::endian::little>(static_cast<std::uint8_t>(at));
        if (auto const done = schema::encode(what, at, schema::plain_format{}, out); !done)
            return std::unexpected(done.error());
        return shared_bytes{std::move(bytes)};
    }

    /// errors   errc::malformed, errc::too_large; errc::unsupported_version for a command or version that this build
    ///          does not know: a newer node wrote it, and applying anything else would make replicas differ
    [[nodiscard]] static result<variant> decode(shared_bytes const& payload) {
        byte_reader head{payload.view()};
        auto const id = head.number<std::uint16_t, std::endian::little>();
        auto const at = schema::version{head.number<std::uint8_t, std::endian::little>()};
        if (head.failed()) return failure(errc::malformed);

        shared_bytes const body = payload.slice(payload.size() - head.remaining(), head.remaining());
        std::optional<result<variant>> found;
        static_cast<void>((decode_if<Commands>(id, at, body, found) || ...));
        if (!found) return failure(errc::unsupported_version);
        return *std::move(found);
    }

private:
    template <class C>
    static bool decode_if(std::uint16_t id, schema::version at, shared_bytes const& body,
                          std::optional<result<variant>>& found) {
        static_assert(newest<C> >= 0 && newest<C> <= 255, "machine: a command's version is one byte");
        if (id != C::id) return false;
        if (at > newest<C>) {
            found.emplace(failure(errc::unsupported_version));
        } else if (auto decoded = schema::decode<C>(body, at, schema::plain_format{}); decoded) {
            found.emplace(std::in_place, std::in_place_type<C>, *std::move(decoded));
        } else {
            found.emplace(std::unexpected(decoded.error()));
        }
        return true;
    }
};

}  // namespace chronik::machine
