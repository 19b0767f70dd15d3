// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/schema/value.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace chronik::schema {

/// A layout's text. Not a std::string: clang 19 with the library of GCC 12 cannot make one at compile time.
class layout_text {
public:
    static constexpr std::size_t bytes_max = 4096;

    constexpr std::string_view view() const { return {text_, size_}; }
    constexpr bool operator==(std::string_view other) const { return view() == other; }

    constexpr void add(char one) {
        CHRONIK_ASSERT(size_ < bytes_max);
        text_[size_++] = one;
    }
    constexpr void add(std::string_view many) {
        for (char one : many) add(one);
    }
    constexpr void add_number(std::uint64_t value) {
        if (value >= 10) add_number(value / 10);
        add(static_cast<char>('0' + value % 10));
    }

private:
    char text_[bytes_max]{};
    std::size_t size_ = 0;
};

namespace detail {


template <described T>
constexpr void append_layout(layout_text& out, version at);

template <class V>
constexpr void append_type(layout_text& out, version at, bool nullable) {
    if constexpr (optional_value<V>) {
        if (nullable) out.add('?');
        append_type<typename V::value_type>(out, at, false);
    } else if constexpr (std::same_as<V, bool>) {
        out.add("bool");
    } else if constexpr (std::same_as<V, double>) {
        out.add("f64");
    } else if constexpr (scalar_value<V>) {
        out.add(std::is_signed_v<number_of<V>> ? 'i' : 'u');
        out.add_number(sizeof(number_of<V>) * 8);
    } else if constexpr (std::same_as<V, uuid>) {
        out.add("uuid");
    } else if constexpr (string_value<V>) {
        out.add("string");
    } else if constexpr (array_value<V>) {
        out.add("[]");
        append_type<typename array_element<V>::type>(out, at, true);
    } else if constexpr (bytes_value<V>) {
        out.add("bytes");
    } else {
        out.add('{');
        append_layout<V>(out, at);
        out.add('}');
    }
}

template <class T, class Field>
constexpr void append_field(layout_text& out, version at, bool& first) {
    constexpr field_options options = Field::options;
    if (!options.present.contains(at)) return;
    if (!first) out.add(", ");
    first = false;
    out.add(Field::name());
    out.add(' ');
    append_type<member_of<T, Field>>(out, at, options.nullable.contains(at));
    if (options.tagged.contains(at)) {
        out.add(" @");
        out.add_number(options.tag);
    }
}

template <described T>
constexpr void append_layout(layout_text& out, version at) {
    visit_fields<T>([&]<class... Fields>(Fields...) {
        bool first = true;
        (append_field<T, Fields>(out, at, first), ...);
    });
}

}  // namespace detail

/// One version of a message as a line of text: "group string, topics []{name ?string, parts []i32}, rack ?string @0".
///
/// Compared with a golden line in a static_assert, it makes an accidental change of a format an error.
/// `?` may be null, `[]` an array, `{}` a structure, `@n` travels in the tagged section.
template <described T>
constexpr layout_text layout(version at) {
    layout_text out;
    detail::append_layout<T>(out, at);
    return out;
}

}  // namespace chronik::schema
