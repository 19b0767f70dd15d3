// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/fixed_string.hpp>
#include <chronik/schema/versions.hpp>

#include <boost/hana/fwd/unpack.hpp>
#include <boost/hana/tuple.hpp>
#include <boost/hana/unpack.hpp>

#include <cstdint>
#include <string_view>
#include <type_traits>

namespace chronik::schema {

/// What a description may say of a field besides its name and member; the sum of the options below.
struct field_options {
    versions present{};
    versions nullable{};
    versions tagged = no_versions;
    std::uint32_t tag = 0;
    bool nullable_stated = false;
    bool ignorable = false;
};

/// The first version that has the field.
struct since {
    version first;
    explicit constexpr since(version at) : first(at) {}
    constexpr void apply(field_options& options) const { options.present.first = first; }
};

/// The last version that has the field.
struct until {
    version last;
    explicit constexpr until(version at) : last(at) {}
    constexpr void apply(field_options& options) const { options.present.last = last; }
};

/// The first version in which a std::optional member may be empty. Without it: every version.
struct nullable_since {
    version first;
    explicit constexpr nullable_since(version at) : first(at) {}
    constexpr void apply(field_options& options) const {
        options.nullable = {first, version_max};
        options.nullable_stated = true;
    }
};

/// The field travels in the tagged section of formats that have one, and only when it differs from its default.
template <std::uint32_t Tag>
struct tagged {
    version first;
    explicit constexpr tagged(version at) : first(at) {}
    constexpr void apply(field_options& options) const {
        options.tag = Tag;
        options.tagged = {first, version_max};
        options.present.first = first;
    }
};

/// A version without the field may silently drop its value. Without this mark, encoding refuses to lose one.
struct ignorable_mark {
    constexpr void apply(field_options& options) const { options.ignorable = true; }
};
inline constexpr ignorable_mark ignorable{};

/// One line of a description: a name, the member it stands for, and in which versions.
///
/// It is stateless: everything is in its type, so that a message's description costs nothing at run time.
/// The default of a field is the member's own initialiser.
///
///     struct heartbeat {
///         std::string group;
///         std::optional<std::string> instance;
///
///         static constexpr auto schema = boost::hana::make_tuple(
///             field<"group", &heartbeat::group>{},
///             field<"instance", &heartbeat::instance, since(3)>{});
///         bool operator==(heartbeat const&) const = default;
///     };
template <fixed_string Name, auto Member, auto... Options>
struct field {
    static_assert(std::is_member_object_pointer_v<decltype(Member)>,
                  "schema: a field names a data member: field<\"name\", &message::name>");
    static_assert(!Name.view().empty(), "schema: a field needs a name");

    static constexpr field_options options = [] {
        field_options sum;
        (Options.apply(sum), ...);
        return sum;
    }();
    static_assert(!options.present.empty(), "schema: this field is in no version: since() lies after until()");

    static constexpr std::string_view name() { return Name.view(); }

    template <class Owner>
    static constexpr auto& of(Owner& owner) {
        return owner.*Member;
    }
};

}  // namespace chronik::schema
