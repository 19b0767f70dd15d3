// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/varint.hpp>
#include <chronik/schema/value.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chronik::schema {

namespace detail {

template <format Format>
class decoder {
public:
    decoder(Format const& how, version at, shared_reader& in) : format_(how), in_(in), version_(at) {}

    template <described T>
    void message(T& value) {
        if (!in_.enter()) return;
        visit_fields<T>([&]<class... Fields>(Fields...) {
            (positional<T, Fields>(value), ...);
            if (format_.has_tagged_section()) tagged_section<T, Fields...>(value);
        });
        in_.leave();
    }

private:
    template <class T, class Field>
    void positional(T& owner) {
        constexpr field_options options = Field::options;
        if (!options.present.contains(version_)) return;
        if constexpr (!options.tagged.empty()) {
            if (format_.has_tagged_section() && options.tagged.contains(version_)) return;
        }
        value(Field::of(owner), options.nullable.contains(version_));
    }

    /// Tags we do not know are skipped: a newer peer may send them in any version.
    template <class T, class... Fields>
    void tagged_section(T& owner) {
        std::uint64_t const count = read_uvarint<32>(in_);
        for (std::uint64_t nth = 0; nth < count && !in_.failed(); ++nth) {
            auto const tag = static_cast<std::uint32_t>(read_uvarint<32>(in_));
            auto const body = in_.run(static_cast<std::size_t>(read_uvarint<32>(in_)));
            if (in_.failed()) return;
            static_cast<void>((tagged_field<T, Fields>(owner, tag, body) || ...));
        }
    }

    template <class T, class Field>
    bool tagged_field([[maybe_unused]] T& owner, [[maybe_unused]] std::uint32_t tag,
                      [[maybe_unused]] std::span<std::byte const> body) {
        if constexpr (Field::options.tagged.empty()) {
            return false;
        } else {
            if (tag != Field::options.tag || !Field::options.tagged.contains(version_)) return false;
            shared_reader part = in_.over(body);
            decoder nested{format_, version_, part};
            nested.value(Field::of(owner), Field::options.nullable.contains(version_));
            if (part.remaining() != 0) part.fail();
            in_.adopt(part);
            return true;
        }
    }

    template <class V>
    void value(V& target, bool nullable) {
        if constexpr (optional_value<V>) {
            optional(target, nullable);
        } else if constexpr (scalar_value<V>) {
            target = from_number<V>(format_.template read_number<number_of<V>>(in_));
        } else if constexpr (std::same_as<V, uuid>) {
            auto const taken = in_.run(target.bytes.size());
            if (!in_.failed()) std::ranges::copy(taken, target.bytes.begin());
        } else if constexpr (length_value<V>) {
            auto const size = format_.read_length(in_, kind_of<V>);
            if (!size) return in_.fail();
            content(target, *size);
        } else {
            message(target);
        }
    }

    template <class V>
    void optional(std::optional<V>& target, bool nullable) {
        if constexpr (length_value<V>) {
            auto const size = format_.read_length(in_, kind_of<V>);
            if (size) return content(target.emplace(), *size);
        } else {
            if (!nullable || format_.read_presence(in_)) return value(target.emplace(), false);
        }
        target.reset();
        if (!nullable) in_.fail();
    }

    void content(std::string& target, std::size_t size) {
        auto const taken = in_.run(size);
        if (in_.failed() || !in_.allocate(size)) return;
        target.assign(reinterpret_cast<char const*>(taken.data()), taken.size());
    }
    void content(std::vector<std::byte>& target, std::size_t size) {
        auto const taken = in_.run(size);
        if (in_.failed() || !in_.allocate(size)) return;
        target.assign(taken.begin(), taken.end());
    }
    void content(shared_bytes& target, std::size_t size) { target = in_.shared_run(size); }
    void content(shared_chain& target, std::size_t size) { target = shared_chain{in_.shared_run(size)}; }

    /// An element is at least one byte, so a count above the bytes left is a lie that must not be paid for.
    template <array_value Array>
    void content(Array& target, std::size_t count) {
        target.clear();
        if (in_.failed() || count > in_.remaining()) return in_.fail();
        target.reserve(std::min(count, reserved_elements_max));
        for (std::size_t nth = 0; nth < count; ++nth) {
            if (!in_.allocate(sizeof(typename array_element<Array>::type))) return;
            value(target.emplace_back(), true);
            if (in_.failed()) return;
        }
    }

    /// Beyond this many, an array grows as its elements really arrive.
    static constexpr std::size_t reserved_elements_max = 64;

    Format const& format_;
    shared_reader& in_;
    version version_;
};

}  // namespace detail

/// As decode(), into a message that may bring memory with it; what it holds is replaced as far as the version has it.
template <described T, format Format>
[[nodiscard]] result<void> decode_into(T& message, shared_reader& in, version at, Format const& how) {
    if (!detail::supported_version<T>(at)) return failure(errc::unsupported_version);
    detail::decoder<Format>{how, at, in}.message(message);
    if (in.failed()) return failure(in.error());
    return {};
}

/// Reads one version of a message and leaves `in` behind it.
///
/// returns   the message; shared_bytes in it are slices of the input, which they keep alive
/// errors    errc::malformed for bytes that this version cannot mean, errc::too_large beyond the reader's limits,
///           errc::unsupported_version for a version that T does not describe
template <described T, format Format>
[[nodiscard]] result<T> decode(shared_reader& in, version at, Format const& how) {
    result<T> message{std::in_place};
    if (auto const read = decode_into(*message, in, at, how); !read) return std::unexpected(read.error());
    return message;
}

/// The same for input that is exactly one message: bytes after it are malformed.
template <described T, format Format>
[[nodiscard]] result<T> decode(shared_bytes const& input, version at, Format const& how, decode_limits limits = {}) {
    shared_reader in{input, limits};
    auto message = decode<T>(in, at, how);
    if (message && in.remaining() != 0) return failure(errc::malformed);
    return message;
}

}  // namespace chronik::schema
