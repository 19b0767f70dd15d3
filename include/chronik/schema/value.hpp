// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/schema/concepts.hpp>
#include <chronik/schema/shared_chain.hpp>
#include <chronik/schema/uuid.hpp>

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// The types a field may have, and how the readings of a description tell them apart.
namespace chronik::schema::detail {

template <class T>
struct array_element;
template <class T>
struct array_element<std::vector<T>> {
    using type = T;
};
template <class T>
    requires is_array<T>
struct array_element<T> {
    using type = typename T::value_type;
};
template <>
struct array_element<std::vector<std::byte>>;
template <>
struct array_element<std::vector<bool>>;

template <class T>
concept array_value = requires { typename array_element<T>::type; };

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
concept optional_value = is_optional<T>;

template <class T>
inline constexpr bool is_strong = false;
template <class Tag, class Rep>
inline constexpr bool is_strong<strong_id<Tag, Rep>> = true;
template <class Tag, class Rep>
inline constexpr bool is_strong<strong_position<Tag, Rep>> = true;

template <class T>
concept scalar_value = std::integral<T> || std::is_enum_v<T> || std::same_as<T, double> || is_strong<T>;

template <class T>
concept bytes_value =
    std::same_as<T, shared_bytes> || std::same_as<T, shared_chain> || std::same_as<T, std::vector<std::byte>>;

template <class T>
concept string_value = std::same_as<T, std::string>;

template <class T>
concept length_value = string_value<T> || bytes_value<T> || array_value<T>;

template <class T>
concept supported_value =
    scalar_value<T> || length_value<T> || optional_value<T> || std::same_as<T, uuid> || described<T>;

template <length_value T>
inline constexpr length_kind kind_of = string_value<T>  ? length_kind::string
                                       : bytes_value<T> ? length_kind::bytes
                                                        : length_kind::array;

/// The integer that stands for a scalar on the wire.
template <scalar_value T>
constexpr auto to_number(T value) {
    if constexpr (std::same_as<T, bool>) {
        return static_cast<std::int8_t>(value ? 1 : 0);
    } else if constexpr (std::same_as<T, double>) {
        return std::bit_cast<std::uint64_t>(value);
    } else if constexpr (is_strong<T>) {
        return value.value;
    } else if constexpr (std::is_enum_v<T>) {
        return static_cast<std::underlying_type_t<T>>(value);
    } else {
        return value;
    }
}

template <scalar_value T>
using number_of = decltype(to_number(T{}));

template <scalar_value T>
constexpr T from_number(number_of<T> number) {
    if constexpr (std::same_as<T, bool>) {
        return number != 0;
    } else if constexpr (std::same_as<T, double>) {
        return std::bit_cast<double>(number);
    } else if constexpr (is_strong<T>) {
        return T{number};
    } else {
        return static_cast<T>(number);
    }
}

template <class T>
constexpr bool supported_version(version at) {
    if constexpr (requires { { T::described_versions } -> std::convertible_to<versions>; }) {
        return T::described_versions.contains(at);
    } else {
        return at >= 0;
    }
}

/// A value of each message type as its member initialisers make it: what "absent" means.
template <class T>
T const& default_of() {
    static T const value{};
    return value;
}

template <class Owner, class Field>
using member_of = std::remove_cvref_t<decltype(Field::of(std::declval<Owner&>()))>;

template <std::size_t Count>
consteval bool all_different(std::array<std::string_view, Count> names) {
    for (std::size_t left = 0; left < Count; ++left) {
        for (std::size_t right = left + 1; right < Count; ++right) {
            if (names[left] == names[right]) return false;
        }
    }
    return true;
}

template <std::size_t Count>
consteval bool tags_ascend(std::array<field_options, Count> options) {
    bool any = false;
    std::uint32_t last = 0;
    for (auto const& each : options) {
        if (each.tagged.empty()) continue;
        if (any && each.tag <= last) return false;
        any = true;
        last = each.tag;
    }
    return true;
}

template <class Owner, class Tuple>
struct check;

template <class Owner, class... Fields>
struct check<Owner, boost::hana::tuple<Fields...>> {
    static constexpr bool any = sizeof...(Fields) > 0;
    static constexpr bool supported = (supported_value<member_of<Owner, Fields>> && ...);
    static constexpr bool distinct = all_different(std::array<std::string_view, sizeof...(Fields)>{Fields::name()...});
    static constexpr bool ascending = tags_ascend(std::array<field_options, sizeof...(Fields)>{Fields::options...});
    static constexpr bool nullable =
        ((!Fields::options.nullable_stated || is_optional<member_of<Owner, Fields>>) && ...);
    static constexpr bool passed = any && supported && distinct && ascending && nullable;
};

template <described T>
using check_of = check<T, std::remove_cvref_t<decltype(description<T>::fields)>>;

/// Says in a sentence what is wrong with a description.
template <class Check>
constexpr void complain() {
    static_assert(Check::any, "schema: a description needs at least one field");
    static_assert(Check::supported,
                  "schema: a field must be an integer, enum, bool, double, strong id, uuid, std::string, shared_bytes, "
                  "shared_chain, std::vector<std::byte>, or a described struct, std::vector or std::optional of those");
    static_assert(Check::distinct, "schema: two fields have the same name");
    static_assert(Check::ascending,
                  "schema: tags must ascend in the order of the fields, because that is their order on the wire");
    static_assert(Check::nullable,
                  "schema: nullable_since() is for a std::optional member; a plain member cannot be null");
}

/// Calls `visit(fields...)` with the description of T. A wrong description is never visited, so that one mistake
/// is one error.
template <described T, class Visit>
constexpr void visit_fields(Visit&& visit) {
    if constexpr (check_of<T>::passed) {
        boost::hana::unpack(description<T>::fields, visit);
    } else {
        complain<check_of<T>>();
    }
}

}  // namespace chronik::schema::detail
