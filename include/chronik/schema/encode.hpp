// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/varint.hpp>
#include <chronik/schema/value.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace chronik::schema {

namespace detail {

/// Takes what a writer takes and keeps only its length; size() and tagged fields count with it.
class counting_writer {
public:
    std::size_t size() const { return size_; }

    template <std::integral T, std::endian Order>
    void number(T) {
        size_ += sizeof(T);
    }
    void run(std::span<std::byte const> source) { size_ += source.size(); }

private:
    std::size_t size_ = 0;
};

template <format Format, writer Out>
class encoder {
public:
    encoder(Format const& how, version at, Out& out) : format_(how), out_(out), version_(at) {}

    std::optional<errc> error() const { return error_; }

    template <described T>
    void message(T const& value) {
        visit_fields<T>([&]<class... Fields>(Fields...) {
            (positional<T, Fields>(value), ...);
            if (format_.has_tagged_section()) {
                std::uint64_t const count = (std::uint64_t{is_tagged_now<T, Fields>(value)} + ... + 0);
                write_uvarint(out_, count);
                (tagged_field<T, Fields>(value), ...);
            }
        });
    }

private:
    template <class T, class Field>
    void positional(T const& owner) {
        constexpr field_options options = Field::options;
        if (!options.present.contains(version_)) {
            if constexpr (!options.ignorable && options.present != versions{}) refuse_loss<T, Field>(owner);
            return;
        }
        if constexpr (!options.tagged.empty()) {
            if (format_.has_tagged_section() && options.tagged.contains(version_)) return;
        }
        value(Field::of(owner), options.nullable.contains(version_));
    }

    template <class T, class Field>
    void refuse_loss(T const& owner) {
        static_assert(std::equality_comparable<member_of<T, Field>>,
                      "schema: a field that some version lacks is compared with its default: give its type operator== "
                      "or mark the field ignorable");
        if (!(Field::of(owner) == Field::of(default_of<T>()))) fail(errc::unsupported_version);
    }

    template <class T, class Field>
    bool is_tagged_now(T const& owner) const {
        if constexpr (Field::options.tagged.empty()) {
            return false;
        } else {
            static_assert(std::equality_comparable<member_of<T, Field>>,
                          "schema: a tagged field is written when it differs from its default: give it operator==");
            return Field::options.tagged.contains(version_) && Field::options.present.contains(version_) &&
                   !(Field::of(owner) == Field::of(default_of<T>()));
        }
    }

    template <class T, class Field>
    void tagged_field(T const& owner) {
        if constexpr (!Field::options.tagged.empty()) {
            if (!is_tagged_now<T, Field>(owner)) return;
            bool const nullable = Field::options.nullable.contains(version_);
            counting_writer counter;
            encoder<Format, counting_writer> measure{format_, version_, counter};
            measure.value(Field::of(owner), nullable);
            write_uvarint(out_, Field::options.tag);
            write_uvarint(out_, counter.size());
            value(Field::of(owner), nullable);
        }
    }

    template <class V>
    void value(V const& what, bool nullable) {
        if constexpr (optional_value<V>) {
            optional(what, nullable);
        } else if constexpr (scalar_value<V>) {
            format_.write_number(out_, to_number(what));
        } else if constexpr (std::same_as<V, uuid>) {
            out_.run(what.bytes);
        } else if constexpr (string_value<V>) {
            length<V>(what.size());
            out_.run(std::as_bytes(std::span{what}));
        } else if constexpr (array_value<V>) {
            length<V>(what.size());
            for (auto const& element : what) value(element, true);
        } else if constexpr (bytes_value<V>) {
            length<V>(what.size());
            bytes(what);
        } else {
            message(what);
        }
    }

    /// Null travels in the length where there is one, else as a mark before the value.
    template <class V>
    void optional(std::optional<V> const& what, bool nullable) {
        if (!what && !nullable) return fail(errc::unsupported_version);
        if constexpr (length_value<V>) {
            if (!what) return format_.write_null(out_, kind_of<V>);
        } else {
            if (nullable) format_.write_presence(out_, what.has_value());
            if (!what) return;
        }
        value(*what, false);
    }

    template <class V>
    void length(std::size_t size) {
        if (!format_.write_length(out_, kind_of<V>, size)) fail(errc::too_large);
    }

    void bytes(std::vector<std::byte> const& what) { out_.run(what); }
    void bytes(shared_chain const& what) {
        for (auto const& piece : what.pieces) bytes(piece);
    }
    void bytes(shared_bytes const& what) {
        if constexpr (requires { out_.shared(what); }) {
            out_.shared(what);
        } else {
            out_.run(what.view());
        }
    }

    void fail(errc why) {
        if (!error_) error_ = why;
    }

    template <format, writer>
    friend class encoder;

    Format const& format_;
    Out& out_;
    version version_;
    std::optional<errc> error_;
};

}  // namespace detail

/// Appends one version of a message.
///
/// errors   errc::unsupported_version if the version has no place for a value that is not the default (and the field
///          is not ignorable), or for a null; errc::too_large if a length does not fit the format.
///          After an error `out` holds part of a message: drop it.
template <described T, format Format, writer Out>
[[nodiscard]] result<void> encode(T const& message, version at, Format const& how, Out& out) {
    if (!detail::supported_version<T>(at)) return failure(errc::unsupported_version);
    detail::encoder<Format, Out> run{how, at, out};
    run.message(message);
    if (run.error()) return failure(*run.error());
    return {};
}

}  // namespace chronik::schema
